"""Items of the next scenes are read together, each used once and none when it has grown old."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plex.client import PlexClient
from plex.exceptions import PlexTemporaryError
from simulators.plex.faults import Kind
from simulators.plex.server import PlexSimulator
from worker.read_ahead import FRESH_SECONDS, ReadAhead


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    with PlexSimulator() as server:
        section = server.add_section("Videos", locations=["/v"], agent="none")
        for n in range(1, 121):
            server.add_movie(section, f"/v/{n}.mp4")
        yield server


@pytest.fixture
def client(plex: PlexSimulator) -> Iterator[PlexClient]:
    client = PlexClient(plex.url, plex.token or "", sleep=lambda _seconds: None)
    assert client.server
    plex.requests.clear()
    yield client
    client.close()


def keys(ahead: ReadAhead, client: PlexClient, *wanted: int) -> list[int]:
    return [item.rating_key for item in ahead.read(client, wanted)]


def test_fifty_items_come_with_the_first(plex: PlexSimulator, client: PlexClient) -> None:
    ahead = ReadAhead(Clock())
    ahead.begin(lambda: range(1, 121))
    for n in range(1, 121):
        assert keys(ahead, client, n) == [n]
    assert len(plex.requests) == 3


def test_an_item_is_used_once(plex: PlexSimulator, client: PlexClient) -> None:
    ahead = ReadAhead(Clock())
    ahead.begin(lambda: [1, 2])
    assert keys(ahead, client, 1) == [1]
    assert keys(ahead, client, 1) == [1]
    assert keys(ahead, client, 2) == [2]
    assert len(plex.requests) == 2


def test_what_was_written_is_read_again(plex: PlexSimulator, client: PlexClient) -> None:
    ahead = ReadAhead(Clock())
    ahead.begin(lambda: [1, 2])
    assert keys(ahead, client, 1) == [1]
    plex.edit(plex.item(2), {"summary": "Written for another scene."})
    ahead.forget(2)
    (item,) = ahead.read(client, [2])
    assert item.values["summary"] == "Written for another scene."


def test_what_has_grown_old_is_read_again(plex: PlexSimulator, client: PlexClient) -> None:
    clock = Clock()
    ahead = ReadAhead(clock)
    ahead.begin(lambda: [1, 2, 3])
    assert keys(ahead, client, 1) == [1]
    plex.edit(plex.item(2), {"summary": "New."})
    clock.now += FRESH_SECONDS
    assert [item.values.get("summary") for item in ahead.read(client, [2])] == ["New."]


def test_a_new_batch_forgets_the_last_one(plex: PlexSimulator, client: PlexClient) -> None:
    ahead = ReadAhead(Clock())
    ahead.begin(lambda: [1, 2])
    assert keys(ahead, client, 1) == [1]
    ahead.begin(lambda: [])
    assert keys(ahead, client, 2) == [2]
    assert len(plex.requests) == 2


def test_an_item_that_is_gone_is_absent_and_not_asked_for_again(
    plex: PlexSimulator, client: PlexClient
) -> None:
    ahead = ReadAhead(Clock())
    ahead.begin(lambda: [1, 999])
    assert keys(ahead, client, 1) == [1]
    asked = len(plex.requests)
    assert keys(ahead, client, 999) == []
    assert len(plex.requests) == asked


def test_after_a_failure_each_scene_is_on_its_own(plex: PlexSimulator, client: PlexClient) -> None:
    """One item that Plex fails at must not fail the scenes beside it."""
    plex.faults.add(Kind.STATUS, method="GET", path=r"metadata/(\d+,)*3\b", status=500, times=None)
    ahead = ReadAhead(Clock())
    ahead.begin(lambda: [1, 2, 3])
    with pytest.raises(PlexTemporaryError):
        ahead.read(client, [1])
    assert keys(ahead, client, 1) == [1]
    assert keys(ahead, client, 2) == [2]
    with pytest.raises(PlexTemporaryError):
        ahead.read(client, [3])
