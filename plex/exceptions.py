"""Plex's errors: one table from exception type and HTTP status to our errors.

Nothing here reads a message. plexapi turns every status but 401 and 404 into the same BadRequest,
so the transport raises by status before plexapi sees the answer. The rows for plexapi's own
exceptions are for errors that get past it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError

from requests import exceptions as rq

from plex.isolation import exceptions as pa
from validation.documents import Refused
from validation.errors import PermanentError, PlexSyncError, SetupError, TransientError
from validation.numbers import Endless, longest_listing, most_pages
from validation.reasons import Reason
from validation.transport import AnswerTooLong, kind_of


class PlexTemporaryError(TransientError):
    """Plex is away, busy or answered nonsense. Try again later. ``status`` as below."""

    status: int = 0


class PlexNotFound(TransientError):
    """Plex is well and has no such item (now)."""

    is_away = False


class PlexSetupError(SetupError):
    """Address, token or certificate settings have to be changed by the user."""


class WrongToken(PlexSetupError):
    """Plex answers, and does not accept the token."""


class AnotherPlex(PlexTemporaryError):
    """Another server answers at the address: it gets no token."""


class NoLibrary(PlexSetupError):
    """Plex lacks the libraries that are to be synced: the user may add or rename one."""


class PlexPermanentError(PermanentError):
    """Plex understood the request and refuses it. ``status`` is the HTTP status (0 = none)."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class UnreadableItem(PlexPermanentError):
    """Plex's answer holds an item without a usable number or kind. In a request for several items,
    the missing one is unknown.
    """


class UnusableImage(PermanentError):
    """Plex cannot take the image, and Pillow cannot read it."""

    reason = Reason.IMAGE_UNUSABLE


class ImageTooBig(UnusableImage):
    """The image is more than Plex takes, and could not be made smaller."""

    reason = Reason.IMAGE_TOO_BIG


_Kind = (
    type[PlexTemporaryError] | type[PlexNotFound] | type[PlexSetupError] | type[PlexPermanentError]
)

_AWAY = "Plex is not reachable"
_SLOW = "Plex took too long to answer"
_GARBAGE = "Plex's answer is not what Plex answers"
_TOO_MUCH = "Plex's answer is too long or too large to be one"
_ADDRESS = "plex_url is not an address such as http://host:32400"
_CHARACTERS = "plex_url or plex_token holds characters that HTTP cannot carry"
_LOGIN = "The token is wrong: Plex does not accept plex_token"
_SIGNED_OUT = "Plex does not accept the sign-in any more; sign in with Plex again"
_WEEK_OVER = "The sign-in was valid for seven days, which are over; sign in with Plex again"
_NO_ITEM = "Plex has no such item"
_FAILED = "The request to Plex failed"

# Looked up along the exception's inheritance, nearest class first, so the most specific row wins:
# SSLError and ConnectTimeout before the ConnectionError that both are, Unauthorized before
# BadRequest. A BadRequest without a status may be any of 400 to 599: temporary, so that a restart
# of Plex buries nothing.
_BY_TYPE: dict[type[BaseException], tuple[_Kind, str]] = {
    rq.RequestException: (PlexTemporaryError, _FAILED),
    rq.ConnectionError: (PlexTemporaryError, _AWAY),
    rq.ProxyError: (PlexTemporaryError, _AWAY),
    rq.SSLError: (
        PlexTemporaryError,
        "Plex's certificate is not trusted; use its plex.direct address, name its authority's"
        " certificate in PLEXSYNC_CA_BUNDLE, or switch on insecure_tls",
    ),
    rq.Timeout: (PlexTemporaryError, _SLOW),
    rq.ConnectTimeout: (PlexTemporaryError, "Plex did not accept a connection in time"),
    rq.ReadTimeout: (PlexTemporaryError, _SLOW),
    rq.ChunkedEncodingError: (PlexTemporaryError, "Plex broke off its answer"),
    rq.ContentDecodingError: (PlexTemporaryError, _GARBAGE),
    rq.InvalidJSONError: (PlexTemporaryError, _GARBAGE),
    rq.RetryError: (PlexTemporaryError, _AWAY),
    rq.TooManyRedirects: (PlexSetupError, "plex_url redirects in circles"),
    rq.InvalidURL: (PlexSetupError, _ADDRESS),
    rq.InvalidSchema: (PlexSetupError, _ADDRESS),
    rq.MissingSchema: (PlexSetupError, _ADDRESS),
    rq.URLRequired: (PlexSetupError, _ADDRESS),
    rq.InvalidHeader: (PlexSetupError, _CHARACTERS),
    OSError: (PlexTemporaryError, _AWAY),
    UnicodeError: (PlexSetupError, _CHARACTERS),
    AnswerTooLong: (PlexTemporaryError, _TOO_MUCH),
    Refused: (PlexTemporaryError, _TOO_MUCH),
    ValueError: (PlexTemporaryError, _GARBAGE),  # plexapi met a number that is none
    ParseError: (PlexTemporaryError, _GARBAGE),
    LookupError: (PlexTemporaryError, _GARBAGE),  # XML that declares an unknown encoding
    pa.PlexApiException: (PlexTemporaryError, _FAILED),
    pa.BadRequest: (PlexTemporaryError, _FAILED),
    pa.NotFound: (PlexNotFound, _NO_ITEM),
    pa.Unauthorized: (WrongToken, _LOGIN),
    pa.TwoFactorRequired: (WrongToken, _LOGIN),
    pa.UnknownType: (PlexTemporaryError, _GARBAGE),
    pa.Unsupported: (PlexTemporaryError, _GARBAGE),
    TypeError: (PlexTemporaryError, _GARBAGE),  # plexapi's answer to statuses it does not know
}

