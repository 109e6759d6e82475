"""The stream of Plex's events over real HTTP, from good servers and from bad ones."""

from __future__ import annotations

import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator

import pytest

from plex.event_stream import EventSource, EventStream
from plex.events import MAX_FRAME, EventKind, LibraryEvent
from plex.exceptions import PlexNotFound, PlexSetupError, PlexTemporaryError
from plex.isolation import BASE_HEADERS
from simulators.faults import Kind
from simulators.plex.event_source import PATH
from simulators.plex.events import Form
from simulators.plex.server import PlexSimulator
from tests.plex.conftest import TOKEN
from tests.plex.raw_server import CHUNKED, HEAD, RawServer, Talk
from validation.errors import PlexSyncError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CERTIFICATE = os.path.join(ROOT, "tests", "data", "tls", "self_signed.pem")
FRAME = b'data: {"TimelineEntry":{"itemID":7,"sectionID":2,"state":5}}\n\n'
FINISHED = LibraryEvent(EventKind.FINISHED, 7, 2)


@pytest.fixture
def source(plex: PlexSimulator) -> EventSource:
    return EventSource(plex.url, TOKEN)


def source_of(
    server: RawServer, *, read_timeout: float = 30.0, silence: float = 300.0
) -> EventSource:
    address = f"http://{server.address}"
    return EventSource(address, TOKEN, read_timeout=read_timeout, silence=silence)


def listen(stream: EventStream) -> list[LibraryEvent]:
    """Every event until the stream ends."""
    return [event for events in stream for event in events]


# -- a good server -------------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("form", ["list", "object", "wrapped"])
@pytest.mark.parametrize("ids", [int, str])
def test_events_of_plex_are_heard(
    plex: PlexSimulator,
    source: EventSource,
    chunked: bool,
    form: Form,
    ids: Callable[[int], object],
) -> None:
    events = plex.library.events
    events.chunked, events.form, events.ids = chunked, form, ids
    stream = iter(source.open())
    assert next(stream) == ()
    movie = plex.add_movie(plex.library.sections[1], "/data/movies/a.mp4")
    plex.library.remove(movie)
    heard: list[EventKind] = []
    while EventKind.DELETED not in heard:
        for event in next(stream):
            assert (event.item, event.section) == (movie.rating_key, 1)
            heard.append(event.kind)
    assert heard == ["created", "finished", "other", "other", "finished", "deleted"]
    assert events.open == 1
    events.silent = True
    if not chunked:
        events.drop()
        assert list(stream) == []


def test_a_ping_is_a_sign_of_life(plex: PlexSimulator, source: EventSource) -> None:
    plex.library.events.ping_seconds = 0.0
    stream = iter(source.open())
    assert [next(stream), next(stream)] == [(), ()]


def test_the_token_travels_in_its_header_alone(plex: PlexSimulator, source: EventSource) -> None:
    next(iter(source.open()))
    (request,) = plex.requests
    assert request.target == f"{PATH}?filters=timeline,activity"
    assert request.headers["X-Plex-Token"] == TOKEN
    assert request.headers["Accept"] == "text/event-stream"
    identifier = "X-Plex-Client-Identifier"
    assert request.headers[identifier] == BASE_HEADERS[identifier]
    assert TOKEN not in f"{source!r} {source}"


def test_a_path_before_plex_is_kept_and_no_cookie_is_sent() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD[:-2] + b"Set-Cookie: a=b\r\n\r\n" + FRAME)

    with RawServer(talk) as server:
        source = EventSource(f" http://{server.address}/behind/proxy/ ", f" {TOKEN}\n")
        for _ in range(2):
            assert listen(source.open()) == [FINISHED]
            assert server.request.startswith(b"GET /behind/proxy/:/eventsource/notifications?")
            assert b"cookie" not in server.request.lower()


def test_a_closed_stream_leaves_no_connection(plex: PlexSimulator, source: EventSource) -> None:
    stream = iter(source.open())
    next(stream)
    assert plex.library.events.open == 1
    del stream
    assert plex.library.events.open == 0


# -- TLS -----------------------------------------------------------------------------------------


def say(*words: bytes) -> Talk:
    """Say so, and hang up."""
    return lambda connection: connection.sendall(b"".join(words))


