"""Stash's errors, classified by type and status, never by message. All of it is temporary, but for
a Stash that is too old.

Stash is the source of everything, so nothing it does wrong may ever end a job: jobs wait, and the
next hook brings a fresh session. Only a scene missing from an answer without errors is gone.
"""

from __future__ import annotations

import re
from json import JSONDecodeError

from requests import exceptions as rq
from stashapi.classes import GQLException

from validation.errors import PlexSyncError, SetupError, TransientError
from validation.transport import AnswerTooLong, kind_of


class StashUnavailable(TransientError):
    """Stash did not give a usable answer. Try again later."""


class StashLoginNeeded(StashUnavailable):
    """Stash wants a login that we do not have (any more): session expired or API key revoked."""


class StashQueryFailed(StashUnavailable):
    """Stash answers, but this query with ``errors``, or with more than can be read: another query
    may succeed.
    """


class StashQueryUnknown(StashUnavailable):
    """Stash does not know a field of this query: it may be too old."""


class StashTooOld(SetupError):
    """Stash lacks what PlexSync asks for."""


# The oldest Stash that answers all our queries.
OLDEST = (0, 27)
_NUMBERS = re.compile(r"v?(\d{1,4})\.(\d{1,4})(\.\d{1,4})?")


def check_version(version: str) -> None:
    """Raise ``StashTooOld`` for the version of a Stash that is too old, as Stash words it."""
    found = _NUMBERS.match(version)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        named = found[0].removeprefix("v")
        raise StashTooOld(f"PlexSync needs Stash 0.27 or newer; this is {named}.")


# The errors that stashapi raises for an answer that lacks an expected key.
HOLES = (AttributeError, LookupError, TypeError)

# The most specific class of an exception that is listed here decides. SSLError and the timeouts
# are ConnectionErrors too, so the order of inheritance matters and not the order of this table.
_SENTENCES: dict[type[BaseException], str] = {
    rq.ConnectTimeout: "Stash did not accept a connection in time",
    rq.ReadTimeout: "Stash took too long to answer",
    rq.Timeout: "Stash took too long to answer",
    rq.SSLError: "Stash's certificate is not trusted; use the address it was issued for",
    rq.ConnectionError: "Stash is not reachable",
    rq.ChunkedEncodingError: "Stash broke off its answer",
    rq.ContentDecodingError: "Stash's answer is damaged",
    rq.RequestException: "the request to Stash failed",
    JSONDecodeError: "Stash's answer is not JSON",
    GQLException: "Stash reported an error",
    **dict.fromkeys(HOLES, "Stash answered something that PlexSync does not understand"),
    ValueError: "the address of Stash or its login has characters that HTTP cannot carry",
    OSError: "Stash is not reachable",
}

_LOGIN_STATUSES = frozenset({401, 403})
_UNKNOWN_FIELD = 422


def translate_stash_exception(error: BaseException) -> PlexSyncError:
    """Return the error of our tree for *error*; one of our own is returned as it is.

    An exception that no table names is temporary as well: unknown is not a reason to lose a scene.
    """
    if isinstance(error, PlexSyncError):
        return error
    if isinstance(error, AnswerTooLong):
        return StashQueryFailed("Stash's answer to one query is too long to be read.")
    for kind in type(error).__mro__:
        if kind in _SENTENCES:
            return StashUnavailable(f"{_SENTENCES[kind]} ({kind_of(error)}).")
    return StashUnavailable(f"Unexpected error with Stash ({type(error).__name__}).")


def error_for_status(status: int) -> StashUnavailable:
    """Return the error for an answer with *status*, which is not 200.

    Stash redirects for one reason only: a client that is not logged in goes to its login page.
    """
    if status in _LOGIN_STATUSES or 300 <= status < 400:
        return StashLoginNeeded(f"Stash asks for a login (HTTP {status}).")
    if status == _UNKNOWN_FIELD:
        return StashQueryUnknown(f"Stash does not understand a query (HTTP {status}).")
    return StashUnavailable(f"Stash answered with HTTP {status}.")
