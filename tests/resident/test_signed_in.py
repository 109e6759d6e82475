"""A worker whose Plex was found by signing in: dying addresses, refused tokens, signing out."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from plex.addresses import Guard
from plex.event_stream import EventSource
from plex.exceptions import AnotherPlex
from simulators.faults import Kind
from simulators.plex.server import PlexSimulator
from sync_queue import credentials, schema
from sync_queue.credentials import Account, ChosenServer, SignIn
from tests.resident.bench import Bench, MakeBench

MINUTE = 60.0
DEAD = "http://127.0.0.1:9"


@pytest.fixture
def signed_in(make_bench: MakeBench) -> Iterator[Bench]:
    """A bench whose settings name no Plex."""
    bench = make_bench(plex_url="", plex_token="")
    choose(bench, bench.plex.url)
    yield bench


def choose(bench: Bench, uri: str, *listed: tuple[str, bool, bool]) -> None:
    """The user chooses the server at an address."""
    token = bench.plex.token or ""
    addresses = listed or ((uri, True, False),)
    server = ChosenServer(bench.plex.machine_identifier, "Harbour", uri, token, addresses)
    credentials.write(str(bench.data_dir), SignIn(server=server))


def tokens_at(plex: PlexSimulator) -> set[str]:
    return set(filter(None, (one.headers.get("X-Plex-Token") for one in plex.requests)))


def test_a_worker_syncs_over_the_signed_in_server(signed_in: Bench) -> None:
    scene, item = signed_in.add()
    signed_in.edit(scene, title="New")
    signed_in.run()
    assert item.title == "New"
    assert not signed_in.hold().reason


def test_a_waiting_worker_goes_on_as_soon_as_a_server_is_chosen(make_bench: MakeBench) -> None:
    bench = make_bench(plex_url="", plex_token="")
    scene, item = bench.add()
    bench.edit(scene, title="New")
    bench.run()
    assert "sign in with Plex" in bench.hold().sentence
    choose(bench, bench.plex.url)
    bench.run()
    assert item.title == "New"
    assert not bench.hold().reason


def test_a_dead_address_is_left_for_another_of_the_same_machine(
    signed_in: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    scene, item = signed_in.add()
    live = (signed_in.plex.url, True, False)
    choose(signed_in, DEAD, (DEAD, True, False), live)
    signed_in.edit(scene, title="New")
    signed_in.pass_time(MINUTE)
    assert item.title == "New"
    assert f"answers at {signed_in.plex.url}" in caplog.text
    stored = credentials.read(str(signed_in.data_dir), time.time()).server
    assert stored is not None
    assert stored.uri == signed_in.plex.url
    assert not signed_in.breaker().failures


def test_an_address_that_dies_during_a_batch_is_left_too(signed_in: Bench) -> None:
    scenes = [signed_in.add(f"{n}.mp4") for n in range(4)]
    port = signed_in.plex.url.rpartition(":")[2]
    other = f"http://localhost:{port}"
    choose(signed_in, signed_in.plex.url, (signed_in.plex.url, True, False), (other, True, False))
    signed_in.run()
    choose(signed_in, DEAD, (DEAD, True, False), (other, True, False))
    for scene, _ in scenes:
        signed_in.edit(scene, title="New")
    signed_in.pass_time(MINUTE)
    assert {item.title for _, item in scenes} == {"New"}


@pytest.mark.parametrize("relay", [True, False])
def test_no_other_address_is_used_than_listed_ones_without_relay(
    signed_in: Bench, relay: bool
) -> None:
    scene, item = signed_in.add()
    listed = [(DEAD, True, False)] + ([(signed_in.plex.url, False, True)] if relay else [])
    choose(signed_in, DEAD, *listed)
    signed_in.edit(scene, title="New")
    signed_in.pass_time(2 * MINUTE)
    assert item.title != "New"
    assert signed_in.states() == [schema.READY]
    assert tokens_at(signed_in.plex) == set()


def test_another_machine_at_a_listed_address_gets_no_token(signed_in: Bench) -> None:
    scene, _ = signed_in.add()
    with PlexSimulator(token=None) as other:
        choose(signed_in, DEAD, (DEAD, True, False), (other.url, True, False))
        signed_in.edit(scene, title="New")
        signed_in.pass_time(2 * MINUTE)
        assert tokens_at(other) == set()


def test_a_machine_that_takes_the_address_over_gets_no_token(signed_in: Bench) -> None:
    scene, item = signed_in.add()
    signed_in.edit(scene, title="New")
    signed_in.run()
    signed_in.plex.stop()
    with PlexSimulator(token=None, port=int(signed_in.plex.url.rpartition(":")[2])) as thief:
        signed_in.edit(scene, title="Newer")
        signed_in.pass_time(10 * MINUTE)
        assert thief.requests.total > 0
        assert tokens_at(thief) == set()
    signed_in.plex.start()
    signed_in.pass_time(10 * MINUTE)
    assert item.title == "Newer"


def test_a_refused_sign_in_holds_everything_until_the_next_one(signed_in: Bench) -> None:
    scene, item = signed_in.add()
    signed_in.plex.faults.add(Kind.STATUS, status=401, path="^(?!/identity)", times=None)
    signed_in.edit(scene, title="New")
    signed_in.pass_time(10 * MINUTE)
    assert "sign in with Plex again" in signed_in.hold().sentence
    assert signed_in.states() == [schema.READY]
    assert not signed_in.letters()
    signed_in.plex.faults.clear()
    server = credentials.read(str(signed_in.data_dir), time.time()).server
    assert server is not None
    credentials.write(str(signed_in.data_dir), SignIn(server=server))
    signed_in.pass_time(61 * MINUTE, until=lambda: item.title == "New")
    assert item.title == "New"


def test_signing_out_ends_the_sync_before_the_next_batch(signed_in: Bench) -> None:
    scene, item = signed_in.add()
    signed_in.edit(scene, title="New")
    signed_in.run()
    credentials.forget(str(signed_in.data_dir))
    signed_in.edit(scene, title="Newer")
    signed_in.pass_time(MINUTE)
    assert item.title == "New"
    assert "sign in with Plex" in signed_in.hold().sentence


def test_an_idle_worker_forgets_an_account_whose_time_is_over(signed_in: Bench) -> None:
    now = signed_in.clock()
    stored = credentials.read(str(signed_in.data_dir), now)
    account = Account("canary-account", "Ann", now)
    credentials.write(str(signed_in.data_dir), SignIn(None, account, stored.server))
    signed_in.pass_time(40 * MINUTE)
    text = (signed_in.data_dir / credentials.FILE).read_text()
    assert "canary-account" not in text
    assert "Harbour" in text


@pytest.mark.parametrize("right", [True, False])
def test_the_stream_of_events_asks_who_answers_first(right: bool) -> None:
    with PlexSimulator(token="secret") as plex:
        machine = plex.machine_identifier if right else "another"
        stream = EventSource(plex.url, "secret", guard=Guard(machine, private_only=True)).open()
        if right:
            assert next(iter(stream)) == ()
            stream.close()
        else:
            with pytest.raises(AnotherPlex, match="no token"):
                next(iter(stream))
        assert tokens_at(plex) == ({"secret"} if right else set())
