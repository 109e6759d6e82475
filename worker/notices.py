"""The dead letter of a job that is given up, and the hooks' lines in Stash's log, by cause."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from dataclasses import replace

from plex.exceptions import PlexPermanentError, PlexTemporaryError
from sync_queue.dlq import DeadLetter
from sync_queue.manager import QueueManager
from sync_queue.models import ClaimedJob
from sync_queue.notices import Cause
from sync_queue.state import Restored, WrongSettings
from validation.errors import PlexSyncError
from worker.policy import Verdict

# Hooks log this at most hourly, until a day after the newest dead letter, and at least once.
DEAD_LETTERS = (
    "Some edits could not be synced: the task Show Status says why, Retry Failed tries them again."
    " {waiting} edits wait."
)
WRONG_SETTINGS = "The default is used for what is wrong in PlexSync's settings. "
NEWS_SECONDS = 24 * 3600.0
# How long Status reports a database that was restored.
RESTORED_SECONDS = 30 * 24 * 3600.0
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
        failed_at=now,
    )


class LetterCount:
    """Logs how many dead letters there are, when the number is another than before."""

    def __init__(self, known: int = 0) -> None:
        self.logged = known

    def log(self, manager: QueueManager) -> None:
        """Log the number if it changed."""
        letters = manager.letters.count()
        if letters and letters != self.logged:
            log.warning("Dead letters: %d. The task Show Status says why.", letters)
        self.logged = letters


def note_wrong_settings(manager: QueueManager, problems: tuple[str, ...]) -> None:
    """Keep what is wrong with settings whose default is used, for Status and for hooks."""
    with manager.transaction():
        manager.state.save(WrongSettings(problems))
        if problems:
            manager.notices.set(Cause.WRONG_SETTINGS, WRONG_SETTINGS + " ".join(problems))
        else:
            manager.notices.clear(Cause.WRONG_SETTINGS)


def clear_old(manager: QueueManager, now: float) -> None:
    """Clear old notices that were logged, and Status's line about an old restoration.

    Writes only when there is something to clear.
    """
    newest = manager.letters.newest_at()
    fresh = 0 <= now - newest < NEWS_SECONDS
    said = manager.notices.was_said(Cause.DEAD_LETTERS) and not fresh
    over = [Cause.DEAD_LETTERS] if said or not newest else []
    if manager.notices.was_said(Cause.RESTORED):
        over.append(Cause.RESTORED)
    over = [cause for cause in over if manager.notices.stands(cause)]
    restored = manager.state.load(Restored)
    forgotten = bool(restored.sentence) and not 0 <= now - restored.at < RESTORED_SECONDS
    if not over and not forgotten:
        return
    with manager.transaction():
        manager.notices.clear(*over)
        if forgotten:
            manager.state.save(replace(restored, sentence=""))


def delete_old_letters(manager: QueueManager, now: float, keep: float) -> None:
    """Delete the dead letters that are older than ``keep`` seconds."""
    with manager.transaction():
        gone = manager.letters.delete_older_than(now - keep)
    if gone:
        log.info("%d old dead letters were deleted.", gone)
