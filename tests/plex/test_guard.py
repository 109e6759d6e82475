"""A connection shows where it leads before it carries a token from a sign-in."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from plex.addresses import Guard
from plex.client import PlexClient
from plex.exceptions import AnotherPlex, PlexTemporaryError, WrongToken
from simulators.faults import Kind
from simulators.plex.server import PlexSimulator
from validation.errors import PlexSyncError
from validation.transport import PublicAddress, refuse_public

TOKEN = "canary-token"


class PublicEnd(socket.socket):
    """A connection whose other end is elsewhere."""

    def getpeername(self) -> tuple[str, int]:
        return "203.0.113.9", 32400


def test_the_other_end_of_the_socket_decides_what_is_public() -> None:
    with PublicEnd() as wire, pytest.raises(PublicAddress, match=r"203\.0\.113\.9 is public"):
        refuse_public(wire)


@contextmanager
def guarded(plex: PlexSimulator, machine: str) -> Iterator[PlexClient]:
    guard = Guard(machine, private_only=True)
    client = PlexClient(plex.url, TOKEN, guard=guard, sleep=lambda seconds: None)
    yield client
    client.close()


def tokens_at(plex: PlexSimulator) -> set[str]:
    return set(filter(None, (one.headers.get("X-Plex-Token") for one in plex.requests)))


def test_each_new_connection_asks_who_answers(plex: PlexSimulator) -> None:
    with PlexSimulator(token=TOKEN) as own, guarded(own, own.machine_identifier) as client:
        client.sections()
        client.close()
        client.sections(fresh=True)
        paths = [one.path for one in own.requests]
        assert paths[:4] == ["/identity", "/", "/library/sections", "/identity"]
        assert own.requests.matching("GET", "^/identity$")[0].headers.get("X-Plex-Token") is None


def test_another_machine_gets_neither_token_nor_retries() -> None:
    with PlexSimulator(token=TOKEN) as other, guarded(other, "mine") as client:
        with pytest.raises(AnotherPlex):
            client.sections()
        assert client.identity() is False
        assert tokens_at(other) == set()


ANSWERS = {
    "garbage": {"kind": Kind.GARBAGE},
    "a page": {"kind": Kind.HTML},
    "nothing": {"kind": Kind.EMPTY},
    "an error": {"kind": Kind.STATUS, "status": 500},
    "a redirect": {"kind": Kind.REDIRECT, "location": "http://127.0.0.1:1/identity"},
    "a closed connection": {"kind": Kind.CLOSE_BEFORE},
    "half an answer": {"kind": Kind.DROP_BODY},
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_without_an_identity_there_is_no_token(answer: str) -> None:
    with PlexSimulator(token=TOKEN) as plex, guarded(plex, plex.machine_identifier) as client:
        plex.faults.add(**ANSWERS[answer], path="/identity", times=None)  # type: ignore[arg-type]
        with pytest.raises(PlexSyncError) as caught:
            client.sections()
        assert isinstance(caught.value, PlexTemporaryError)
        assert tokens_at(plex) == set()


@pytest.mark.parametrize(("token", "status"), [("t", 401), ("eyJ.a", 401), ("eyJ.a", 498)])
def test_a_refused_token_of_a_sign_in_needs_another_sign_in(token: str, status: int) -> None:
    with PlexSimulator(token=token) as plex:
        guard = Guard(plex.machine_identifier)
        client = PlexClient(plex.url, token, guard=guard, sleep=lambda seconds: None)
        plex.faults.add(Kind.STATUS, status=status, path="/library", times=None)
        with pytest.raises(WrongToken, match="sign in with Plex again") as caught:
            client.sections()
        assert ("seven days" in str(caught.value)) is token.startswith("eyJ")
        client.close()


def test_a_token_of_the_settings_asks_nothing_first(plex: PlexSimulator) -> None:
    client = PlexClient(plex.url, plex.token or "")
    client.sections()
    assert [one.path for one in plex.requests] == ["/", "/library/sections"]
    client.close()
