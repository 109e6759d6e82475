"""Holding everything: the user has to change a setting, or Stash is unreachable. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from validation.reasons import Reason

# A wrong token is asked again now and then: the user may repair Plex instead of the setting.
SETUP_DELAYS = (60.0, 300.0, 900.0, 3600.0)
# Stash is on this machine and soon back; a new hook lifts the hold immediately.
STASH_DELAYS = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
# How often settings, or missing libraries, are read while something waits for a change by the user.
LOOK_SECONDS = 60.0
DELAYS: Mapping[Reason, tuple[float, ...]] = {
    Reason.WAITING_FOR_STASH: STASH_DELAYS,
    Reason.PAUSED: (LOOK_SECONDS,),
}


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is synced until ``until`` (epoch seconds), or until what caused it changes.

    ``sentence`` is the user's next step; ``step`` counts holds in a row for the same cause.
    """

    reason: Reason
    sentence: str
    since: float
    until: float
    step: int = 0

    def wait(self, now: float) -> float:
        """Seconds left. A clock that jumped back by hours does not hold for ever."""
        left = self.until - now
        return left if 0 < left <= SETUP_DELAYS[-1] else 0.0


def hold_for(
    reason: Reason,
    sentence: str,
    now: float,
    before: Hold | None,
    delays: tuple[float, ...] = (),
) -> Hold:
    """The next hold for a cause; ``before`` is the last one if it had the same reason. ``delays``
    are its lengths, those of the reason if there are none."""
    again = before is not None and before.reason is reason
    step = before.step + 1 if again and before is not None else 0
    since = before.since if again and before is not None else now
    delays = delays or DELAYS.get(reason, SETUP_DELAYS)
    return Hold(reason, sentence, since, now + delays[min(step, len(delays) - 1)], step)
