"""One HTTP request and its whole answer: bounded in time and size, never redirected.

The part that both servers have in common. A package for each server interprets its answers and
errors.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Mapping
from functools import partial
from http.client import HTTPConnection as Connection
from http.client import HTTPResponse
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

from validation.addresses import is_private
from validation.errors import SetupError

SLOW_FACTOR = 4  # an answer may take so many read timeouts altogether, from its first byte on
# Nothing that is asked for comes near it; a header or a chunk without end does.
_MOST_ON_WIRE = 56 * 1024 * 1024
_CHUNK = 8 * 1024  # bytes; small, so that little is unpacked before the size is looked at
_CODINGS = frozenset({"", "identity", "gzip", "deflate"})


class AnswerTooLong(ValueError):
    """An answer longer than any that is asked for."""


class PublicAddress(SetupError):
    """A token must not go to an address outside of this machine and its own network."""


def refuse_public(wire: socket.socket) -> None:
    """Raise ``PublicAddress`` unless the other end of *wire* is a loopback or private address."""
    host = str(wire.getpeername()[0])
    if not is_private(host):
        raise PublicAddress(
            "A token goes to a public address only over https, and only if plex.tv lists the"
            f" address; {host} is public."
        )


class TimedStream(io.RawIOBase):
    """The bytes of one answer as they come from *wire*, until a moment that they cannot move.

    Each read waits for the socket's timeout at most, and all of them together, status line,
    headers and body, for SLOW_FACTOR times of it.
    """

    def __init__(self, raw: io.RawIOBase, wire: socket.socket) -> None:
        self._raw = raw
        self._wire = wire
        self._pause = wire.gettimeout() or 0.0
        self._until = monotonic() + SLOW_FACTOR * self._pause
        self._room = float(_MOST_ON_WIRE)

    def allow(self, seconds: float) -> None:
        """Wait this long for the next bytes, and take any size: for an answer that has no end."""
        self._pause = seconds
        self._until = monotonic() + seconds
        self._room = float("inf")
        self._wire.settimeout(seconds)

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._raw.fileno()

    def readinto(self, buffer: Any) -> int | None:
        """Read what has come. Raises ``TimeoutError`` at the end of the time."""
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("the answer as a whole is too slow")
        if left < self._pause:
            self._wire.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        self._room -= count or 0
        if self._room < 0:
            raise AnswerTooLong
        return count

    def close(self) -> None:
        """Let the socket go, which may be used again."""
        if not self.closed:
            self._raw.close()
            if self._wire.fileno() >= 0:
                self._wire.settimeout(self._pause)
        super().close()


class TimedResponse(HTTPResponse):
    """The standard library's response, read through a ``TimedStream``."""

    def __init__(self, sock: socket.socket, *args: Any, **how: Any) -> None:
        super().__init__(sock, *args, **how)
        self.stream = TimedStream(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self.stream)


class Connects:
    """Meets each new connection before it carries a request. ``count`` is how many there were;
    urllib3 does not count one that it makes again. ``check`` may raise.
    """

    def __init__(self, check: Callable[[Connection], None] | None = None) -> None:
        self.count = 0
        self._check = check

    def meet(self, connection: Connection) -> None:
        """Count a connection, and close it if it fails the check."""
        self.count += 1
        try:
            if self._check is not None:
                self._check(connection)
        except BaseException:
            connection.close()
            raise


class _Http(HTTPConnection):
    response_class = TimedResponse

    def __init__(self, *args: Any, connects: Connects, **how: Any) -> None:
        super().__init__(*args, **how)
        self._connects = connects

    def connect(self) -> None:
        super().connect()
        self._connects.meet(self)


class _Https(_Http, HTTPSConnection):
    """The same, encrypted."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class BoundedAdapter(HTTPAdapter):
    """Sends one request and returns a complete answer that ``judge`` accepts, or raises.

    Timeouts are seconds. A subclass interprets errors and answers, and may bound an answer by its
    request. ``check`` is given each new connection before it carries a request, and may raise.
    ``connects`` counts them.
    """

    def __init__(
        self,
        connect_timeout: float,
        read_timeout: float,
        *,
        check: Callable[[Connection], None] | None = None,
    ) -> None:
        self.connects = Connects(check)
        super().__init__()
        self._timeout = (connect_timeout, read_timeout)

    def init_poolmanager(self, *args: Any, **how: Any) -> None:
        """Make the pool, of our own connections."""
        super().init_poolmanager(*args, **how)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_HttpPool, connects=self.connects),
            "https": partial(_HttpsPool, connects=self.connects),
        }

    def translate(self, error: Exception) -> Exception:
        """The error of ours for one of the libraries'."""
        raise NotImplementedError

    def judge(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Raise unless the whole *response* is what was asked for."""
        raise NotImplementedError

    def most_bytes(self, request: requests.PreparedRequest) -> int:
        """How long the answer to *request* may be."""
        raise NotImplementedError

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the whole body is always read here
        timeout: object = None,  # noqa: ARG002 - ours is set
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - never to a server in the house
    ) -> requests.Response:
        """Send *request*; see the class."""
        try:
            response = super().send(
                request, stream=True, timeout=self._timeout, verify=verify, cert=cert
            )
            response._content = _body_of(response, self.most_bytes(request))
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # "from None": these messages hold whole edits, and for a bad header the token.
            raise self.translate(error) from None
        self.judge(request, response)
        return response


def _body_of(response: requests.Response, most: int) -> bytes:
    """The body, read now, while its errors can be distinguished."""
    body = bytearray()
    try:
        # Packed twice, a kilobyte is a gigabyte.
        if response.headers.get("Content-Encoding", "").strip().lower() not in _CODINGS:
            raise AnswerTooLong
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > most:
                raise AnswerTooLong
    except (requests.RequestException, ValueError) as error:
        response.close()
        if error.args and isinstance(error.args[0], ReadTimeoutError):
            raise requests.ReadTimeout(error.args[0]) from None  # requests makes it "no connection"
        raise
    return bytes(body)