@pytest.fixture
def secure() -> Iterator[RawServer]:
    with RawServer(say(HEAD, FRAME), certificate=CERTIFICATE) as server:
        yield server


def test_an_unknown_certificate_is_refused_and_the_token_stays_here(secure: RawServer) -> None:
    with pytest.raises(PlexTemporaryError, match="SSLCertVerificationError"):
        listen(EventSource(f"https://{secure.address}", TOKEN).open())
    assert secure.request == b""


def test_a_certificate_of_a_named_authority_is_accepted(secure: RawServer) -> None:
    source = EventSource(f"https://{secure.address}", TOKEN, ca_bundle=CERTIFICATE)
    assert next(iter(source.open())) == ()


def test_an_unknown_certificate_is_accepted_if_the_setting_says_so(secure: RawServer) -> None:
    source = EventSource(f"https://{secure.address}", TOKEN, insecure_tls=True)
    assert listen(source.open()) == [FINISHED]
    assert TOKEN.encode() in secure.request


# -- answers that are no stream ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (204, PlexTemporaryError),
        (302, PlexSetupError),
        (401, PlexSetupError),
        (403, PlexSetupError),
        (404, PlexNotFound),
        (500, PlexTemporaryError),
        (599, PlexTemporaryError),
    ],
)
def test_each_status_has_its_error(
    plex: PlexSimulator, source: EventSource, status: int, error: type[PlexSyncError]
) -> None:
    plex.faults.add(Kind.STATUS, status=status)
    with pytest.raises(error):
        listen(source.open())
    assert len(plex.requests) == 1


def test_a_server_that_says_when_to_come_back_is_heard(
    plex: PlexSimulator, source: EventSource
) -> None:
    plex.faults.add(Kind.STATUS, status=503, retry_after=7)
    with pytest.raises(PlexTemporaryError) as caught:
        listen(source.open())
    assert caught.value.retry_after == 7.0


def test_no_redirect_is_followed(plex: PlexSimulator, source: EventSource) -> None:
    with RawServer() as elsewhere:
        plex.faults.add(Kind.REDIRECT, location=f"http://{elsewhere.address}/")
        with pytest.raises(PlexSetupError, match="plex_url"):
            listen(source.open())
        assert elsewhere.connections == 0


@pytest.mark.parametrize("kind", [Kind.HTML, Kind.MAINTENANCE, Kind.GARBAGE, Kind.CLOSE_BEFORE])
def test_a_damaged_answer_is_temporary(
    plex: PlexSimulator, source: EventSource, kind: Kind
) -> None:
    plex.faults.add(kind)
    with pytest.raises(PlexTemporaryError):
        listen(source.open())


@pytest.mark.parametrize(
    "answer",
    [
        HEAD[:-2] + b"Content-Encoding: gzip\r\n\r\n" + b"\x1f\x8b",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 99999 \r\n\r\n",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"5\r\nab",
        b"",
    ],
)
def test_an_answer_that_is_not_http_is_temporary(answer: bytes) -> None:
    with RawServer(say(answer)) as server, pytest.raises(PlexTemporaryError):
        listen(source_of(server).open())


def test_a_server_that_is_not_there_is_temporary(plex: PlexSimulator, source: EventSource) -> None:
    plex.stop()
    with pytest.raises(PlexTemporaryError):
        listen(source.open())


def test_a_server_that_never_answers_is_temporary() -> None:
    with RawServer() as server, pytest.raises(PlexTemporaryError, match="Timeout"):
        listen(source_of(server, read_timeout=0.1).open())


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("", "t"),
        ("127.0.0.1:32400", "t"),
        ("ftp://127.0.0.1:1", "t"),
        ("http://", "t"),
        ("http://[::1", "t"),
        ("http://127.0.0.1:port", "t"),
        ("http://a..b:1", "t"),
        ("http://127.0.0.1:{port}", "to\nken"),
        ("http://127.0.0.1:{port}", "tök–en"),
    ],
)
def test_an_address_or_token_that_cannot_work_is_for_the_user_to_change(
    plex: PlexSimulator, url: str, token: str
) -> None:
    address = url.replace("{port}", plex.url.rpartition(":")[2])
    with pytest.raises(PlexSetupError, match=r"plex_url|plex_token") as caught:
        listen(EventSource(address, token).open())
    assert len(token) < 2 or token not in "".join(traceback.format_exception(caught.value))


