"""plex.tv: signing in with a PIN, and the account that was signed in. Standard library only.

Not plexapi's ``MyPlexPinLogin`` and ``MyPlexAccount``: they keep a PIN in one living process, where
a page asks with a new one every two seconds; they follow redirects with the token; the account is
read in whole, with its services and settings, before its servers can be listed.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import quote, urlencode, urlsplit

from plex.device_identity import PRODUCT, headers
from validation import numbers
from validation.addresses import is_loopback
from validation.documents import read_json
from validation.errors import SetupError, TransientError
from validation.texts import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "PLEXSYNC_PLEXTV_URL"
PLEX_TV, CLIENTS = "https://plex.tv", "https://clients.plex.tv"
PAGE = "https://app.plex.tv/auth#?"

# Seconds for each step of a request, and for all of it.
STEP_SECONDS, REQUEST_SECONDS = 5.0, 10.0
_MOST_BYTES = 4 * 1024 * 1024
_LONGEST_WAIT = 300
# The lifetime of a PIN that does not say it, and the longest that is believed.
_PIN_SECONDS, _LONGEST_PIN = 900, 3600
_LONGEST_NAME, _LONGEST_SECRET = 100, 4096
_JWT = "eyJ"  # the first letters of every JSON web token
_JWT_REFUSED = frozenset({422, 498})

UNREACHABLE = "plex.tv does not answer ({why}). Check that this machine reaches the internet."
EXPIRED = "The code has expired, or belongs to another sign-in. Sign in again."
REFUSED = "plex.tv does not accept the sign-in any more. Sign in again."
WEEK_OVER = "This sign-in was valid for seven days, which are over. Sign in again."


class PlexTvUnreachable(TransientError):
    """plex.tv does not answer, or answers nonsense. It says nothing about PIN and token."""


class PinExpired(SetupError):
    """The PIN has expired, is unknown, or another device's: only a new one helps."""


class SignInAgain(SetupError):
    """The account's token is worth nothing any more."""


class NewPin:
    """A PIN as plex.tv made it. ``number`` redeems the token: it is shown nowhere."""

    __slots__ = ("code", "number", "seconds")

    def __init__(self, number: int, code: str, seconds: int) -> None:
        self.number = number
        self.code = code
        self.seconds = seconds


