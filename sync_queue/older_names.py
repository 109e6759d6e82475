"""Names of version 1.0 that callers outside of this room still use. Delete each with its last."""

from __future__ import annotations

from collections.abc import Sequence

from sync_queue.dlq import DeadLetter, DeadLetterQueue
from sync_queue.jobs import JobQueue
from sync_queue.models import ClaimedJob, SyncJob


class OlderManager:
    """The queue's verbs, forwarded; see ``JobQueue``."""

    jobs: JobQueue
    letters: DeadLetterQueue

    @property
    def queue(self) -> JobQueue:
        """``jobs``."""
        return self.jobs

    @property
    def dlq(self) -> DeadLetterQueue:
        """``letters``."""
        return self.letters

    def enqueue(self, job: SyncJob, *, due: float = 0.0, prio: int = 0) -> None:
        """``jobs.put``."""
        self.jobs.put(job, due=due, prio=prio)

    enqueue_in = enqueue

    def enqueue_all(self, jobs: Sequence[SyncJob], *, prio: int = 0) -> None:
        """``jobs.put_all``."""
        self.jobs.put_all(jobs, prio=prio)

    def get_pending(self, now: float, limit: int = 1) -> list[ClaimedJob]:
        """``jobs.claim``."""
        return self.jobs.claim(now, limit)

    def nack_job(
        self, leased: ClaimedJob, due: float, *, charge: bool = False, error: str = ""
    ) -> bool:
        """``jobs.retry``."""
        del error
        return self.jobs.retry(leased, due, charge=charge)

    def complete(self, leased: ClaimedJob) -> bool:
        """``QueueManager.complete``."""
        raise NotImplementedError

    def bury(self, leased: ClaimedJob, letter: DeadLetter, scene_updated_at: str) -> int:
        """``QueueManager.bury``."""
        raise NotImplementedError

    def ack_job(self, leased: ClaimedJob, now: float = 0.0) -> bool:
        """``complete``."""
        del now
        return self.complete(leased)

    ack_in = ack_job

    def fail_job(self, leased: ClaimedJob, letter: DeadLetter, seen: str) -> int:
        """``bury``."""
        return self.bury(leased, letter, seen)
