"""One request to Plex whose answer does not end: Plex's events, as they happen."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Lock
from time import monotonic, time
from typing import cast
from urllib.parse import urlsplit

import requests

from plex.addresses import OPEN, Guard
from plex.events import EventReader, LibraryEvent
from plex.exceptions import (
    PlexTemporaryError,
    error_for_status,
    translate_plex_exception,
)
from plex.isolation import BASE_HEADERS
from plex.transport import let_in, parse_retry_after
from validation.transport import TimedResponse, tls_context

# Plex sends "ping" every ten seconds or so. A connection without a whole frame for this long is
# dead, or no stream of events.
SILENCE = 300.0
_ADDRESS = "/:/eventsource/notifications?filters=timeline,activity"
_CHUNK = 8 * 1024
_OTHER_ANSWERS = frozenset({"text/html", "text/xml", "application/xml", "application/json"})


@dataclass(frozen=True, slots=True)
class EventSource:
    """The Plex to listen to. Timeouts are seconds, ``silence`` too."""

    url: str
    token: str = field(repr=False)
    insecure_tls: bool = False
    ca_bundle: str = ""
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    silence: float = SILENCE
    guard: Guard = OPEN

    def open(self) -> EventStream:
        """A stream of events from now on; it asks when it is iterated."""
        return EventStream(self)


class EventStream:
    """One connection to Plex, and its events.

    Iterated once, it gives ``()`` when Plex has agreed, and then the events of each piece that
    ended a frame (none of a ping). It ends when Plex closes, when nothing was sent for long, or
    when any thread calls ``close``. Raises ``PlexSyncError``.

    Not a request of the session: that can neither be cut off while it waits for an answer, nor
    hand over what came so far of an answer without length.
    """

    def __init__(self, source: EventSource, *, clock: Callable[[], float] = monotonic) -> None:
        self._source = source
        self._clock = clock
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._is_closed = False

    def close(self) -> None:
        """End the stream, wherever it stands; only looking up a name and connecting are not
        interrupted. Any thread, at any time.
        """
        with self._lock:
            self._is_closed = True
            if self._socket is not None:
                with suppress(OSError):
                    # Not SSLSocket's: it takes the encryption away under the reading thread.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def __iter__(self) -> Iterator[tuple[LibraryEvent, ...]]:
        with ExitStack() as cleanup:
            try:
                answer = self._ask(cleanup)
                yield ()
                yield from self._read(answer)
            except (requests.RequestException, HTTPException, OSError, ValueError) as error:
                if not self._is_closed:
                    # "from None": the message of a bad header holds the token.
                    raise translate_plex_exception(error) from None
            finally:
                # Before the socket is closed: close must not meet its number in other hands.
                with self._lock:
                    self._socket = None

    def _ask(self, cleanup: ExitStack) -> TimedResponse:
        """Connect and ask; the answer is one that may hold events."""
        source = self._source
        request = requests.Request(
            "GET",
            source.url.strip().rstrip("/") + _ADDRESS,
            headers={
                **BASE_HEADERS,
                "Accept": "text/event-stream",
                "Accept-Encoding": "identity",
                "X-Plex-Token": source.token.strip(),
            },
        ).prepare()
        address = urlsplit(str(request.url))
        if address.scheme not in ("http", "https"):
            raise requests.exceptions.InvalidSchema
        secure, host = address.scheme == "https", address.hostname or ""
        port = address.port or (443 if secure else 80)
        wire = self._connect(host, port, secure, cleanup)
        connection = (HTTPSConnection if secure else HTTPConnection)(host, port)
        connection.sock = wire
        connection.response_class = TimedResponse
        cleanup.callback(connection.close)
        wire.settimeout(source.read_timeout)
        let_in(connection, source.guard)
        connection.request("GET", request.path_url, headers=dict(request.headers))
        answer = cast(TimedResponse, connection.getresponse())
        cleanup.callback(answer.close)
        _judge(answer)
        answer.stream.allow(source.silence)
        return answer

    def _connect(self, host: str, port: int, secure: bool, cleanup: ExitStack) -> socket.socket:
        source = self._source
        wire = socket.create_connection((host, port), source.connect_timeout)
        self._keep(wire, cleanup)
        if not secure:
            return wire
        context = tls_context(not source.insecure_tls and (source.ca_bundle or True))
        wrapped = context.wrap_socket(wire, server_hostname=host, do_handshake_on_connect=False)
        self._keep(wrapped, cleanup)
        wrapped.do_handshake()
        return wrapped

    def _keep(self, wire: socket.socket, cleanup: ExitStack) -> None:
        """From now on ``close`` cuts *wire*."""
        cleanup.callback(wire.close)
        with self._lock:
            self._socket = wire
            if self._is_closed:
                raise ConnectionAbortedError

    def _read(self, answer: TimedResponse) -> Iterator[tuple[LibraryEvent, ...]]:
        reader = EventReader()
        deadline = self._clock() + self._source.silence
        try:
            while piece := answer.read1(_CHUNK):
                frames = reader.frames
                events = reader.feed(piece)
                if reader.frames > frames:
                    deadline = self._clock() + self._source.silence
                    answer.stream.allow(self._source.silence)
                    yield events
                elif self._clock() > deadline:
                    return  # bytes alone are not a sign of life
        except TimeoutError:
            return


def _judge(answer: HTTPResponse) -> None:
    """Raise the error for an answer that holds no events."""
    if answer.status != 200:
        wait = parse_retry_after(answer.headers.get("Retry-After", ""), time())
        raise error_for_status(answer.status, retry_after=wait)
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if answer.headers.get_content_type() in _OTHER_ANSWERS or coding != "identity":
        raise PlexTemporaryError("Plex's answer to a request for its events is no stream of them.")
