"""Every failure of the stack below has a row, decided by type and status."""

from __future__ import annotations

import inspect

import pytest
import requests.exceptions
from stashapi.classes import GQLException

from stash.exceptions import (
    StashLoginNeeded,
    StashUnavailable,
    error_for_status,
    translate_stash_exception,
)
from validation.errors import InvalidScene

REQUESTS_ERRORS = [
    kind
    for _, kind in inspect.getmembers(requests.exceptions, inspect.isclass)
    if issubclass(kind, requests.exceptions.RequestException)
]


@pytest.mark.parametrize("kind", [*REQUESTS_ERRORS, GQLException])
def test_every_transport_failure_is_temporary_and_named(kind: type[Exception]) -> None:
    error = translate_stash_exception(kind.__new__(kind))

    assert type(error) is StashUnavailable
    assert kind.__name__ in str(error)
    assert "Unexpected" not in str(error)


def test_an_error_without_a_row_is_temporary_too() -> None:
    assert type(translate_stash_exception(EOFError("x"))) is StashUnavailable


def test_an_error_of_ours_is_not_translated() -> None:
    error = InvalidScene("x")

    assert translate_stash_exception(error) is error


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (requests.exceptions.SSLError, "certificate"),
        (requests.exceptions.ConnectTimeout, "in time"),
        (requests.exceptions.ReadTimeout, "too long"),
        (requests.exceptions.ConnectionError, "not reachable"),
        (UnicodeEncodeError, "characters"),
    ],
)
def test_the_most_specific_row_speaks(kind: type[Exception], words: str) -> None:
    assert words in str(translate_stash_exception(kind.__new__(kind)))


def test_only_a_refused_login_and_a_redirect_ask_for_a_login() -> None:
    asking = {n for n in range(300, 600) if isinstance(error_for_status(n), StashLoginNeeded)}

    assert asking == {*range(300, 400), 401, 403}
