"""The loop that drains the queue: claim, read, try, settle; chores when nothing is due."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from plex.event_stream import EventSource
from plex.exceptions import PlexTemporaryError
from stash.exceptions import StashUnavailable
from sync_queue.manager import QueueManager
from sync_queue.models import SYNC_ALL, ClaimedJob
from sync_queue.state import LibraryRun
from validation.errors import PlexSyncError, QueueError, SetupError
from worker.batch import Batch, read_batch
from worker.listener import Subscription
from worker.maintenance import QUIET_SECONDS, Maintenance
from worker.observed import Observed
from worker.permission import DISABLED, REMOVED, Go, Permission, Stop
from worker.run import Run
from worker.servers import Servers
from worker.settle import Settler

LONGEST_NAP = 60.0
# Between two batches after an outage.
GENTLE_SECONDS = 1.0
# Seconds until a scene that Stash itself fails at is retried.
CULPRIT_SECONDS = 600.0

log = logging.getLogger("plexsync.worker")


class End(StrEnum):
    """The reasons for which a worker ends by itself."""

    DISABLED = DISABLED
    REMOVED = REMOVED
    IDLE = "idle"  # a task's worker: nothing is due
    WAITING = "waiting"  # a task's worker: everything waits; any worker: Stash's address is unknown
    DATABASE = "database error"
    ASIDE = "a task needs the lock"


class Ended(Exception):
    """The worker has to end; ``str()`` is one of ``End``."""


class Pulse:
    """When the loop last moved, and when a job last waited (``time.monotonic()``). Any thread may
    read it."""

    def __init__(self) -> None:
        self.moved_at = self.worked_at = time.monotonic()

    def beat(self, ahead: float = 0.0) -> None:
        """The loop moves; ``ahead`` seconds from now at the latest it does so again."""
        self.moved_at = time.monotonic() + ahead

    def work(self) -> None:
        """A job waits."""
        self.worked_at = time.monotonic()


class Loop:
    """One step after the other; the sync thread owns it.

    ``clock`` returns epoch seconds, ``rng`` a number in [0, 1); ``stopping``: the thread has to
    stop after the job at hand. ``ring`` ends its nap. ``when_idle``: end instead of waiting.
    """

    def __init__(
        self,
        manager: QueueManager,
        servers: Servers,
        permission: Permission,
        clock: Callable[[], float],
        rng: Callable[[], float],
        stopping: Callable[[], bool],
        *,
        ring: Callable[[], None],
        when_idle: bool,
    ) -> None:
        self.manager = manager
        self.servers = servers
        self.permission = permission
        self.clock = clock
        self.when_idle = when_idle
        self.pulse = Pulse()
        self.news = Subscription(ring=ring)
        self.maintenance = Maintenance(
            manager,
            servers,
            permission,
            clock,
            0.0 if when_idle else QUIET_SECONDS,
            is_resident=not when_idle,
        )
        self._observed = Observed(manager)
        self._settler = Settler(manager, servers, permission, clock, rng)
        self._stopping = stopping
        self._run: Run | None = None

    def step(self) -> float:
        """One round of the loop; returns the seconds until the next is worth while."""
        now = self.clock()
        self.manager.check_files()
        self.manager.take_in_spool()
        if self.manager.jobs.next_due(now) is not None:
            self.pulse.work()
        answer = self.permission.ask()
        self._observed.note(self.servers)
        if not isinstance(answer, Go):
            if self.when_idle or not self.servers.knows_stash:
                raise Ended(End.WAITING)
            self.news.keep(None)
            self.maintenance.tidy(now)  # a hold may last for weeks
            return answer.seconds
        leased = self.manager.jobs.claim(now, answer.limit)
        if not leased:
            return self._rest(now)
        self._drain(leased)
        self._observed.note(self.servers)
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
            while waiting and not self._stopping() and self._may_go_on(batch):
                self._settler.try_job(run, batch, waiting[0])
                waiting.popleft()
                self.pulse.beat()
        except QueueError:
            waiting.clear()  # all leases are given back together as soon as that is possible
            raise
        except PlexTemporaryError as error:
            self.permission.on_outage(error.retry_after or 0.0)
        except PlexSyncError as error:
            self.permission.hold_for(error)
        finally:
            for job in waiting:
                self.manager.jobs.give_back(job.queue_id)
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
            self.manager.jobs.give_back(job.queue_id, self.clock() + CULPRIT_SECONDS)
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
        now, then = self.servers.settings, batch.settings
        is_same = (now.config, now.signed_in) == (then.config, then.signed_in)
        return isinstance(answer, Go) and is_same and batch.same_plex.holds

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
        if self.maintenance.from_plex.is_on:
            self.pulse.work()  # views come without an edit: the worker does not end as idle
        self.news.keep(self._source_of_news())
        return self.maintenance.next_in(self.clock())

    def _source_of_news(self) -> EventSource | None:
        """Where to hear of new files in Plex; ``None`` while no scene waits for one, and in a
        task's worker, which ends soon."""
        if self.when_idle or not self.manager.scenes.has_parked():
            return None
        return self.servers.event_source()
