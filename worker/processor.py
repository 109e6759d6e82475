"""SyncWorker: the only loop that drains the queue into Plex."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

from plex.event_stream import EventSource
from plex.exceptions import PlexTemporaryError
from stash.exceptions import StashUnavailable
from sync_queue.manager import QueueManager
from sync_queue.models import SYNC_ALL, ClaimedJob
from sync_queue.state import LibraryRun
from sync_queue.trouble import Patience, needs_opening
from validation.config import missing_setting
from validation.errors import PlexSyncError, QueueError, SetupError
from worker.batch import Batch, read_batch
from worker.listener import Subscription
from worker.maintenance import QUIET_SECONDS, Maintenance
from worker.permission import DISABLED, REMOVED, Go, Permission, Stop
from worker.run import Run
from worker.servers import Servers
from worker.settle import Settler

LONGEST_NAP = 60.0
# Between two batches after an outage.
GENTLE_SECONDS = 1.0
# A scene that Stash itself fails at is asked for again after so long.
CULPRIT_SECONDS = 600.0

log = logging.getLogger("plexsync.worker")


class End(StrEnum):
    """Why a worker's thread ended by itself."""

    DISABLED = DISABLED
    REMOVED = REMOVED
    IDLE = "idle"  # a task's worker: nothing is due
    WAITING = "waiting"  # a task's worker: everything waits; any worker: Stash's address is unknown
    DATABASE = "database error"  # see ``error``


class Ended(Exception):
    """The worker has to end; ``str()`` is one of ``End``."""


