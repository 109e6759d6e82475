"""One HTTP request and its whole answer: bounded in time and size, never redirected.

The part that both servers have in common. A package for each server interprets its answers and
errors. stashapi and plexapi ask through a session of requests; below it is ``http.client`` alone,
because half of a scene's processor time went into the layers between.
"""

from __future__ import annotations

import copy
import io
import re
import selectors
import socket
import ssl
import weakref
import zlib
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from validation.addresses import is_private
from validation.errors import SetupError

SLOW_FACTOR = 4  # an answer may take so many read timeouts altogether, from its first byte on
# Nothing that is asked for comes near it; a header or a chunk without end does.
_MOST_ON_WIRE = 56 * 1024 * 1024
_CHUNK = 64 * 1024  # bytes
_PLAIN = frozenset({"", "identity"})
_PACKED = frozenset({"gzip", "deflate"})
_EITHER = zlib.MAX_WBITS | 32  # zlib finds out which of the two it is
# A server, and a target that needs no more encoding.
_ADDRESS = re.compile(r"(https?://[^/?#]+)(/[!-\"$-~]*)")


class AnswerTooLong(ValueError):
    """An answer longer than any that is asked for."""


class PublicAddress(SetupError):
    """A token must not go to an address outside of this machine and its own network."""


def kind_of(error: BaseException) -> str:
    """The kind of an error, for users; of one of requests the reason inside, if that is more."""
    reason = error.args[0] if error.args else None
    if isinstance(reason, socket.gaierror):
        return "unknown host"
    is_more = isinstance(reason, OSError) and not isinstance(reason, TimeoutError)
    return type(reason if is_more else error).__name__


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


def tls_context(verify: bool | str) -> ssl.SSLContext:
    """The certificates to believe: the usual ones, those of a file, or any."""
    usual = DEFAULT_CA_BUNDLE_PATH if isinstance(verify, bool) else verify
    context = ssl.create_default_context(cafile=usual)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class BoundedSession(requests.Session):
    """Ignores the environment, and prepares each kind of request once.

    A proxy for this machine's internet access must not see the token of a server at home, and a
    .netrc must not log in instead of the token.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self._prepared: dict[str, tuple[object, requests.PreparedRequest]] = {}

    def merge_environment_settings(self, *_: object, **__: object) -> dict[str, Any]:  # type: ignore[override]
        """How a request is sent: as this session says, whatever the environment has."""
        return {"proxies": {}, "stream": False, "verify": self.verify, "cert": None}

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Send *request*; no redirect is followed, so there is one answer."""
        adapter = self.get_adapter(str(request.url))
        verify: Any = how.get("verify", self.verify)
        response = adapter.send(request, verify=verify)
        extract_cookies_to_jar(self.cookies, request, response.raw)  # type: ignore[no-untyped-call]
        return response

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare *request*; one that differs from the last in its target alone is that one with
        another target."""
        address = _ADDRESS.fullmatch(request.url)
        if address is None or request.data or request.files or request.json is not None:
            return super().prepare_request(request)
        server, target = address.groups()
        cookies = [(cookie.name, cookie.value) for cookie in self.cookies]
        kind = (server, request.headers, [*self.headers.items()], cookies)
        known, prepared = self._prepared.get(request.method, (None, None))
        if prepared is None or known != kind:
            request.url = f"{server}/"
            prepared = super().prepare_request(request)
            self._prepared[request.method] = kind, prepared
        prepared = copy.copy(prepared)
        prepared.url = f"{str(prepared.url).removesuffix('/')}{target}"
        return prepared


class BoundedAdapter(BaseAdapter):
    """Sends one request and returns a complete answer that ``judge`` accepts, or raises.

    It keeps one connection, so it is for one thread. Timeouts are seconds. A subclass interprets
    errors and answers, and may bound an answer by its request. ``check`` is given each new
    connection before it carries a request, and may raise. ``connections`` counts them.
    """

    def __init__(
        self,
        connect_timeout: float,
        read_timeout: float,
        *,
        check: Callable[[HTTPConnection], None] | None = None,
    ) -> None:
        super().__init__()
        self.connections = 0
        self._connect_timeout, self._read_timeout = connect_timeout, read_timeout
        self._check = check
        self._kept: list[HTTPConnection] = []  # at most one
        self._leads_to: tuple[str, bool | str] = "", True
        # Not __del__: in a cycle that is collected, the socket could come first, and complain.
        weakref.finalize(self, _close_all, self._kept)

    def translate(self, error: Exception) -> Exception:
        """The error of ours for one of the libraries'."""
        raise NotImplementedError

    def judge(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Raise unless the whole *response* is what was asked for."""
        raise NotImplementedError

    def most_bytes(self, request: requests.PreparedRequest) -> int:
        """How long the answer to *request* may be."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connection; the next request makes a new one."""
        _close_all(self._kept)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the whole body is always read here
        timeout: object = None,  # noqa: ARG002 - ours is set
        verify: bool | str = True,
        cert: object = None,  # noqa: ARG002 - there is none
        proxies: object = None,  # noqa: ARG002 - never to a server in the house
    ) -> requests.Response:
        """Send *request*; see the class."""
        try:
            response = self._exchange(request, verify)
        except (requests.RequestException, HTTPException, OSError, ValueError, zlib.error) as error:
            self.close()
            # "from None": these messages hold whole edits, and for a bad header the token.
            raise self.translate(error) from None
        except BaseException:
            self.close()
            raise
        self.judge(request, response)
        return response

    def _exchange(self, request: requests.PreparedRequest, verify: bool | str) -> requests.Response:
        for value in request.headers.values():
            value.encode("latin-1")  # a token that HTTP cannot carry is wrong before any connection
        scheme, _, rest = str(request.url).partition("://")
        place, _, target = rest.partition("/")
        connection = self._connected(f"{scheme}://{place}", verify)
        try:
            # A server that refuses a long body may answer before it has read all of it.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(
                    str(request.method),
                    f"/{target.partition('#')[0]}",
                    request.body,
                    request.headers,
                )
            answer = connection.getresponse()
        except TimeoutError as error:
            raise requests.ReadTimeout(error) from None
        except (HTTPException, OSError) as error:
            raise requests.ConnectionError(error) from None
        with answer:
            return _response_to(request, answer, _body_of(answer, self.most_bytes(request)))

    def _connected(self, server: str, verify: bool | str) -> HTTPConnection:
        """The connection to *server*: the one that is open, unless the server has closed it."""
        for kept in self._kept:
            if kept.sock and self._leads_to == (server, verify) and _is_silent(kept.sock):
                return kept
        self.close()
        connection = self._connect(server, verify)
        self._kept.append(connection)
        self._leads_to = server, verify
        self.connections += 1
        if self._check is not None:
            self._check(connection)
        return connection

    def _connect(self, server: str, verify: bool | str) -> HTTPConnection:
        parts = urlsplit(server)
        host, seconds = parts.hostname or "", self._connect_timeout
        try:
            if parts.scheme == "https":
                connection: HTTPConnection = HTTPSConnection(
                    host, parts.port, timeout=seconds, context=tls_context(verify)
                )
            else:
                connection = HTTPConnection(host, parts.port, timeout=seconds)
            connection.response_class = TimedResponse
            connection.connect()
        except ssl.SSLError as error:
            raise requests.exceptions.SSLError(error) from None
        except TimeoutError as error:
            raise requests.ConnectTimeout(error) from None
        except OSError as error:
            raise requests.ConnectionError(error) from None
        connection.sock.settimeout(self._read_timeout)
        return connection


