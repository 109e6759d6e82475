"""Numbers from outside, one function per kind: in range or unknown, and never an error."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation import numbers
from validation.numbers import LARGEST, Endless, most_pages

# What a broken or hostile server writes where a number belongs.
ABSURD: tuple[object, ...] = (
    "9223372036854775808",
    "9223372036854775807",
    "1" * 19,
    "9" * 30,
    "9" * 5000,
    "-5",
    "-9223372036854775809",
    "1.5",
    "1e5",
    "NaN",
    "",
    " ",
    "-",
    "٣",
    "²",
    "0x10",
    "1_000",
    "+1",
    None,
    True,
    1.5,
    float("nan"),
    float("inf"),
    2**63,
    -(2**63),
    10**5000,
    [],
    {},
    b"5",
)
KINDS: dict[str, Callable[[object], float]] = {
    "key": numbers.key,
    "amount": numbers.amount,
    "moment": numbers.moment,
    "year": numbers.year,
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_absurd_number_is_unknown(kind: str) -> None:
    assert [value for value in ABSURD if KINDS[kind](value) != 0] == []
    assert [value for value in ABSURD if numbers.total(value) is not None] == []


def test_an_absurd_duration_is_unknown() -> None:
    assert [value for value in ABSURD if numbers.seconds(value) not in (0.0, 1.5)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_number_is_itself_in_both_forms(kind: str) -> None:
    assert KINDS[kind](1999) == KINDS[kind]("1999") == KINDS[kind]("01999") == 1999


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.from_regex(r"-?[0-9]{1,40}"))
def test_every_kind_is_in_its_range_whatever_comes(value: object) -> None:
    assert all(0 <= kind(value) <= LARGEST < 2**63 for kind in KINDS.values())
    assert 0 <= numbers.seconds(value) <= 1e9
    assert numbers.year(value) <= 9999


@given(st.integers(0, 1_000_000), st.integers(1, 5000))
def test_a_listing_may_double_while_it_is_read_and_no_more(listed: int, size: int) -> None:
    assert 2 * listed <= most_pages(listed, size) * size <= 2 * listed + 12 * size


def test_a_listing_beyond_all_libraries_is_refused() -> None:
    with pytest.raises(Endless):
        most_pages(1_000_001, 1000)
