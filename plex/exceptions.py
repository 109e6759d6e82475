"""What can go wrong with Plex: one table from exception type and HTTP status to our errors.

Nothing here reads a message. plexapi turns every status but 401 and 404 into the same BadRequest,
so the transport raises by status before plexapi sees the answer; the rows for plexapi's own
exceptions are for what gets past it.
"""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

from requests import exceptions as rq
from urllib3 import exceptions as u3

from plex.isolation import exceptions as pa
from validation.errors import PermanentError, PlexSyncError, SetupError, TransientError
from validation.reasons import Reason


class PlexTemporaryError(TransientError):
    """Plex is away, busy or answered nonsense. Try again later."""


class PlexNotFound(TransientError):
    """Plex is well and has no such item (now)."""


class PlexSetupError(SetupError):
    """Address, token or certificate settings have to be changed by a person."""


class PlexPermanentError(PermanentError):
    """Plex understood the request and refuses it. ``status`` is the HTTP status."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class UnusableImage(PermanentError):
    """These bytes cannot be a poster."""

    reason = Reason.REFUSED_BY_PLEX


class ImageTooBig(UnusableImage):
    """The image is more than Plex takes, and could not be made smaller."""

    reason = Reason.IMAGE_TOO_BIG


_Kind = type[PlexTemporaryError] | type[PlexNotFound] | type[PlexSetupError]

_AWAY = "Plex is not reachable"
_SLOW = "Plex took too long to answer"
_GARBAGE = "Plex's answer is not what Plex answers"
_ADDRESS = "plex_url is not an address such as http://host:32400"
_CHARACTERS = "plex_url or plex_token holds characters that HTTP cannot carry"
_UNEXPECTED = "unexpected trouble with Plex"

# Looked up along the exception's inheritance, nearest class first, so the most specific row wins:
# SSLError and ConnectTimeout before the ConnectionError that both are, Unauthorized before
# BadRequest. A BadRequest without a status may be any of 400 to 599: temporary, so that a restart
# of Plex buries nothing.
_BY_TYPE: dict[type[BaseException], tuple[_Kind, str]] = {
    rq.RequestException: (PlexTemporaryError, _UNEXPECTED),
    rq.ConnectionError: (PlexTemporaryError, _AWAY),
    rq.ProxyError: (PlexTemporaryError, _AWAY),
    rq.SSLError: (
        PlexTemporaryError,
        "Plex's certificate is not trusted; use its plex.direct address, or switch on insecure_tls",
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
    u3.HTTPError: (PlexTemporaryError, _AWAY),
    u3.LocationValueError: (PlexSetupError, _ADDRESS),
    OSError: (PlexTemporaryError, _AWAY),
    UnicodeError: (PlexSetupError, _CHARACTERS),
    ValueError: (PlexTemporaryError, _GARBAGE),  # plexapi met a number that is none
    ParseError: (PlexTemporaryError, _GARBAGE),
    pa.PlexApiException: (PlexTemporaryError, _UNEXPECTED),
    pa.BadRequest: (PlexTemporaryError, _UNEXPECTED),
    pa.NotFound: (PlexNotFound, "Plex has no such item"),
    pa.Unauthorized: (PlexSetupError, "Plex does not accept plex_token"),
    pa.TwoFactorRequired: (PlexSetupError, "Plex does not accept plex_token"),
    pa.UnknownType: (PlexTemporaryError, _GARBAGE),
    pa.Unsupported: (PlexTemporaryError, _GARBAGE),
    TypeError: (PlexTemporaryError, _GARBAGE),  # plexapi's answer to statuses it does not know
}

_STATUS_OK = frozenset({200, 201, 204})
_TOKEN_REFUSED = frozenset({401, 403})
_NOT_FOUND = 404
# The request itself is wrong or too long for Plex: sending it again changes nothing.
_REFUSED = frozenset({400, 409, 413, 414, 431})
# A proxy in front of Plex that wants a login of its own.
_PROXY_LOGIN = frozenset({407, 511})


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
            return ours(f"{sentence} ({_name(error)}).")
    return PlexTemporaryError(f"{_UNEXPECTED} ({_name(error)}).")


def is_ok(status: int) -> bool:
    """Whether an answer with *status* is one that plexapi and we read."""
    return status in _STATUS_OK


def error_for_status(
    status: int, *, retry_after: float | None = None, said: str = ""
) -> PlexSyncError:
    """Return the error for an answer with *status*, any number that is not ``is_ok``.

    *retry_after* is the server's wish in seconds, *said* its own words, for people only.

    - 3xx and a proxy's own login: setup. Following a redirect would carry the token to another
      place, or turn a write into a read that succeeds.
    - 401, 403: setup. 404: not found (the client asks /identity before it believes that).
    - 400, 409, 413, 414, 431: permanent.
    - everything else, 5xx, 408, 425, 429, 498 and the rest: temporary.
    """
    words = f": {said}" if said else ""
    if 300 <= status < 400 or status in _PROXY_LOGIN:
        return PlexSetupError(
            f"Something in front of Plex answers instead of Plex (HTTP {status}){words}. "
            "Set plex_url to the address of Plex itself."
        )
    if status in _TOKEN_REFUSED:
        return PlexSetupError(f"Plex does not accept plex_token (HTTP {status}).")
    if status == _NOT_FOUND:
        return PlexNotFound("Plex has no such item (HTTP 404).")
    if status in _REFUSED:
        return PlexPermanentError(
            f"Plex refuses the request (HTTP {status}){words}.", status=status
        )
    return PlexTemporaryError(
        f"Plex cannot answer now (HTTP {status}){words}.", retry_after=retry_after
    )


def _name(error: BaseException) -> str:
    """The type's name; of requests' errors that of the reason inside, which says more."""
    inner = error.args[0] if error.args else None
    if isinstance(inner, u3.MaxRetryError) and inner.reason is not None:
        return type(inner.reason).__name__
    return type(error).__name__
