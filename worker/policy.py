"""From an error to what becomes of the job. Pure: one table, most specific type first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from plex.exceptions import PlexNotFound, PlexPermanentError, PlexTemporaryError
from stash.exceptions import StashUnavailable
from validation.errors import (
    InvalidScene,
    PermanentError,
    PlexSyncError,
    SetupError,
    TransientError,
)
from validation.reasons import Reason
from worker.backoff import NOT_FOUND, TEMPORARY
from worker.covers import CoverUnavailable

# A scene whose item vanished is given up only when both are over.
NOT_FOUND_TRIES = 12
NOT_FOUND_SECONDS = 2 * 3600.0
# Plex's disk may be full for hours while it answers reads: nobody but other jobs' writes can tell.
# So a job that is alone answers for its failed writes only when it is older than this.
LONE_WRITE_SECONDS = 24 * 3600.0


class Fate(StrEnum):
    """What becomes of a job whose sync raised."""

    RETRY = "retry"
    BURY = "bury"
    HOLD = "hold"  # everything waits: a person has to change something


@dataclass(frozen=True, slots=True)
class Verdict:
    """``delay`` in seconds; ``charge``: the try counts against the job; ``outage``: it counts for
    the circuit breaker, and ``retry_after`` are the seconds for which the server wants to be left
    alone (0 = it did not say); ``reason``: the code under which the scene is listed meanwhile.
    """

    fate: Fate
    reason: Reason
    delay: float = 0.0
    charge: bool = False
    outage: bool = False
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Tries:
    """What is known of a job's tries.

    ``charged`` so far; ``age`` seconds since its event (below 0, the clock was set back, and it
    is unknown); ``fair``: Plex was seen to work for others (or this job is alone and Plex
    answers), so that a temporary failure is the job's own.
    """

    charged: int
    age: float
    fair: bool
    most: int


REASONS: tuple[tuple[type[PlexSyncError], Reason], ...] = (
    (InvalidScene, Reason.INVALID),
    (PlexPermanentError, Reason.REFUSED_BY_PLEX),
    (PlexNotFound, Reason.NOT_IN_PLEX),
    (PlexTemporaryError, Reason.WAITING_FOR_PLEX),
    (StashUnavailable, Reason.WAITING_FOR_STASH),
    (CoverUnavailable, Reason.WAITING_FOR_STASH),
    (SetupError, Reason.SETUP),
    (PermanentError, Reason.REFUSED_BY_PLEX),
    (TransientError, Reason.WAITING_FOR_PLEX),
    (PlexSyncError, Reason.WAITING_FOR_PLEX),
)


def lone_try_counts(age: float, *, writing: bool) -> bool:
    """Whether a job that is alone may be charged for a try that failed while Plex answers.

    ``age`` as in ``Tries``; ``writing``: it was a write that failed.
    """
    return not writing or not 0 <= age < LONE_WRITE_SECONDS


def reason_for(error: PlexSyncError) -> Reason:
    """The reason code of an error: the most specific row of the table."""
    return next(reason for kind, reason in REASONS if isinstance(error, kind))


def verdict_for(error: PlexSyncError, tries: Tries, rng: Callable[[], float]) -> Verdict:
    """What becomes of a job whose sync raised ``error``. ``rng`` returns a number in [0, 1)."""
    reason = reason_for(error)
    if isinstance(error, PermanentError):
        return Verdict(Fate.BURY, reason)
    if isinstance(error, SetupError | StashUnavailable):
        return Verdict(Fate.HOLD, reason)
    if isinstance(error, PlexNotFound):
        old = not 0 <= tries.age < NOT_FOUND_SECONDS
        if old and tries.charged + 1 >= NOT_FOUND_TRIES:
            return Verdict(Fate.BURY, reason)
        return Verdict(Fate.RETRY, reason, NOT_FOUND.delay(tries.charged, rng), charge=True)
    retry_after = (error.retry_after if isinstance(error, TransientError) else None) or 0.0
    outage = isinstance(error, PlexTemporaryError)
    # Only a known outage is nobody's fault: the unknown is counted, so that nothing loops for ever.
    charge = tries.fair or not outage
    if charge and tries.charged + 1 >= tries.most:
        mine = reason is Reason.WAITING_FOR_STASH  # a cover that Stash never gives
        return Verdict(Fate.BURY, reason if mine else Reason.REFUSED_BY_PLEX)
    delay = TEMPORARY.delay(tries.charged, rng, retry_after=retry_after)
    return Verdict(Fate.RETRY, reason, delay, charge, outage, retry_after)