# The parser's errors for bytes that are no XML, or XML in an encoding that it cannot read.
NOT_XML = (ParseError, LookupError, ValueError)

_STATUS_OK = frozenset({200, 201, 204})

# Every status that is an error; later rows replace earlier ones.
_BY_STATUS: dict[int, tuple[_Kind, str]] = {
    # Following a redirect would carry the token to another place, or make a read of a write.
    **dict.fromkeys(
        range(300, 400),
        (PlexSetupError, "plex_url redirects; set it to the address of Plex itself"),
    ),
    # Unless a row below differs, trying again may help. This covers 408, 425, 429, 498 (an expired
    # token that Plex renews itself), all of 5xx, and statuses never seen from a Plex.
    **dict.fromkeys(range(400, 600), (PlexTemporaryError, "Plex cannot answer now")),
    401: (WrongToken, _LOGIN),
    403: (WrongToken, _LOGIN),
    404: (PlexNotFound, _NO_ITEM),
    # The request itself is wrong, in conflict or too long: sending it again changes nothing.
    **dict.fromkeys((400, 409, 413, 414, 431), (PlexPermanentError, "Plex refuses this request")),
}


def translate_plex_exception(error: BaseException, status: int | None = None) -> PlexSyncError:
    """Return the error of our tree for *error*, or for the HTTP *status* where it is known.

    One of our own errors is returned as it is. A type that the table does not name is temporary,
    and counted by the caller, so that the unknown neither loses a scene nor loops for ever.
    """
    if isinstance(error, PlexSyncError):
        return error
    if status is not None:
        return error_for_status(status)
    for kind in type(error).__mro__:
        if kind in _BY_TYPE:
            ours, sentence = _BY_TYPE[kind]
            return ours(f"{sentence} ({kind_of(error)}).")
    return PlexTemporaryError(f"Unexpected error with Plex ({kind_of(error)}).")


@contextmanager
def no_scenes_fault(*, applies: bool = True) -> Iterator[None]:
    """Where a request carries nothing of one scene, its refusal is no reason to give one up."""
    try:
        yield
    except PlexPermanentError as refusal:
        if not applies or isinstance(refusal, UnreadableItem):
            raise
        raise PlexTemporaryError(str(refusal)) from None


def endless() -> PlexTemporaryError:
    """Return the error for a listing that brings more and more."""
    return PlexTemporaryError("Plex's listing does not come to an end.")


def check_time(seconds: float, pages: int) -> None:
    """Raise PlexTemporaryError if a listing of at most *pages* has taken too many *seconds*."""
    if seconds > longest_listing(pages):
        raise PlexTemporaryError("Plex takes too long to list a library.")


def pages_of(total: int, size: int) -> int:
    """Return how many pages of *size* a listing of *total* may have. Raises PlexTemporaryError."""
    try:
        return most_pages(total, size)
    except Endless:
        raise endless() from None


def is_ok(status: int) -> bool:
    """Whether an answer with *status* is one that plexapi and we read."""
    return status in _STATUS_OK


def error_for_status(
    status: int, *, retry_after: float | None = None, said: str = ""
) -> PlexSyncError:
    """Return the error for an answer with *status*, any number that is not ``is_ok``.

    *retry_after* is the server's wish in seconds, *said* its own words, for users only.
    """
    ours, sentence = _BY_STATUS.get(status, (PlexTemporaryError, _GARBAGE))
    message = f"{sentence} (HTTP {status}{f': {said}' if said else ''})."
    error = ours(message)
    if isinstance(error, PlexPermanentError | PlexTemporaryError):
        error.status = status
    if isinstance(error, PlexTemporaryError):
        error.retry_after = retry_after
    return error


def error_for_sign_in(status: int, token: str) -> WrongToken | None:
    """Return the error for a refused token that came from a sign-in; ``None`` for other statuses.

    A JSON web token lives for seven days, and a retry does not renew it.
    """
    if token.startswith("eyJ") and status in (401, 422, 498):
        return WrongToken(f"{_WEEK_OVER} (HTTP {status}).")
    return WrongToken(f"{_SIGNED_OUT} (HTTP {status}).") if status == 401 else None
