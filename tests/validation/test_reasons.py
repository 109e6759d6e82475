"""The table of reasons: every code has a row, and the rows agree with each other."""

from __future__ import annotations

import pytest

from validation.reasons import NEEDS_USER, RETRIED, TABLE, Exit, Reason
from validation.words import count


def test_every_reason_has_a_row_in_the_order_of_the_codes() -> None:
    assert list(TABLE) == list(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_a_row_is_made_of_whole_sentences(reason: Reason) -> None:
    for sentence in (reason.about.meaning, reason.about.todo):
        assert sentence[0].isupper()
        assert sentence.endswith(".")


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_that_waits_is_no_decision_of_the_user(reason: Reason) -> None:
    about = reason.about
    assert not (about.waits and about.needs_user)
    assert about.waits == (about.exit in (Exit.AWAY, Exit.USAGE))


def test_retry_failed_takes_only_scenes_that_need_the_user() -> None:
    assert RETRIED < NEEDS_USER
    assert {Reason.PLEX_KEPT_OTHER_VALUE} == NEEDS_USER - RETRIED


def test_every_bad_cover_needs_the_user() -> None:
    assert {Reason.IMAGE_TOO_BIG, Reason.IMAGE_UNUSABLE} <= NEEDS_USER & RETRIED


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 edits wait"), (1, "1 edit waits"), (2, "2 edits wait")]
)
def test_a_number_has_the_right_plural(number: int, words: str) -> None:
    assert count(number, "edit waits", "edits wait") == words
