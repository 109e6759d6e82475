"""What counts as a double write."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from simulators.plex.requests import Request
from tests.chaos.report import double_writes

CAST = "type=1&id=7&actor%5B0%5D.tag.tag=Ada&actor%5B1%5D.tag.tag=Bob&actor.locked=1"
REMOVAL = CAST + "&actor%5B%5D.tag.tag-=Zoe"
TITLE = "type=1&id=7&title.value=New&title.locked=1"


def write(query: str, at: float, *, fault: str = "") -> Request:
    return Request("PUT", "/library/sections/1/all", query, 200, at, fault=fault)


@pytest.mark.parametrize(
    ("query", "kills", "double"),
    [
        (TITLE, (), 1),
        (TITLE, (100.5,), 1),  # the next worker could have read it
        (CAST, (), 1),
        (CAST, (100.5,), 0),
        (CAST, (99.9,), 1),
        (CAST, (101.5,), 1),
        (REMOVAL, (100.5,), 1),
    ],
)
def test_the_same_edit_again_is_a_double_write_where_the_first_could_be_known(
    query: str, kills: Sequence[float], double: int
) -> None:
    read = Request("GET", "/library/metadata/7", "", 200, 103.0)
    assert len(double_writes([write(query, 100.0), read, write(query, 104.0)], kills)) == double


def test_an_edit_that_was_not_answered_or_is_not_the_last_may_be_sent_again() -> None:
    assert not double_writes([write(TITLE, 1.0, fault="close_after"), write(TITLE, 2.0)], ())
    assert not double_writes([write(TITLE, 1.0), write(CAST, 2.0), write(TITLE, 3.0)], ())
