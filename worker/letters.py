"""The dead letter of a job that is given up."""

from __future__ import annotations

import traceback

from sync_queue.dlq import DeadLetter
from sync_queue.models import ClaimedJob
from validation.errors import PlexSyncError
from worker.policy import Verdict


def letter_for(
    leased: ClaimedJob, error: PlexSyncError, verdict: Verdict, now: float
) -> DeadLetter:
    """The whole story of a job that is given up."""
    return DeadLetter(
        job=leased.job,
        reason=verdict.reason.value,
        error_type=type(error).__name__,
        message=str(error),
        stack_trace="".join(traceback.format_exception(error)),
        attempts=leased.attempts + 1,
        evidence={"verdict": verdict.fate.value},
        enqueued_at=leased.job.enqueued_at,
        failed_at=now,
    )
