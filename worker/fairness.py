"""The fault for a failed try. A try counts against a job only if Plex worked for others."""

from __future__ import annotations

from collections.abc import Callable

from worker.attempt import Attempt, Result
from worker.policy import Tries, lone_try_counts


class Fairness:
    """How many jobs Plex read for, and wrote for; and how many it was at each job's last try."""

    def __init__(self) -> None:
        self._read = 0
        self._written = 0
        self._at_last_try: dict[str, tuple[int, int]] = {}

    def settled(self, job_key: str, result: Result | None) -> None:
        """A job is settled; ``result`` is ``None`` for one that was given up."""
        self._at_last_try.pop(job_key, None)
        if result is not None:
            self._read += result.asked_plex
            self._written += result.writes > 0

    def failed(self, job_key: str) -> None:
        """A job's try failed: the next one is compared with what Plex does from now on."""
        self._at_last_try[job_key] = (self._read, self._written)

    def tries(
        self, attempt: Attempt, now: float, most: int, alone_and_plex_answers: Callable[[], bool]
    ) -> Tries:
        """The policy's view of a job's tries.

        A try is the job's own fault only if Plex served another job since the last one, or if the
        job is alone and Plex answers. An outage never makes a dead letter. A Plex whose disk is
        full serves those who only read; so a failed write is compared with other jobs' writes.
        """
        job = attempt.job
        before = self._at_last_try.get(job.job.job_key)
        age = now - job.job.enqueued_at
        fair = before is not None and (
            self._written > before[1] if attempt.writing else self._read > before[0]
        )
        if not fair and lone_try_counts(age, writing=attempt.writing):
            fair = alone_and_plex_answers()
        return Tries(job.attempts, age, fair, most)
