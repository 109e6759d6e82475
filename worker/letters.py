"""The dead letter of a job that is given up, and how people hear of it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping

from plex.exceptions import PlexPermanentError, PlexTemporaryError
from sync_queue.dlq import DeadLetter
from sync_queue.manager import QueueManager
from sync_queue.models import ClaimedJob
from validation.errors import PlexSyncError
from worker.policy import Verdict

# What the next hooks say in Stash's log, once an hour, for a day after the newest dead letter.
NEWS = (
    "Some edits could not be synced: the task Show Status says why, Retry Failed tries them again."
    " {waiting} edits wait."
)
NEWS_SECONDS = 24 * 3600.0
COUNT_EVERY = 10

log = logging.getLogger("plexsync.letters")


def letter_for(
    leased: ClaimedJob,
    error: PlexSyncError,
    verdict: Verdict,
    now: float,
    seen: Mapping[str, object],
) -> DeadLetter:
    """The whole story of a job that is given up; ``seen`` is what its sync found out, as JSON."""
    evidence = dict(seen)
    if isinstance(error, PlexPermanentError | PlexTemporaryError) and error.status:
        evidence["status"] = error.status
    return DeadLetter(
        job=leased.job,
        reason=verdict.reason.value,
        error_type=type(error).__name__,
        message=str(error),
        stack_trace="".join(traceback.format_exception(error)),
        attempts=leased.attempts + 1,
        evidence=evidence,
        enqueued_at=leased.job.enqueued_at,
        failed_at=now,
    )


def count(manager: QueueManager) -> None:
    """Say in the log how many dead letters there are, if any."""
    letters = manager.dlq.get_count()
    if letters:
        log.warning("Dead letters: %d. The task Show Status says why.", letters)


def forget_old_news(manager: QueueManager, now: float) -> None:
    """Take the notice back when there is nothing new about dead letters (any more)."""
    if manager.state.notice() != NEWS:
        return
    newest = manager.dlq.get_recent(1)
    if not newest or not 0 <= now - newest[0].failed_at < NEWS_SECONDS:
        with manager.transaction():
            manager.state.set_notice("")