# -- streams that go wrong -----------------------------------------------------------------------


@pytest.mark.parametrize("head", [HEAD, HEAD.replace(b"text/event-stream", b"")])
def test_a_server_that_hangs_up_ends_the_stream(head: bytes) -> None:
    with RawServer(say(head, FRAME, b"data: {")) as server:
        assert listen(source_of(server).open()) == [FINISHED]


def test_a_silent_stream_ends() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        connection.recv(1)

    with RawServer(talk) as server:
        assert list(source_of(server, silence=0.1).open()) == [()]


class Ticks:
    """A clock on which a minute passes between two looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 60.0
        return self.now


@pytest.mark.parametrize("drip", [b"x", b"data: 1\n", b"\r", b"x" * 8192])
def test_bytes_without_a_frame_are_no_sign_of_life(drip: bytes) -> None:
    left = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD + FRAME)
        try:
            while True:
                connection.sendall(drip + b"y")
        finally:
            left.set()

    with RawServer(talk) as server:
        assert listen(EventStream(source_of(server), clock=Ticks())) == [FINISHED]
        assert left.wait(10)


def test_a_dripping_frame_is_read() -> None:
    def talk(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in CHUNKED:
            connection.sendall(bytes([byte]))
        for byte in FRAME:
            connection.sendall(b"1;x\r\n%c\r\n" % byte)
        connection.sendall(b"0\r\n\r\n")

    with RawServer(talk) as server:
        assert listen(source_of(server).open()) == [FINISHED]


def test_a_huge_frame_costs_itself_alone(plex: PlexSimulator, source: EventSource) -> None:
    stream = iter(source.open())
    next(stream)
    plex.library.events.send(b"data: " + b"x" * 2 * MAX_FRAME + b"\n\n" + FRAME)
    plex.library.events.drop()
    assert [event for events in stream for event in events] == [FINISHED]


# -- closing from another thread -----------------------------------------------------------------


def end_of(stream: EventStream, went_well: list[str]) -> threading.Thread:
    """A thread that listens until the stream ends, and says so."""

    def run() -> None:
        try:
            listen(stream)
            went_well.append("ended")
        except PlexSyncError as error:
            went_well.append(repr(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("says", [b"", HEAD, HEAD + FRAME, CHUNKED, CHUNKED + b"ffff\r\nabc"])
def test_a_stream_ends_at_once_when_another_thread_closes_it(scheme: str, says: bytes) -> None:
    said = threading.Event()
    went_well: list[str] = []

    def talk(connection: socket.socket) -> None:
        connection.sendall(says)
        said.set()
        connection.recv(1)

    with RawServer(talk, certificate=CERTIFICATE if scheme == "https" else "") as server:
        source = EventSource(f"{scheme}://{server.address}", TOKEN, insecure_tls=True)
        stream = source.open()
        thread = end_of(stream, went_well)
        assert said.wait(10)
        began = time.monotonic()
        stream.close()
        thread.join(10)
        assert went_well == ["ended"]
        assert time.monotonic() - began < 5


def test_a_stream_that_shakes_hands_can_be_closed(eventually: Callable[..., object]) -> None:
    """The server accepts and does not speak TLS."""
    went_well: list[str] = []
    with RawServer() as server:
        source = EventSource(f"https://{server.address}", TOKEN, connect_timeout=60)
        stream = source.open()
        thread = end_of(stream, went_well)
        eventually(lambda: server.connections)
        stream.close()
        thread.join(10)
    assert went_well == ["ended"]


def test_a_stream_that_was_closed_before_asks_nothing(
    plex: PlexSimulator, source: EventSource
) -> None:
    stream = source.open()
    stream.close()
    assert list(stream) == []
    assert len(plex.requests) == 0


def test_closing_twice_or_after_the_end_changes_nothing(
    plex: PlexSimulator, source: EventSource
) -> None:
    stream = source.open()
    pieces = iter(stream)
    next(pieces)
    stream.close()
    assert list(pieces) == []
    stream.close()