class PlexTv:
    """Requests to plex.tv, each bounded in time and size. ``identifier`` is our device's.

    ``environ`` may name another address in place of plex.tv, of this machine only. Every method
    raises ``PlexTvUnreachable``; those with a token ``SignInAgain`` too.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        identifier: str,
        *,
        step_seconds: float = STEP_SECONDS,
        seconds: float = REQUEST_SECONDS,
    ) -> None:
        other = stand_in(environ)
        self._plex_tv, self._clients = other or PLEX_TV, other or CLIENTS
        self._headers = {**headers(identifier), "Accept": "application/json"}
        self._identifier = identifier
        self._step_seconds = step_seconds
        self._seconds = seconds

    def create_pin(self) -> NewPin:
        """A new PIN for the user to allow."""
        status, doc = self._ask("POST", f"{self._plex_tv}/api/v2/pins?strong=true")
        pin = doc if isinstance(doc, dict) else {}
        number, code = numbers.key(pin.get("id")), pin.get("code")
        if status not in (200, 201) or not number or not _is_word(code):
            raise unreachable(f"HTTP {status}, and no code")
        seconds = numbers.whole(pin.get("expiresIn"), 1, _LONGEST_PIN) or _PIN_SECONDS
        return NewPin(number, str(code), seconds)

    def page(self, code: str) -> str:
        """The address at which the user allows a PIN. Everything stands behind its ``#``."""
        asked = {
            "clientID": self._identifier,
            "code": code,
            "context[device][product]": PRODUCT,
        }
        return PAGE + urlencode(asked, quote_via=quote, safe="")

    def claimed(self, number: int) -> str:
        """The account's token, "" as long as the user has not allowed the PIN. Raises
        ``PinExpired``."""
        status, doc = self._ask("GET", f"{self._plex_tv}/api/v2/pins/{number}")
        if status == 404:
            raise PinExpired(EXPIRED)
        if status != 200 or not isinstance(doc, dict):
            raise unreachable(f"HTTP {status}")
        token = doc.get("authToken")
        return str(token) if _is_word(token) else ""

    def account(self, token: str) -> str:
        """The name of the account that a token belongs to."""
        doc = self._with_token(f"{self._plex_tv}/api/v2/user", token)
        user = doc if isinstance(doc, dict) else {}
        names = (user.get(key) for key in ("friendlyName", "title", "username"))
        found = next((name for name in names if isinstance(name, str) and name), "")
        return one_line(found, _LONGEST_NAME)

    def resources(self, token: str) -> object:
        """The account's devices as plex.tv lists them; see ``plex.resources``."""
        query = "includeHttps=1&includeRelay=1&includeIPv6=1"
        return self._with_token(f"{self._clients}/api/v2/resources?{query}", token)

    def _with_token(self, url: str, token: str) -> object:
        status, doc = self._ask("GET", url, token)
        if token.startswith(_JWT) and status in {401, *_JWT_REFUSED}:
            raise SignInAgain(WEEK_OVER)
        if status == 401:
            raise SignInAgain(REFUSED)
        if status != 200:
            raise unreachable(f"HTTP {status}")
        return doc

    def _ask(self, method: str, url: str, token: str = "") -> tuple[int, object]:
        """The status and document of one answer. A redirect is not followed, and is an error like
        every status of 429 or from 500 on."""
        sent = {**self._headers, **({"X-Plex-Token": token} if token else {})}
        try:
            status, wait, content = self._exchange(method, url, sent)
        except ssl.SSLError as error:  # its text holds no more than the reason
            raise unreachable(f"no trusted certificate: {type(error).__name__}") from None
        except (OSError, HTTPException, ValueError) as error:
            # "from None": the message of a bad header holds the token.
            raise unreachable(type(error).__name__) from None
        if status == 429 or status >= 500 or 300 <= status < 400:
            raise unreachable(f"HTTP {status}", numbers.whole(wait.strip(), 0, _LONGEST_WAIT))
        try:
            return status, read_json(content)
        except ValueError:
            if status == 200:
                raise unreachable("its answer is not JSON") from None
            return status, None

    def _exchange(self, method: str, url: str, sent: Mapping[str, str]) -> tuple[int, str, bytes]:
        """Status, Retry-After and body, all within the time that a request may take."""
        parts = urlsplit(url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = make(parts.hostname or "", parts.port, timeout=self._step_seconds)
        end: Timer | None = None
        try:
            connection.connect()
            end = Timer(self._seconds, _cut, (connection.sock,))
            end.daemon = True
            end.start()
            connection.request(method, f"{parts.path}?{parts.query}", headers=dict(sent))
            answer = connection.getresponse()
            content = answer.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise ValueError("too long")
            return answer.status, answer.headers.get("Retry-After", ""), content
        finally:
            if end is not None:
                end.cancel()
            connection.close()


def stand_in(environ: Mapping[str, str]) -> str:
    """The address in place of plex.tv, "" for plex.tv itself. Raises ``SetupError`` for one that
    is not this machine's own: it would be sent the account's token."""
    url = environ.get(VARIABLE, "").rstrip("/")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and is_loopback(parts.hostname or "")
    except ValueError:
        usable = False
    if not usable:
        raise SetupError(f"{VARIABLE} must be an http address of this machine itself.")
    return url


def unreachable(why: str, wait: int | None = None) -> PlexTvUnreachable:
    """The error for an answer that says nothing about PIN and token."""
    return PlexTvUnreachable(UNREACHABLE.format(why=why), retry_after=wait)


def _cut(wire: socket.socket) -> None:
    """End a request that takes too long, wherever it stands."""
    with suppress(OSError):
        # Not SSLSocket's: it takes the encryption away under the reading thread.
        socket.socket.shutdown(wire, socket.SHUT_RDWR)


def _is_word(value: object) -> bool:
    """Whether a value is text that a header can carry."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST_SECRET
        and value.isascii()
        and value.isprintable()
        and " " not in value
    )
