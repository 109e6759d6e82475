"""SyncWorker: the only loop that drains the queue into Plex."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from stash.exceptions import StashUnavailable
from sync_queue.dlq import DeadLetterQueue
from sync_queue.manager import QueueManager
from sync_queue.models import ClaimedJob
from sync_queue.trouble import Patience, needs_opening
from validation.errors import PlexSyncError, QueueError, SetupError
from worker.chores import QUIET_SECONDS, Chores
from worker.gate import Gate
from worker.job_runner import JobRunner
from worker.off_switch import OffSwitch, Stopped
from worker.scene_reader import SceneReader
from worker.session import Session

LONGEST_NAP = 60.0
# Between two batches after an outage.
GENTLE_SECONDS = 1.0
# Why a worker ends by itself.
IDLE = "idle"
WAITING = "waiting"
TROUBLE = "trouble with the database"

log = logging.getLogger("plexsync.worker")


class SyncWorker:
    """Drains one data directory's queue in a daemon thread.

    ``clock`` returns epoch seconds, ``rng`` a number in [0, 1); ``sleep`` waits some seconds
    between two tries of one request, or of the database. ``finished`` is why the thread ended by
    itself ("" while it runs): ``DISABLED``, ``REMOVED``, or, in a task's worker, which is to end
    ``when_idle``, ``IDLE`` or ``WAITING`` (any worker's that nobody has told where Stash is); or
    ``TROUBLE``: then ``trouble`` is what is wrong with the database (a worker that is not to end
    when idle waits for most troubles to pass).
    """

    def __init__(
        self,
        queue: QueueManager,
        dlq: DeadLetterQueue,
        *,
        plugin_dir: str,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        rng: Callable[[], float] = random.random,
        sleep: Callable[[float], None] | None = None,
        when_idle: bool = False,
    ) -> None:
        self.manager = queue
        self.dlq = dlq
        self.clock = clock
        self.when_idle = when_idle
        self.finished = ""
        self.trouble: QueueError | None = None
        self.patience = Patience()
        self._stop = threading.Event()
        self.sleep = sleep or self.pause
        self.session = Session(queue, environ, clock, self.sleep)
        self.gate = Gate(queue, asked=when_idle)
        self.switch = OffSwitch(self.session, self.gate, plugin_dir, clock)
        self.reader = SceneReader(queue, self.session, clock)
        self.jobs = JobRunner(queue, self.session, self.gate, clock, rng)
        quiet = 0.0 if when_idle else QUIET_SECONDS
        may_write, may_ask = self.switch.may_write, self.switch.may_ask
        self.chores = Chores(queue, self.session, clock, may_write, may_ask, quiet)
        self._stepped = time.monotonic()
        self._worked = time.monotonic()
        # Not Thread.join and is_alive: when Ctrl-C interrupts a join, CPython takes a running
        # thread for dead.
        self._ended = threading.Event()
        self._ended.set()

    def start(self) -> None:
        """Start the thread."""
        self._ended.clear()
        threading.Thread(target=self._run, name="SyncWorker", daemon=True).start()

    def stop(self, patience: float = 8.0) -> None:
        """Finish the job at hand, give the leases back, end the thread.

        Within ``patience`` seconds: a request that hangs longer is abandoned (its edit is
        repeated later, which changes nothing).
        """
        self._stop.set()
        self._ended.wait(patience)
        self.give_leases_back()

    def join(self, seconds: float) -> None:
        """Wait up to ``seconds`` for the thread to end by itself."""
        self._ended.wait(seconds)

    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return not self._ended.is_set()

    def seconds_since_step(self) -> float:
        """Seconds since the thread last showed that it moves: a job, a page, an answer of Plex."""
        moved = max(self._stepped, self.manager.queue.used_at, self.session.plex_used_at())
        return time.monotonic() - moved

    def idle_seconds(self) -> float:
        """Seconds since a job last waited."""
        return time.monotonic() - self._worked

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and not self.finished:
                try:
                    self.turn()
                except QueueError as error:
                    self.wait_out(error)
        except Stopped as why:
            self.finished = str(why)
        finally:
            try:
                self.give_leases_back()
            finally:
                self._ended.set()

    def turn(self) -> None:
        """A step, and the nap after it."""
        if self.patience.said:  # the step that failed may have held leases
            self.manager.queue.release_all()
        # Before the step: what is stored while it runs must not wait for the nap's end.
        seen = self.manager.queue.data_version()
        wait = self.step()
        self.patience.over()
        self._stepped = time.monotonic()
        if wait > 0:
            self.nap(wait, seen)

    def wait_out(self, error: QueueError) -> None:
        """The database cannot be used: wait for it, or end where only opening it anew helps."""
        if self.when_idle or needs_opening(error):
            self.trouble = error
            self.finished = TROUBLE
            return
        self.sleep(self.patience.wait(error))
        self._stepped = self._worked = time.monotonic()

    def give_leases_back(self) -> None:
        """Give all leases back; where the database does not let us, the next worker does it."""
        with contextlib.suppress(QueueError):
            self.manager.queue.release_all()

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until a stop is asked for."""
        self._stop.wait(seconds)

    def nap(self, seconds: float, seen: int) -> None:
        """Sleep until ``seconds`` are over, another process has committed since ``data_version``
        was ``seen``, or a stop is asked for.
        """
        poll = self.session.config.poll_interval
        deadline = time.monotonic() + min(seconds, LONGEST_NAP)
        while self.manager.queue.data_version() == seen and not self.manager.spooled():
            self._stepped = time.monotonic()
            left = deadline - self._stepped
            if left <= 0 or self._stop.wait(min(poll, left)):
                return

    def step(self) -> float:
        """One round of the loop; returns the seconds until the next is worth while."""
        now = self.clock()
        self.manager.check_files()
        self.manager.take_in_spool()
        if self.manager.queue.next_due(now) is not None:
            self._worked = time.monotonic()
        self.switch.look_while_waiting(now)
        self.chores.clean(now)
        wait = self.gate.wait(now)
        if wait > 0:
            if self.when_idle or not self.session.knows_stash:
                raise Stopped(WAITING)
            return wait
        leased = self.claim(now)
        if not leased:
            return self.rest(now)
        self.drain(leased)
        if not self.gate.stops:
            self.chores.busy()
        return GENTLE_SECONDS if self.gate.breaker.batch else 0.0

    def claim(self, now: float) -> list[ClaimedJob]:
        """Lease what may be taken at once; an open breaker first asks whether Plex is back."""
        if self.gate.is_closed:
            most = self.reader.batch
            return self.manager.get_pending(now, min(most, self.gate.breaker.batch or most))
        due = self.manager.queue.next_due(now)
        if due is None or due > now:
            return []
        try:
            if not self.session.read_at:  # unread settings are not empty ones
                self.session.read_settings()
            plex = self.session.plex()
        except (SetupError, StashUnavailable) as error:
            self.gate.hold_for(error, now)
            return []
        self.gate.probing()
        if plex.identity():
            return self.manager.get_pending(now, 1)
        self.gate.on_outage(now)
        return []

    def rest(self, now: float) -> float:
        """Nothing is due: a chore, then the seconds until the next chore or due job."""
        self.jobs.scenes.begin_run()
        chore = self.do_chores(now)
        now = self.clock()
        due = self.manager.queue.next_due(now)
        if self.when_idle and chore > 0 and (due is None or due > now):
            raise Stopped(IDLE)
        return min(LONGEST_NAP, chore, LONGEST_NAP if due is None else max(0.0, due - now))

    def do_chores(self, now: float) -> float:
        """Do a piece of what is due; returns the seconds until the next. Nothing is done before
        the settings are known.
        """
        try:
            if not self.session.read_at:
                self.session.read_settings()
        except (SetupError, StashUnavailable) as error:
            log.debug("The settings are not known yet: %s", error)
            return LONGEST_NAP
        self.chores.run(now)
        return self.chores.next_in(self.clock())

    def drain(self, leased: Sequence[ClaimedJob]) -> None:
        """Sync the leased jobs one by one; what was not begun is given back."""
        waiting = deque(leased)
        try:
            scenes = self.reader.read(waiting)
            self.jobs.scenes.expect(scenes, waiting)
            while waiting and not self._stop.is_set() and self.switch.may_write():
                self.jobs.run(waiting[0], scenes)
                waiting.popleft()
                self._stepped = time.monotonic()
                rest = self.jobs.scenes.pace.rest()
                if waiting and rest:
                    self.sleep(rest)
        except QueueError:
            waiting.clear()  # all leases are given back at once as soon as that is possible
            raise
        except PlexSyncError as error:
            self.gate.hold_for(error, self.clock())
        finally:
            for job in waiting:
                self.manager.nack_job(job, 0.0)
        self.jobs.tidy()
