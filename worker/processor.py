"""SyncWorker: the only loop that drains the queue into Plex."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sync_queue.dlq import DeadLetterQueue
from sync_queue.manager import QueueManager
from sync_queue.models import ClaimedJob
from validation.errors import PlexSyncError, SetupError, TransientError
from validation.reasons import Reason
from worker import chores, renames
from worker.gate import Gate
from worker.letters import letter_for
from worker.policy import Fate, Tries, verdict_for
from worker.scene_sync import SceneSync, SyncResult
from worker.session import Session, plex_settings

BATCH = 100
# Settings are read again after this many seconds while draining, and while jobs wait.
SETTINGS_SECONDS = 10.0
WAITING_SETTINGS_SECONDS = 60.0
LONGEST_NAP = 60.0
TRIM_EVERY = 500

log = logging.getLogger("plexsync.worker")


class Stopped(Exception):
    """The worker has to stop before its next write; ``str()`` says why."""


class SyncWorker:
    """Drains one data directory's queue in a daemon thread.

    ``clock`` returns epoch seconds and ``rng`` a number in [0, 1). ``finished`` is why the thread
    ended by itself ("" while it runs): ``plugin disabled``, or ``idle`` in a worker that was asked
    to end ``when_idle``.
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
        when_idle: bool = False,
    ) -> None:
        self.manager = queue
        self.dlq = dlq
        self.plugin_dir = plugin_dir
        self.clock = clock
        self.rng = rng
        self.when_idle = when_idle
        self.finished = ""
        self.session = Session(queue, environ, clock)
        self.scenes = SceneSync(queue, self.session, clock)
        self.chores = chores.Chores(queue, self.session, clock)
        self.gate = Gate(queue)
        self.served = 0
        self.served_at_try: dict[str, int] = {}
        self.settled = 0
        self._stop = threading.Event()
        self._stepped = time.monotonic()
        self._worked = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="SyncWorker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, patience: float = 8.0) -> None:
        """Finish the job at hand, give the leases back, end the thread.

        Within ``patience`` seconds: a request that hangs longer is abandoned (its edit is
        repeated later, which changes nothing).
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(patience)
        self.manager.queue.release_all()

    def join(self, seconds: float) -> None:
        """Wait up to ``seconds`` for the thread to end by itself."""
        self._thread.join(seconds)

    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def seconds_since_step(self) -> float:
        """Seconds since the thread last showed that it moves."""
        return time.monotonic() - self._stepped

    def idle_seconds(self) -> float:
        """Seconds since there was last something to do."""
        return time.monotonic() - self._worked

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and not self.finished:
                # Before the step: what is committed while it runs must not be slept through.
                seen = self.manager.queue.data_version()
                wait = self.step()
                self._stepped = time.monotonic()
                if wait > 0:
                    self.nap(wait, seen)
        except Stopped as why:
            self.finished = str(why)
        finally:
            self.manager.queue.release_all()

    def nap(self, seconds: float, seen: int) -> None:
        """Sleep until ``seconds`` are over, a stop is asked for, or another process has committed
        since the data version was ``seen``."""
        poll = self.session.config.poll_interval
        deadline = time.monotonic() + min(seconds, LONGEST_NAP)
        while (left := deadline - time.monotonic()) > 0:
            if self._stop.wait(min(poll, left)):
                return
            if self.manager.queue.data_version() != seen or self.manager.spooled():
                return

    def step(self) -> float:
        """One round of the loop; returns the seconds until the next is worth while."""
        now = self.clock()
        self.manager.take_in_spool()
        if self.session.news():
            self.gate.lift(Reason.WAITING_FOR_STASH)
        if self.gate.hold is not None:
            self.look_at_settings(now, WAITING_SETTINGS_SECONDS)
        wait = self.gate.wait(now)
        if wait > 0:
            if self.when_idle:
                raise Stopped("waiting")
            return wait
        leased = self.claim(now)
        if not leased:
            return self.rest(now)
        self._worked = time.monotonic()
        self.drain(leased)
        if not self.gate.stops:
            self.chores.busy()
        return 0.0

    def claim(self, now: float) -> list[ClaimedJob]:
        """Lease what may be taken at once; an open breaker first asks whether Plex is back."""
        if self.gate.is_closed:
            return self.manager.get_pending(now, self.gate.breaker.batch or BATCH)
        due = self.manager.queue.next_due(now)
        if due is None or due > now:
            return []
        self.gate.probing()
        try:
            answers = self.session.plex().identity()
        except (TransientError, SetupError):
            answers = False
        if not answers:
            self.gate.on_outage(now)
            return []
        return self.manager.get_pending(now, 1)

    def rest(self, now: float) -> float:
        """Nothing is due: chores, then the seconds until the next due job."""
        self.scenes.begin_run()
        if self.session.read_at:
            try:
                self.chores.run(now)
            except PlexSyncError as error:
                log.debug("A chore was put off: %s", error)
        due = self.manager.queue.next_due(now)
        if self.when_idle and (due is None or due > now):
            raise Stopped("idle")
        wait = LONGEST_NAP if due is None else max(0.0, due - now)
        return min(wait, self.chores.next_in(self.clock())) or 0.05

    def drain(self, leased: Sequence[ClaimedJob]) -> None:
        """Sync the leased jobs one by one; what was not begun is given back."""
        waiting = deque(leased)
        try:
            scenes = self.session.read_scenes(
                job.job.scene_id for job in leased if job.job.scene_id
            )
            while waiting and not self._stop.is_set() and self.may_write():
                self.run_job(waiting[0], scenes)
                waiting.popleft()
                self._stepped = time.monotonic()
        except PlexSyncError as error:
            self.hold_everything(error)
        finally:
            for job in waiting:
                self.manager.nack_job(job, 0.0)
        if self.settled >= TRIM_EVERY:
            self.settled = 0
            self.manager.queue.trim()

    def may_write(self) -> bool:
        """Whether the next job may be begun. Raises ``Stopped`` when the plugin is off."""
        now = self.clock()
        self.look_at_settings(now, SETTINGS_SECONDS)
        if not self.session.plugin_enabled:
            raise Stopped("plugin disabled")
        if not os.path.exists(os.path.join(self.plugin_dir, "PlexSync.py")):
            raise Stopped("plugin removed")
        if not self.session.config.enabled:
            self.gate.set_hold(Reason.PAUSED, "PlexSync is paused in its settings.", now)
        return not self.gate.stops

    def look_at_settings(self, now: float, age: float) -> None:
        """Read the settings again when they are older than ``age`` seconds."""
        if 0 <= now - self.session.read_at < age:
            return
        before = plex_settings(self.session.config), self.session.config.paused
        try:
            self.session.read_settings()
        except TransientError as error:
            self.hold_everything(error)
            return
        if before != (plex_settings(self.session.config), self.session.config.paused):
            self.gate.lift(Reason.SETUP, Reason.PAUSED)

    def run_job(self, leased: ClaimedJob, scenes: Mapping[int, Mapping[str, Any]]) -> None:
        """Sync one job and settle it, whatever happens."""
        log.debug("%s (%s) begins.", leased.job.job_key, leased.job.update_type)
        raw = scenes.get(leased.job.scene_id)
        seen = str(raw.get("updated_at", "")) if raw else ""
        try:
            if leased.job.scene_id == 0:
                renames.expand(leased.job, self.session.stash(), self.manager, self.clock())
                result = SyncResult("")
            else:
                result = self.scenes.sync(raw)
        except PlexSyncError as error:
            self.settle_failure(leased, error, seen)
        except Exception as error:  # unknown: temporary and counted, so that nothing loops
            log.exception("Unexpected trouble with %s.", leased.job.job_key)
            self.settle_failure(leased, TransientError(f"unexpected: {type(error).__name__}"), seen)
        else:
            self.settle_success(leased, result)

    def settle_success(self, leased: ClaimedJob, result: SyncResult) -> None:
        """The job is done: it and all that was learnt go into one transaction."""
        with self.manager.transaction():
            self.scenes.record(leased.job, result)
            self.manager.ack_in(leased, self.clock())
        self.settled += 1
        self.served_at_try.pop(leased.job.job_key, None)
        if result.asked_plex:
            self.served += 1
            self.gate.on_served()

    def settle_failure(self, leased: ClaimedJob, error: PlexSyncError, seen: str) -> None:
        """The job did not succeed: wait, bury or hold, as the policy says.

        ``seen`` is Stash's ``updated_at`` of the scene as it was read ("" when it was not).
        """
        now = self.clock()
        verdict = verdict_for(error, self.tries(leased, now), self.rng)
        log.log(
            logging.WARNING if verdict.fate is Fate.BURY else logging.INFO,
            "%s: %s (%s)",
            leased.job.job_key,
            error,
            verdict.reason,
        )
        self.served_at_try[leased.job.job_key] = self.served
        if verdict.outage:
            self.gate.on_outage(now)
        if verdict.fate is Fate.BURY:
            self.manager.fail_job(leased, letter_for(leased, error, verdict, now), seen)
            return
        due = now + verdict.delay if verdict.fate is Fate.RETRY else 0.0
        self.manager.nack_job(leased, due, charge=verdict.charge, error=str(error))
        if verdict.fate is Fate.HOLD:
            self.hold_everything(error)

    def tries(self, leased: ClaimedJob, now: float) -> Tries:
        """What the policy needs to know of a job's tries.

        A try is the job's own fault only if Plex served another job since the last one, or if the
        job is alone and Plex answers: an outage never makes a dead letter.
        """
        last = self.served_at_try.get(leased.job.job_key)
        fair = last is not None and self.served > last
        stats = self.manager.queue.stats(now)
        if not fair and stats.left == 1:
            try:
                fair = self.session.plex().identity()
            except PlexSyncError:
                fair = False
        age = max(0.0, now - leased.job.enqueued_at)
        return Tries(leased.attempts, age, fair, self.session.config.max_retries)

    def hold_everything(self, error: PlexSyncError) -> None:
        """Nothing can be synced until what ``error`` says has changed."""
        reason = Reason.SETUP if isinstance(error, SetupError) else Reason.WAITING_FOR_STASH
        self.gate.set_hold(reason, str(error), self.clock())
