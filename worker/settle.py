"""Settling jobs: each try ends in one transaction, in every case."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from sync_queue.manager import QueueManager
from sync_queue.models import ClaimedJob
from sync_queue.notices import Cause
from sync_queue.state import LastError
from validation.errors import PlexSyncError, QueueError, TransientError
from worker import notices, renames
from worker.attempt import Attempt, Result, SceneSync
from worker.batch import Batch
from worker.covers import COVERS
from worker.fairness import Fairness
from worker.permission import Permission
from worker.policy import Disposition, Tries, Verdict, verdict_for
from worker.run import Run
from worker.servers import Servers

TRIM_EVERY = 500

log = logging.getLogger("plexsync.worker")


class Settler:
    """Tries leased jobs one at a time. Not thread-safe: the sync thread owns it.

    ``clock`` returns epoch seconds and ``rng`` a number in [0, 1).
    """

    def __init__(
        self,
        manager: QueueManager,
        servers: Servers,
        permission: Permission,
        clock: Callable[[], float],
        rng: Callable[[], float],
    ) -> None:
        self.manager = manager
        self.servers = servers
        self.permission = permission
        self.clock = clock
        self.rng = rng
        self.scenes = SceneSync(manager, clock)
        self.fairness = Fairness()
        self.settled = 0
        self.failed_last = manager.state.load(LastError).job
        self._letter_count = notices.LetterCount(manager.letters.count())

    def try_job(self, run: Run, batch: Batch, leased: ClaimedJob) -> None:
        """Try one job and settle it. Raises ``QueueError`` only."""
        log.debug("%s (%s) begins.", leased.job.job_key, leased.job.update_type)
        attempt = Attempt(leased)
        served = served_by(batch)
        self.manager.jobs.begin(leased)
        try:
            if leased.job.scene_id == 0:
                if renames.matters(leased.job, batch.config):
                    renames.expand(leased.job, batch.stash, self.manager, self.clock())
                result = Result("")
            else:
                result = self.scenes.sync(run, batch, attempt)
        except QueueError:
            raise
        except PlexSyncError as error:
            self._fail(batch, attempt, error)
        except Exception as error:  # unknown: temporary and counted, so that nothing loops
            log.exception("Unexpected error with %s. Please report it.", leased.job.job_key)
            self._fail(batch, attempt, TransientError(f"unexpected: {type(error).__name__}"))
        else:
            self._succeed(batch, attempt, result)
            self.fairness.settled(leased.job.job_key, served_by(batch) - served)

    def tidy(self) -> None:
        """Now and then, delete finished rows."""
        if self.settled >= TRIM_EVERY:
            self.settled = 0
            self.manager.jobs.trim()

    def _succeed(self, batch: Batch, attempt: Attempt, result: Result) -> None:
        """The job is done: it and all that was learnt go into one transaction."""
        key = attempt.job.job.job_key
        with self.manager.transaction():
            self.scenes.record(batch, attempt, result)
            self.manager.complete(attempt.job)
            if self.failed_last == key:
                self.manager.state.clear(LastError)
        self.settled += 1
        if self.settled % notices.COUNT_EVERY == 0:
            self._letter_count.log(self.manager)
        self.permission.on_settled(plex_served=result.asked_plex)

    def _fail(self, batch: Batch, attempt: Attempt, error: PlexSyncError) -> None:
        """The job did not succeed: wait, bury or hold, by the policy."""
        now, leased = self.clock(), attempt.job
        verdict = verdict_for(error, self._tries(batch, attempt, error, now), self.rng)
        key, buried = leased.job.job_key, verdict.disposition is Disposition.BURY
        level = logging.WARNING if buried else logging.INFO
        log.log(level, "%s: %s (%s)", key, error, verdict.reason)
        if verdict.outage:
            self.permission.on_outage(verdict.retry_after)
        if buried:
            self._bury(attempt, error, verdict, now)
            return
        self.fairness.failed(key, error, now)
        due = now + verdict.delay if verdict.disposition is Disposition.RETRY else 0.0
        self.manager.jobs.retry(leased, due, charge=verdict.charge)
        if verdict.disposition is Disposition.HOLD:
            self.permission.hold_for(error)
            return
        self.failed_last = key
        with self.manager.transaction():
            self.manager.state.save(LastError(key, f"{key}: {error}", now))

    def _bury(self, attempt: Attempt, error: PlexSyncError, verdict: Verdict, now: float) -> None:
        """Give the job up, and let the user know."""
        key = attempt.job.job.job_key
        self.fairness.given_up(key)
        letter = notices.letter_for(attempt.job, error, verdict, now, attempt.story())
        with self.manager.transaction():
            title, path = attempt.title_and_path
            self.manager.bury(attempt.job, letter, attempt.scene_updated_at, title=title, path=path)
            self.manager.notices.set(Cause.DEAD_LETTERS, notices.DEAD_LETTERS)
            if self.failed_last == key:
                self.manager.state.clear(LastError)

    def _tries(self, batch: Batch, attempt: Attempt, error: PlexSyncError, now: float) -> Tries:
        def alone_and_plex_answers() -> bool:
            alone = self.manager.jobs.stats(now).left == 1
            return alone and batch.plex.identity()

        job, most = attempt.job, batch.config.max_retries
        age = now - job.job.enqueued_at
        return self.fairness.tries(
            job.job.job_key, error, job.attempts, age, now, most, alone_and_plex_answers
        )


def served_by(batch: Batch) -> Counter[str]:
    """How many good answers each part of both servers has given."""
    return Counter({**batch.plex.served, COVERS: batch.stash.covers})
