"""The exit status of the command line: one place for every mode. Pure."""

from __future__ import annotations

from validation.errors import TransientError
from validation.reasons import Exit, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:  # Status reads this module and must be quick
    from collections.abc import Iterable

    from sync_queue.report import QueueReport


def of_queue(report: QueueReport, *, problems: int, stuck: int) -> Exit:
    """Return the exit status for a queue as it is now.

    ``problems``: scenes that need the user, and dead letters; ``stuck``: jobs that are still due
    although the mode should have synced them.
    """
    if report.hold_reason in set(Reason):
        return Reason(report.hold_reason).about.exit
    if report.hold_reason or stuck or (report.left and report.plex_fails):
        return Exit.AWAY
    return Exit.SOME if problems else Exit.DONE


def of_error(error: BaseException) -> Exit:
    """Return the exit status for the error that ended a mode or failed a check."""
    away = isinstance(error, TransientError) and error.is_away
    return Exit.AWAY if away else Exit.USAGE


def of_errors(codes: Iterable[Exit]) -> Exit:
    """Return the exit status for several: a wrong setting comes first."""
    return min((code for code in codes if code), default=Exit.DONE)