class SyncWorker:
    """Drains one data directory's queue in a daemon thread.

    Attributes:
        finished: why the thread ended by itself, "" while it runs.
        error: the database's error, when that is why it ended. A resident worker waits for most of
            them to pass.

    ``clock`` returns epoch seconds, ``rng`` a number in [0, 1); ``sleep`` waits some seconds
    between two tries of one request, or of the database. ``when_idle``: end instead of waiting.
    """

    def __init__(
        self,
        manager: QueueManager,
        *,
        plugin_dir: str,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        rng: Callable[[], float] = random.random,
        sleep: Callable[[float], None] | None = None,
        when_idle: bool = False,
    ) -> None:
        self.manager = manager
        self.clock = clock
        self.when_idle = when_idle
        self.finished = ""
        self.error: QueueError | None = None
        self._patience = Patience()
        self._stop = threading.Event()
        self._sleep = sleep or self._pause
        self.servers = Servers(manager, environ, clock, self._sleep)
        self.permission = Permission(manager, self.servers, plugin_dir, clock, asked=when_idle)
        self._settler = Settler(manager, self.servers, self.permission, clock, rng)
        quiet = 0.0 if when_idle else QUIET_SECONDS
        self.maintenance = Maintenance(manager, self.servers, self.permission, clock, quiet)
        self._news = Subscription()
        self._run: Run | None = None
        self._stepped = time.monotonic()
        self._worked = time.monotonic()
        # Not Thread.join and is_alive: when Ctrl-C interrupts a join, CPython takes a running
        # thread for dead.
        self._ended = threading.Event()
        self._ended.set()

    # -- the thread ---------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._ended.clear()
        threading.Thread(target=self._live, name="SyncWorker", daemon=True).start()

    def stop(self, patience: float = 8.0) -> None:
        """Finish the job at hand, give the leases back, end the thread.

        Within ``patience`` seconds: a request that hangs longer is abandoned (its edit is
        repeated later, which changes nothing).
        """
        self._stop.set()
        self._ended.wait(patience)
        self._give_leases_back()

    def join(self, seconds: float) -> None:
        """Wait up to ``seconds`` for the thread to end by itself."""
        self._ended.wait(seconds)

    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return not self._ended.is_set()

    def seconds_since_step(self) -> float:
        """Seconds since the thread last showed that it moves: a job, a page, an answer of Plex."""
        moved = max(self._stepped, self.manager.jobs.used_at, self.servers.plex_used_at())
        return time.monotonic() - moved

    def idle_seconds(self) -> float:
        """Seconds since a job last waited."""
        return time.monotonic() - self._worked

    def _live(self) -> None:
        try:
            while not self._stop.is_set() and not self.finished:
                try:
                    self._turn()
                except QueueError as error:
                    self._wait_out(error)
        except Ended as why:
            self.finished = str(why)
        finally:
            self._news.close()
            try:
                self._give_leases_back()
            finally:
                self._ended.set()

    def _turn(self) -> None:
        """A step, and the nap after it."""
        if self._patience.said:  # the step that failed may have held leases
            self.manager.jobs.release_all()
        # Before the step: what is stored while it runs must not wait for the nap's end.
        seen = self.manager.jobs.data_version()
        wait = self.step()
        self._patience.over()
        self._stepped = time.monotonic()
        if wait > 0:
            self._nap(wait, seen)

    def _wait_out(self, error: QueueError) -> None:
        """The database cannot be used: wait for it, or end where only opening it again helps."""
        if self.when_idle or needs_opening(error):
            self.error = error
            self.finished = End.DATABASE
            return
        self._sleep(self._patience.wait(error))
        self._stepped = self._worked = time.monotonic()

    def _give_leases_back(self) -> None:
        """Give all leases back; where the database does not let us, the next worker does it."""
        with contextlib.suppress(QueueError):
            self.manager.jobs.release_all()

    def _pause(self, seconds: float) -> None:
        """Wait, but no longer than until a stop is asked for."""
        self._stop.wait(seconds)

    def _nap(self, seconds: float, seen: int) -> None:
        """Sleep until ``seconds`` are over, another process has committed since ``data_version``
        was ``seen``, Plex tells of new files, or a stop is asked for.
        """
        poll = self.servers.settings.config.poll_interval
        deadline = time.monotonic() + min(seconds, LONGEST_NAP)
        while self.manager.jobs.data_version() == seen and not self.manager.spooled():
            self._stepped = time.monotonic()
            if self._news.take_news():
                self.maintenance.look_now()
                return
            left = deadline - self._stepped
            if left <= 0 or self._stop.wait(min(poll, left)):
                return

    # -- the loop -----------------------------------------------------------------------------

    def step(self) -> float:
        """One round of the loop; returns the seconds until the next is worth while."""
        now = self.clock()
        self.manager.check_files()
        self.manager.take_in_spool()
        if self.manager.jobs.next_due(now) is not None:
            self._worked = time.monotonic()
        answer = self.permission.ask()
        if not isinstance(answer, Go):
            if self.when_idle or not self.servers.knows_stash:
                raise Ended(End.WAITING)
            self._news.keep(None)
            self.maintenance.tidy(now)  # a hold may last for weeks
            return answer.seconds
        leased = self.manager.jobs.claim(now, answer.limit)
        if not leased:
            return self._rest(now)
        self._drain(leased)
        answer = self.permission.answer()
        if isinstance(answer, Go):
            self.maintenance.after_batch(self.clock())
        return GENTLE_SECONDS if self.permission.breaker.batch else 0.0

    def _drain(self, leased: Sequence[ClaimedJob]) -> None:
        """Sync the leased jobs one by one; those that were not begun are given back."""
        waiting = deque(leased)
        run = self._run = self._run or Run()
        try:
            batch = self._read(waiting)
            while waiting and not self._stop.is_set() and self._may_go_on(batch):
                self._settler.try_job(run, batch, waiting[0])
                waiting.popleft()
                self._stepped = time.monotonic()
        except QueueError:
            waiting.clear()  # all leases are given back together as soon as that is possible
            raise
        except PlexTemporaryError as error:
            self.permission.on_outage(error.retry_after or 0.0)
        except PlexSyncError as error:
            self.permission.hold_for(error)
        finally:
            for job in waiting:
                self.manager.jobs.retry(job, 0.0)
        self._settler.tidy()

    def _read(self, waiting: deque[ClaimedJob]) -> Batch:
        """Read what the leased jobs need. Those at which Stash itself fails wait for a while."""
        claimed = read_batch(
            self.manager,
            self.servers,
            waiting,
            self.clock,
            listed_since=self._listed_since(waiting),
        )
        for job, error in claimed.failed:
            waiting.remove(job)
            log.info("%s: %s", job.job.job_key, error)
            self.manager.jobs.retry(job, self.clock() + CULPRIT_SECONDS)
        return claimed.batch

    def _listed_since(self, jobs: Iterable[ClaimedJob]) -> float:
        """When the *Sync All* of these jobs was asked for: one listing since then serves them."""
        began = [job.job.enqueued_at for job in jobs if job.job.update_type == SYNC_ALL]
        if not began:
            return math.inf
        asked = self.manager.state.load(LibraryRun).asked
        return min(max(asked, *began), self.clock())

    def _may_go_on(self, batch: Batch) -> bool:
        """Whether the next job of the batch may begin: the user has not stopped us, and the batch
        still has the settings of now."""
        answer = self.permission.ask_again()
        if isinstance(answer, Stop):
            raise Ended(answer.why)
        return isinstance(answer, Go) and self.servers.settings.config == batch.config

    def _rest(self, now: float) -> float:
        """Nothing is due: a chore, then the seconds until the next chore or due job."""
        self._run = None
        chore = self._do_chores(now)
        now = self.clock()
        due = self.manager.jobs.next_due(now)
        if self.when_idle and chore > 0 and (due is None or due > now):
            raise Ended(End.IDLE)
        return min(LONGEST_NAP, chore, LONGEST_NAP if due is None else max(0.0, due - now))

    def _do_chores(self, now: float) -> float:
        """Do a piece of what is due; returns the seconds until the next. Nothing is done before
        the settings are known.
        """
        try:
            self.permission.known_settings()
        except (SetupError, StashUnavailable) as error:
            log.debug("The settings are not known yet: %s", error)
            return LONGEST_NAP
        self.maintenance.run(now)
        self._news.keep(self._source_of_news())
        return self.maintenance.next_in(self.clock())

    def _source_of_news(self) -> EventSource | None:
        """Where to hear of new files in Plex; ``None`` while no scene waits for one, and in a
        task's worker, which ends soon."""
        config = self.servers.settings.config
        if self.when_idle or missing_setting(config) or not self.manager.scenes.has_parked():
            return None
        return EventSource(
            config.plex_url,
            config.plex_token.get_secret_value(),
            insecure_tls=config.insecure_tls,
            connect_timeout=config.connect_timeout,
        )
