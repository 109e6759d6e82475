"""One leased job: sync it and settle it, whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sync_queue.dlq import DeadLetter
from sync_queue.manager import QueueManager
from sync_queue.models import ClaimedJob
from validation.errors import PlexSyncError, QueueError, TransientError
from worker import letters, renames
from worker.gate import Gate
from worker.policy import Disposition, Tries, lone_try_counts, verdict_for
from worker.scene_sync import SceneSync, SyncResult
from worker.session import Session

TRIM_EVERY = 500

log = logging.getLogger("plexsync.worker")


class JobRunner:
    """Runs leased jobs one at a time. Not thread-safe: the sync thread owns it.

    ``clock`` returns epoch seconds and ``rng`` a number in [0, 1).
    """

    def __init__(
        self,
        manager: QueueManager,
        session: Session,
        gate: Gate,
        clock: Callable[[], float],
        rng: Callable[[], float],
    ) -> None:
        self.manager = manager
        self.session = session
        self.gate = gate
        self.clock = clock
        self.rng = rng
        self.scenes = SceneSync(manager, session, clock)
        self.settled = 0
        # How many jobs Plex read for, and wrote for; and how many it was at each job's last try.
        self.read = 0
        self.written = 0
        self.at_last_try: dict[str, tuple[int, int]] = {}
        self.failed_last = str(manager.state.get("last_error").get("job", ""))

    def run(self, leased: ClaimedJob, scenes: Mapping[int, Mapping[str, Any]]) -> None:
        """Sync one job and settle it. Raises ``QueueError`` only."""
        log.debug("%s (%s) begins.", leased.job.job_key, leased.job.update_type)
        raw = scenes.get(leased.job.scene_id)
        seen = str(raw.get("updated_at", "")) if raw else ""
        self.scenes.begin_job()
        try:
            if leased.job.scene_id == 0:
                renames.expand(leased.job, self.session.stash(), self.manager, self.clock())
                result = SyncResult("")
            else:
                result = self.scenes.sync(raw)
        except QueueError:
            raise
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
            if self.failed_last == leased.job.job_key:
                self.manager.state.drop("last_error")
        self.settled += 1
        if self.settled % letters.COUNT_EVERY == 0:
            letters.count(self.manager)
        self.at_last_try.pop(leased.job.job_key, None)
        self.read += result.asked_plex
        self.written += result.writes > 0
        self.gate.on_settled(plex_served=result.asked_plex)

    def settle_failure(self, leased: ClaimedJob, error: PlexSyncError, seen: str) -> None:
        """The job did not succeed: wait, bury or hold, as the policy says.

        ``seen`` is Stash's ``updated_at`` of the scene as it was read ("" when it was not).
        """
        now = self.clock()
        verdict = verdict_for(error, self.tries(leased, now), self.rng)
        log.log(
            logging.WARNING if verdict.disposition is Disposition.BURY else logging.INFO,
            "%s: %s (%s)",
            leased.job.job_key,
            error,
            verdict.reason,
        )
        if verdict.outage:
            self.gate.on_outage(now, verdict.retry_after)
        if verdict.disposition is Disposition.BURY:
            found = self.scenes.evidence
            self.bury(leased, letters.letter_for(leased, error, verdict, now, found), seen)
            return
        self.at_last_try[leased.job.job_key] = (self.read, self.written)
        due = now + verdict.delay if verdict.disposition is Disposition.RETRY else 0.0
        self.manager.nack_job(leased, due, charge=verdict.charge, error=str(error))
        if verdict.disposition is Disposition.HOLD:
            self.gate.hold_for(error, now)
            return
        self.failed_last = leased.job.job_key
        with self.manager.transaction():
            said = {"job": self.failed_last, "sentence": f"{self.failed_last}: {error}", "at": now}
            self.manager.state.put("last_error", said)

    def bury(self, leased: ClaimedJob, letter: DeadLetter, seen: str) -> None:
        """Give the job up, and let people know."""
        self.at_last_try.pop(leased.job.job_key, None)
        self.manager.fail_job(leased, letter, seen)
        with self.manager.transaction():
            self.manager.state.add_notice(letters.NEWS)
            if self.failed_last == leased.job.job_key:
                self.manager.state.drop("last_error")

    def tries(self, leased: ClaimedJob, now: float) -> Tries:
        """What the policy needs to know of a job's tries.

        A try is the job's own fault only if Plex served another job since the last one, or if the
        job is alone and Plex answers: an outage never makes a dead letter. A Plex whose disk is
        full serves those who only read; so a failed write is compared with other jobs' writes.
        """
        before, writing = self.at_last_try.get(leased.job.job_key), self.scenes.writing
        age = now - leased.job.enqueued_at
        fair = before is not None and (
            self.written > before[1] if writing else self.read > before[0]
        )
        counts = not fair and lone_try_counts(age, writing=writing)
        if counts and self.manager.queue.stats(now).left == 1:
            try:
                fair = self.session.plex().identity()
            except PlexSyncError:
                fair = False
        return Tries(leased.attempts, age, fair, self.session.config.max_retries)

    def tidy(self) -> None:
        """Now and then, delete finished rows."""
        if self.settled >= TRIM_EVERY:
            self.settled = 0
            self.manager.queue.trim()
