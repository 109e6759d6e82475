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

# What the next hooks say in Stash's log, once an hour, for a day after the newest dead letter, and
# at least once; and first of all, as long as it is so, what is wrong with the settings.
NEWS = (
    "Some edits could not be synced: the task Show Status says why, Retry Failed tries them again."
    " {waiting} edits wait."
)
WRONG_SETTINGS = "The default is used for what is wrong in PlexSync's settings. "
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


def news(manager: QueueManager) -> str:
    """What is to be said in Stash's log when nothing holds everything up, "" = nothing."""
    problems = wrong_settings(manager)
    if problems:
        return WRONG_SETTINGS + " ".join(problems)
    newest = manager.dlq.get_recent(1)
    told = float(str(manager.state.get("told_letters").get("until", 0.0)))
    return NEWS if newest and newest[0].failed_at > told else ""


def is_news(notice: str) -> bool:
    """Whether a notice is ours, and not about what holds everything up."""
    return notice in ("", NEWS) or notice.startswith(WRONG_SETTINGS)


def wrong_settings(manager: QueueManager) -> tuple[str, ...]:
    """What is wrong with settings whose default is used, as it was kept."""
    problems = manager.state.get("wrong_settings").get("problems")
    return tuple(map(str, problems)) if isinstance(problems, list) else ()


def keep_wrong_settings(manager: QueueManager, problems: tuple[str, ...]) -> None:
    """Keep it, within the caller's transaction, and let it be said."""
    if problems:
        manager.state.put("wrong_settings", {"problems": problems})
    else:
        manager.state.drop("wrong_settings")
    if is_news(manager.state.notice()):
        manager.state.set_notice(news(manager))


def forget_old_news(manager: QueueManager, now: float) -> None:
    """Take the notice back when there is nothing new about dead letters (any more)."""
    if manager.state.notice() != NEWS:
        return
    newest = manager.dlq.get_recent(1)
    if newest and (0 <= now - newest[0].failed_at < NEWS_SECONDS or not manager.state.was_said()):
        return
    with manager.transaction():
        if newest:
            manager.state.put("told_letters", {"until": newest[0].failed_at})
        manager.state.set_notice("")
