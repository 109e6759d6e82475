"""An answer that is not whole is none, and one that comes early is read: for both servers."""

from __future__ import annotations

import gzip
import socket
import zlib
from collections.abc import Callable

import pytest
import requests

from plex.client import PlexClient
from plex.exceptions import PlexPermanentError, PlexTemporaryError
from simulators.http_server import HttpServer, KeepAliveHandler
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable
from tests.border.servers import PacedServer
from validation.transport import BoundedSession

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PLEX = b'<MediaContainer machineIdentifier="m"></MediaContainer>'
WHOLE = gzip.compress(b'{"data": {}}' * 50)


def ask_plex(url: str) -> None:
    PlexClient(url, "t", read_timeout=1.0, sleep=lambda _: None).sections()


def ask_stash(url: str) -> None:
    StashClient(StashConnection.from_url(url), read_timeout=1.0).read_settings()


def packed(body: bytes, coding: str = "gzip") -> bytes:
    """An answer whose length is right, whatever its body is."""
    return OK + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        coding.encode(),
        len(body),
        body,
    )


SPOILT = {
    "packed and cut short": packed(WHOLE[:-9]),
    "packed without its sum": packed(WHOLE[:-8]),
    "packed, and more behind it": packed(WHOLE + b"more"),
    "packed twice in a row": packed(WHOLE + WHOLE),
    "not packed at all": packed(b"plain"),
    "a length below zero": OK + b"Content-Length: -5\r\n\r\n",
    "a chunk below zero": OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n0\r\n\r\n",
    "a chunk of all the rest": OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
    "a chunk without a number": OK + b"Transfer-Encoding: chunked\r\n\r\nx\r\nabc\r\n0\r\n\r\n",
    "shorter than it says": OK + b"Content-Length: 50\r\n\r\n{}",
    "no status": b"hello\r\n\r\n",
    "too many headers": OK + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n",
}


@pytest.mark.parametrize("ask", [ask_plex, ask_stash])
@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_spoilt_answer_is_temporary(spoilt: str, ask: Callable[[str], None]) -> None:
    with (
        PacedServer(SPOILT[spoilt], (), 0) as server,
        pytest.raises((PlexTemporaryError, StashUnavailable)),
    ):
        ask(server.url)


@pytest.mark.parametrize(
    "answer",
    [
        packed(gzip.compress(PLEX)),
        packed(zlib.compress(PLEX), "deflate"),
        packed(gzip.compress(PLEX), "GZIP"),
        OK + b"Content-Length: %d\r\n\r\n%s" % (len(PLEX), PLEX),
        OK + b"\r\n" + PLEX,
        OK + b"Transfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n"
        % (len(PLEX), PLEX),
    ],
)  # fmt: skip
def test_each_form_of_an_answer_is_read(answer: bytes) -> None:
    with PacedServer(answer, (), 0) as server:
        assert PlexClient(server.url, "t", read_timeout=1.0).server == "m"


class Hasty(KeepAliveHandler):
    """Refuses a picture before it has read it."""

    def do_GET(self) -> None:
        self.answer(200, {"Content-Type": "text/xml"}, PLEX)

    def do_POST(self) -> None:
        self.answer(413, {}, b"")
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.body()  # what is still on its way: a reset would take the answer with it


def test_a_refusal_before_the_whole_body_was_sent_is_heard() -> None:
    server = HttpServer(Hasty).start()
    client = PlexClient(server.url, "t", read_timeout=5.0, sleep=lambda _: None)

    with pytest.raises(PlexPermanentError, match="413"):
        client.upload_image(7, "poster", b"\xff\xd8\xff\xe0" + b"x" * 9_000_000)
    client.close()
    server.stop()


def test_a_request_is_prepared_with_the_newest_login_and_its_own_target() -> None:
    session = BoundedSession()

    def prepared(target: str) -> requests.PreparedRequest:
        return session.prepare_request(requests.Request("GET", f"http://nas:1{target}"))

    assert prepared("/a?b=%2C").url == "http://nas:1/a?b=%2C"
    assert prepared("/c/d").url == "http://nas:1/c/d"
    assert "Cookie" not in prepared("/").headers
    session.cookies.set("session", "new", domain="nas.local", path="/")
    session.headers["ApiKey"] = "k"
    request = prepared("/e")
    assert (request.url, request.headers["ApiKey"]) == ("http://nas:1/e", "k")
    assert request.headers["Cookie"] == "session=new"
