"""The pace of writing: a table of the rule, and the clock around a write."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.pace import LONGEST_PAUSE, RECENT, Pace, pause_after


@pytest.mark.parametrize(
    ("last", "recent", "pause"),
    [
        (30.0, [], 0.0),  # nothing to compare with
        (0.05, [0.05] * 5, 0.0),
        (0.9, [0.05] * 5, 0.0),  # slower, but nobody waits for that
        (1.0, [0.05] * 5, 0.0),
        (1.1, [0.05] * 5, 1.1),
        (2.9, [1.0] * 5, 0.0),  # always slow: that is its pace
        (3.1, [1.0] * 5, 3.1),
        (60.0, [1.0] * 5, 5.0),
        (2.0, [0.05, 0.05, 9.0], 2.0),  # one slow write is not the measure
        (2.0, [0.05, 9.0, 9.0], 0.0),
    ],
)
def test_a_plex_that_slows_down_is_left_alone_for_as_long_as_it_took(
    last: float, recent: list[float], pause: float
) -> None:
    assert pause_after(last, recent) == pause


seconds = st.floats(min_value=0.0, max_value=1e6)


@given(seconds, st.lists(seconds, max_size=RECENT))
def test_no_pause_is_longer_than_five_seconds_or_than_the_write_was(
    last: float, recent: list[float]
) -> None:
    assert 0.0 <= pause_after(last, recent) <= min(last, LONGEST_PAUSE)


class Ticks:
    """A clock that shows what it is set to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def written(pace: Pace, clock: Ticks, took: float) -> float:
    """A write that took so long, and the pause after it."""
    with pace.timing():
        clock.now += took
    return pace.rest()


def test_a_pause_is_taken_once_and_a_server_that_stays_slow_is_soon_used_at_its_pace() -> None:
    clock = Ticks()
    pace = Pace(clock)
    assert [written(pace, clock, 0.1) for _ in range(5)] == [0.0] * 5
    assert written(pace, clock, 2.0) == pytest.approx(2.0)
    assert pace.rest() == 0.0
    pauses = [written(pace, clock, 2.0) for _ in range(RECENT)]
    assert pauses[0] > 0.0
    assert pauses[5:] == [0.0] * (RECENT - 5)


def test_a_write_that_fails_is_no_measure() -> None:
    clock = Ticks()
    pace = Pace(clock)
    written(pace, clock, 0.1)
    with pytest.raises(ConnectionError), pace.timing():
        clock.now += math.pi
        raise ConnectionError
    assert pace.rest() == 0.0
    assert written(pace, clock, 2.0) == pytest.approx(2.0)
