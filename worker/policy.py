"""From an error to what becomes of the job: one table, and pure functions that read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from plex.exceptions import PlexNotFound, PlexPermanentError, PlexTemporaryError
from stash.exceptions import StashQueryFailed, StashUnavailable
from validation.errors import (
    InvalidScene,
    PermanentError,
    PlexSyncError,
    SetupError,
    TransientError,
)
from validation.reasons import Reason
from worker.backoff import NOT_FOUND, PART, TEMPORARY, Backoff
from worker.covers import CoverUnavailable, PicturesUnavailable

# A scene whose item vanished is buried only after both.
NOT_FOUND_TRIES = 12
NOT_FOUND_SECONDS = 2 * 3600.0


class Disposition(StrEnum):
    """The disposition of a job whose sync raised."""

    RETRY = "retry"
    BURY = "bury"
    HOLD = "hold"  # everything waits until a user changes something or Stash answers


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision for one job.

    Attributes:
        disposition: retry, bury or hold.
        reason: the code under which the scene is listed meanwhile.
        delay: seconds until the next try.
        charge: the try counts against the job.
        outage: the failure counts for the circuit breaker.
        retry_after: seconds that the server asked for, 0 = none.
    """

    disposition: Disposition
    reason: Reason
    delay: float = 0.0
    charge: bool = False
    outage: bool = False
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Tries:
    """The facts about a job's tries.

    Attributes:
        charged: tries charged so far.
        failed: tries that failed in a row, charged or not, as far as this worker knows.
        age: seconds since the job's event. Below 0 the clock was set back and the age is unknown.
        fair: a failure is the job's own; see ``worker.fairness``.
        most: the setting *Maximum attempts*.
    """

    charged: int
    failed: int
    age: float
    fair: bool
    most: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: the disposition of a job that fails with ``error``.

    The other attributes matter to RETRY only.

    Attributes:
        backoff: the delays between two tries.
        outage: Plex itself fails.
        shared: a server may fail at others too. Such a try is charged only if ``Tries.fair``.
        tries: charged tries before the job is buried, 0 = the setting *Maximum attempts*.
        seconds: a job younger than this is not buried.
        buried_as: the reason of the dead letter.
    """

    error: type[PlexSyncError]
    reason: Reason
    disposition: Disposition
    backoff: Backoff = TEMPORARY
    outage: bool = False
    shared: bool = False
    tries: int = 0
    seconds: float = 0.0
    buried_as: Reason = Reason.REFUSED_BY_PLEX


# Most specific type first. The last row charges each try, so that no unknown error loops for ever.
RULES: tuple[Rule, ...] = (
    Rule(InvalidScene, Reason.INVALID, Disposition.BURY),
    Rule(PlexPermanentError, Reason.REFUSED_BY_PLEX, Disposition.BURY),
    Rule(
        PlexNotFound,
        Reason.NOT_IN_PLEX,
        Disposition.RETRY,
        backoff=NOT_FOUND,
        tries=NOT_FOUND_TRIES,
        seconds=NOT_FOUND_SECONDS,
        buried_as=Reason.NOT_IN_PLEX,
    ),
    Rule(PlexTemporaryError, Reason.WAITING_FOR_PLEX, Disposition.RETRY, outage=True, shared=True),
    Rule(
        PicturesUnavailable,
        Reason.WAITING_FOR_PLEX,
        Disposition.RETRY,
        backoff=PART,
        shared=True,
    ),
    Rule(
        CoverUnavailable,
        Reason.WAITING_FOR_STASH,
        Disposition.RETRY,
        backoff=PART,
        shared=True,
        buried_as=Reason.WAITING_FOR_STASH,
    ),
    Rule(
        StashQueryFailed,
        Reason.WAITING_FOR_STASH,
        Disposition.RETRY,
        backoff=PART,
        shared=True,
        buried_as=Reason.WAITING_FOR_STASH,
    ),
    Rule(StashUnavailable, Reason.WAITING_FOR_STASH, Disposition.HOLD),
    Rule(SetupError, Reason.SETUP, Disposition.HOLD),
    Rule(PermanentError, Reason.REFUSED_BY_PLEX, Disposition.BURY),
    Rule(PlexSyncError, Reason.WAITING_FOR_PLEX, Disposition.RETRY),
)


def rule_for(error: PlexSyncError) -> Rule:
    """Return the most specific row of the table."""
    return next(rule for rule in RULES if isinstance(error, rule.error))


def reason_for(error: PlexSyncError) -> Reason:
    """Return the reason code of an error."""
    return rule_for(error).reason


def verdict_for(error: PlexSyncError, tries: Tries, rng: Callable[[], float]) -> Verdict:
    """Decide what becomes of a job whose sync raised ``error``. ``rng`` returns [0, 1)."""
    rule = rule_for(error)
    if rule.disposition is not Disposition.RETRY:
        return Verdict(rule.disposition, rule.reason)
    charge = tries.fair or not rule.shared
    is_last = tries.charged + 1 >= (rule.tries or tries.most)
    is_old = not 0 <= tries.age < rule.seconds
    if charge and is_last and is_old:
        return Verdict(Disposition.BURY, rule.buried_as)
    retry_after = (error.retry_after if isinstance(error, TransientError) else None) or 0.0
    # The circuit breaker slows an outage down.
    tried = tries.charged if rule.outage else max(tries.charged, tries.failed)
    delay = rule.backoff.delay(tried, rng, retry_after=retry_after)
    return Verdict(Disposition.RETRY, rule.reason, delay, charge, rule.outage, retry_after)
