"""What the command line exits with: one place for every mode. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from plex.exceptions import PlexNotFound
from sync_queue.report import QueueReport
from validation.errors import TransientError
from validation.reasons import Reason

DONE, SOME, USAGE, AWAY, INTERRUPTED = 0, 1, 2, 3, 130
# What only a person can end.
SETTINGS = frozenset({Reason.SETUP, Reason.PAUSED})


def of_queue(report: QueueReport, *, problems: int, stuck: int) -> int:
    """The exit status for a queue as it is now.

    ``problems``: scenes that need a person or are dead; ``stuck``: jobs that are due although the
    mode was to bring them to Plex.
    """
    if report.hold_reason in SETTINGS:
        return USAGE
    if report.hold_reason or stuck or (report.left and report.plex_fails):
        return AWAY
    return SOME if problems else DONE


def of_error(error: BaseException) -> int:
    """The exit status for what ended a mode, or failed a check."""
    away = isinstance(error, TransientError) and not isinstance(error, PlexNotFound)
    return AWAY if away else USAGE


def of_errors(codes: Iterable[int]) -> int:
    """The exit status for several: a setting is to be corrected first."""
    return min((code for code in codes if code), default=DONE)
