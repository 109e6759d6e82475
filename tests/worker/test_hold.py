"""Holding everything: how long, and for what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.reasons import Reason
from worker.hold import SETUP_DELAYS, Hold, hold_for

NOON = 1_800_000_000.0


def waits(reason: Reason, count: int) -> list[float]:
    """The waits of ``count`` holds in a row for one cause, each begun when the last was over."""
    now, hold, found = NOON, None, []
    for _ in range(count):
        hold = hold_for(reason, "a sentence", now, hold)
        found.append(hold.wait(now))
        now += hold.wait(now)
    return found


@pytest.mark.parametrize(
    ("reason", "minutes"),
    [
        (Reason.SETUP, [1, 5, 15, 60, 60, 60]),
        (Reason.PAUSED, [1, 1, 1, 1, 1, 1]),
    ],
)
def test_a_user_s_problem_is_checked_again(reason: Reason, minutes: list[float]) -> None:
    assert waits(reason, 6) == [60 * each for each in minutes]


def test_stash_is_asked_again_soon_and_at_least_once_a_minute() -> None:
    assert waits(Reason.WAITING_FOR_STASH, 8) == [2, 5, 10, 20, 40, 60, 60, 60]


def test_another_cause_begins_at_the_shortest_wait() -> None:
    first = hold_for(Reason.SETUP, "token", NOON, None)
    second = hold_for(Reason.SETUP, "token", NOON + 60, first)
    other = hold_for(Reason.WAITING_FOR_STASH, "stash", NOON + 70, second)

    assert second.step == 1
    assert (other.step, other.since, other.wait(NOON + 70)) == (0, NOON + 70, 2.0)


def test_a_hold_remembers_since_when_everything_waits() -> None:
    first = hold_for(Reason.SETUP, "token", NOON, None)
    second = hold_for(Reason.SETUP, "library", NOON + 60, first)

    assert (second.since, second.sentence) == (NOON, "library")


def test_a_hold_is_over_when_its_time_has_come() -> None:
    hold = hold_for(Reason.SETUP, "token", NOON, None)

    assert hold.wait(NOON + 59) == pytest.approx(1.0)
    assert hold.wait(NOON + 60) == 0.0


times = st.floats(min_value=-(10**10), max_value=10**11)


@given(times, times, st.sampled_from([Reason.SETUP, Reason.PAUSED, Reason.WAITING_FOR_STASH]))
def test_a_clock_that_jumps_never_holds_longer_than_an_hour(
    began: float, now: float, reason: Reason
) -> None:
    hold: Hold | None = None
    for _ in range(4):
        hold = hold_for(reason, "a sentence", began, hold)
    assert hold is not None

    assert 0.0 <= hold.wait(now) <= SETUP_DELAYS[-1]
