"""plex.tv over real HTTP: what its answers mean, and how long it may take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from plex.plextv import VARIABLE, PinExpired, PlexTv, PlexTvUnreachable, SignInAgain, stand_in
from simulators.faults import Kind
from simulators.plextv import ACCOUNT_TOKEN, PlexTvSimulator
from validation.errors import SetupError


@pytest.fixture
def tv() -> Iterator[PlexTvSimulator]:
    with PlexTvSimulator() as server:
        yield server


@pytest.fixture
def client(tv: PlexTvSimulator) -> PlexTv:
    return PlexTv({VARIABLE: tv.url}, "device", step_seconds=0.5, seconds=1.0)


def test_a_pin_belongs_to_its_device(tv: PlexTvSimulator, client: PlexTv) -> None:
    pin = client.create_pin()
    assert client.claimed(pin.number) == ""
    with pytest.raises(PinExpired):
        PlexTv({VARIABLE: tv.url}, "another").claimed(pin.number)
    tv.claim()
    assert client.claimed(pin.number) == ACCOUNT_TOKEN


@pytest.mark.parametrize("status", [300, 302, 429, 500, 502, 503, 599])
def test_a_status_that_says_nothing_about_the_token_is_temporary(
    tv: PlexTvSimulator, client: PlexTv, status: int
) -> None:
    tv.faults.add(Kind.STATUS, status=status, times=None)
    questions: list[Callable[[], object]] = [
        client.create_pin,
        lambda: client.claimed(5),
        lambda: client.account(ACCOUNT_TOKEN),
        lambda: client.resources(ACCOUNT_TOKEN),
    ]
    for ask in questions:
        with pytest.raises(PlexTvUnreachable, match=str(status)):
            ask()


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [("t", 401, "does not accept"), ("eyJ.a.b", 498, "seven days"), ("eyJ.a.b", 422, "seven days")],
)
def test_a_refused_token_needs_another_sign_in(
    tv: PlexTvSimulator, client: PlexTv, token: str, status: int, words: str
) -> None:
    tv.faults.add(Kind.STATUS, status=status)
    with pytest.raises(SignInAgain, match=words):
        client.account(token)


@pytest.mark.parametrize("status", [403, 404, 418, 422])
def test_another_status_does_not_throw_a_token_away(
    tv: PlexTvSimulator, client: PlexTv, status: int
) -> None:
    tv.faults.add(Kind.STATUS, status=status)
    with pytest.raises(PlexTvUnreachable):
        client.account("t")


def test_the_wished_wait_is_bounded(tv: PlexTvSimulator, client: PlexTv) -> None:
    tv.faults.add(Kind.STATUS, status=429, retry_after=60)
    with pytest.raises(PlexTvUnreachable) as caught:
        client.create_pin()
    assert caught.value.retry_after == 60
    tv.faults.add(Kind.STATUS, status=429, retry_after=10**6)
    with pytest.raises(PlexTvUnreachable) as caught:
        client.create_pin()
    assert caught.value.retry_after is None


@pytest.mark.parametrize("kind", [Kind.GARBAGE, Kind.CLOSE_BEFORE, Kind.DELAY])
def test_what_is_no_answer_in_time_is_an_outage(
    tv: PlexTvSimulator, client: PlexTv, kind: Kind
) -> None:
    tv.faults.add(kind, seconds=20.0)
    begun = time.monotonic()
    with pytest.raises(PlexTvUnreachable) as caught:
        client.account(ACCOUNT_TOKEN)
    assert time.monotonic() - begun < 10
    assert ACCOUNT_TOKEN not in str(caught.value)


def test_a_token_that_no_header_can_carry_is_not_shown(client: PlexTv) -> None:
    with pytest.raises(PlexTvUnreachable) as caught:
        client.account("canary\nX-Other: 1")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1",
        "http://plex.tv",
        "http://127.0.0.1.example.org",
        "ftp://127.0.0.1",
        "x",
    ],
)
def test_only_this_machine_stands_in_for_plex_tv(url: str) -> None:
    with pytest.raises(SetupError, match=VARIABLE):
        stand_in({VARIABLE: url})


def test_plex_tv_itself_is_asked_over_https() -> None:
    assert stand_in({}) == ""
    assert stand_in({VARIABLE: "http://127.0.0.1:5/"}) == "http://127.0.0.1:5"
