"""A peer that drips: one deadline for status line, headers and body, for both servers."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import repeat

import pytest

from plex.client import PlexClient
from plex.event_stream import EventSource
from plex.exceptions import PlexTemporaryError
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable
from tests.border.servers import PacedServer
from validation.errors import PlexSyncError

READ_TIMEOUT = 0.2
OK = b"HTTP/1.1 200 OK\r\n"
# Where the drip begins -> what comes before it, and its drops.
DRIPS: dict[str, tuple[bytes, bytes]] = {
    "status line": (b"", b"H"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "header": (OK + b"X-Long: ", b"x"),
    "headers": (OK, b"X: y\r\n"),
    "body": (OK + b"Content-Length: 1000\r\n\r\n", b"x"),
    "body without length": (OK + b"\r\n", b"x"),
    "chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n", b"x"),
    "length of a chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailer": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
}


def ask_plex(url: str) -> None:
    PlexClient(url, "t", read_timeout=READ_TIMEOUT, rng=lambda: 20.0).sections()


def ask_plex_identity(url: str) -> None:
    if not PlexClient(url, "t", read_timeout=READ_TIMEOUT).identity():
        raise PlexTemporaryError("no Plex")


def ask_plex_for_events(url: str) -> None:
    for _ in EventSource(url, "t", read_timeout=READ_TIMEOUT, silence=1.0).open():
        pass
    raise PlexTemporaryError("the stream ended")


def ask_stash(url: str) -> None:
    StashClient(StashConnection.from_url(url), read_timeout=READ_TIMEOUT).read_settings()


@pytest.mark.parametrize("ask", [ask_plex, ask_plex_identity, ask_plex_for_events, ask_stash])
@pytest.mark.parametrize("place", DRIPS)
def test_an_answer_that_drips_is_cut_off(place: str, ask: Callable[[str], None]) -> None:
    head, drop = DRIPS[place]
    with PacedServer(head, repeat(drop, 150), 0.1) as server:  # fifteen seconds of drops
        begun = time.monotonic()
        with pytest.raises((PlexTemporaryError, StashUnavailable)):
            ask(server.url)
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize("ask", [ask_plex, ask_stash])
@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "x"])
def test_an_answer_that_is_packed_twice_or_strangely_is_none(
    ask: Callable[[str], None], coding: str
) -> None:
    head = OK + f"Content-Encoding: {coding}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    with PacedServer(head, (), 0) as server, pytest.raises(PlexSyncError):
        ask(server.url)
