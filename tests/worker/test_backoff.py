"""How long to wait before the next try."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.backoff import LONGEST_RETRY_AFTER, NOT_FOUND, TEMPORARY, Backoff

attempts = st.integers(min_value=0, max_value=10**400)
luck = st.floats(min_value=0, max_value=1, exclude_max=True)
wishes = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize(
    ("backoff", "attempt", "most"),
    [
        (TEMPORARY, 0, 5.0),
        (TEMPORARY, 1, 10.0),
        (TEMPORARY, 2, 20.0),
        (TEMPORARY, 3, 40.0),
        (TEMPORARY, 4, 80.0),
        (TEMPORARY, 5, 80.0),
        (NOT_FOUND, 0, 30.0),
        (NOT_FOUND, 1, 60.0),
        (NOT_FOUND, 4, 480.0),
        (NOT_FOUND, 5, 600.0),
        (NOT_FOUND, 11, 600.0),
    ],
)
def test_the_longest_wait_doubles_up_to_the_cap(
    backoff: Backoff, attempt: int, most: float
) -> None:
    assert backoff.delay(attempt, lambda: 0.0) == 0.0
    assert backoff.delay(attempt, lambda: 0.5) == most / 2
    assert backoff.delay(attempt, lambda: 1.0) == most


@given(attempts, luck, wishes)
def test_no_number_of_tries_and_no_server_asks_for_an_endless_wait(
    attempt: int, chance: float, wish: float
) -> None:
    delay = TEMPORARY.delay(attempt, lambda: chance, retry_after=wish)

    assert math.isfinite(delay)
    assert 0.0 <= delay <= max(TEMPORARY.cap, LONGEST_RETRY_AFTER)


@given(attempts, luck, st.floats(min_value=0, max_value=LONGEST_RETRY_AFTER))
def test_a_server_that_says_when_to_come_back_is_not_asked_earlier(
    attempt: int, chance: float, wish: float
) -> None:
    assert TEMPORARY.delay(attempt, lambda: chance, retry_after=wish) >= wish


@given(attempts, luck)
def test_without_a_wish_the_cap_is_never_exceeded(attempt: int, chance: float) -> None:
    assert NOT_FOUND.delay(attempt, lambda: chance) <= NOT_FOUND.cap