def _close_all(connections: list[HTTPConnection]) -> None:
    while connections:
        connections.pop().close()


def _is_silent(wire: socket.socket) -> bool:
    """Whether nothing has come over an idle connection, not even its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(wire, selectors.EVENT_READ)
        return not selector.select(0)


def _response_to(
    request: requests.PreparedRequest, answer: HTTPResponse, body: bytes
) -> requests.Response:
    """The answer in the form of requests."""
    response = requests.Response()
    response.request, response.url = request, str(request.url)
    response.status_code, response.reason = answer.status, answer.reason
    response.headers = CaseInsensitiveDict(answer.headers.items())
    response._content = body
    if "Set-Cookie" in response.headers:
        response.raw = _WithCookies(answer)
    return response


class _WithCookies:
    """An answer in the form from which requests takes cookies."""

    def __init__(self, answer: HTTPResponse) -> None:
        self._original_response = answer


def _body_of(answer: HTTPResponse, most: int) -> bytes:
    """The body, read and unpacked now, while its errors can be distinguished."""
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding not in _PLAIN | _PACKED:  # packed twice, a kilobyte is a gigabyte
        raise AnswerTooLong
    unpacker = zlib.decompressobj(_EITHER) if coding in _PACKED else None
    body = bytearray()
    is_whole = True
    try:
        while piece := answer.read(_CHUNK):
            body += unpacker.decompress(piece, most + 1 - len(body)) if unpacker else piece
            if len(body) > most:
                raise AnswerTooLong
            is_whole = unpacker is None or (unpacker.eof and not unpacker.unused_data)
        if answer.length:
            raise IncompleteRead(b"")
        if not is_whole:
            raise zlib.error("cut short, or followed by something else")
    except TimeoutError as error:
        raise requests.ReadTimeout(error) from None
    except (HTTPException, OSError) as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None
    except zlib.error as error:
        raise requests.exceptions.ContentDecodingError(error) from None
    return bytes(body)
