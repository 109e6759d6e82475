"""One field of one thing is odd, in all answers: the others are synced, and nothing crashes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from simulators.plex.items import Item
from simulators.stash.pictures import png
from tests.border.twisted import Twister, proxy
from tests.resident.bench import Bench, MakeBench
from tests.resident.conftest import make_bench

__all__ = ["make_bench"]

pytestmark = pytest.mark.slow
VIDEO = ("MediaContainer", "Video")
SCENE = ("data", "findScenes", "scenes")
PLEX_FIELDS = {
    "kind": (*VIDEO, "type"),
    "stars": (*VIDEO, "userRating"),
    "library": (*VIDEO, "librarySectionID"),
    "time": (*VIDEO, "addedAt"),
    "year": (*VIDEO, "year"),
    "part": (*VIDEO, "Media", "Part", "id"),
    "size": (*VIDEO, "Media", "Part", "size"),
}
STASH_FIELDS = {
    "number": (*SCENE, "id"),
    "time": (*SCENE, "updated_at"),
    "size": (*SCENE, "files", "size"),
    "path": (*SCENE, "files", "path"),
    "name": (*SCENE, "performers", "name"),
}
PLEX_VALUES = ("9223372036854775808", "9" * 5000, "-1", "1.5", "NaN", "1e400", "", None, "x\ny")
STASH_VALUES = ("9223372036854775808", "-1.5", "null", "[]", '"\\ud800\\u001b"', "NaN", None, '""')


class Rig:
    """Four scenes, and the second one's field is odd. Both servers are behind a proxy."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.plex, self.stash = Twister(), Twister()
        self.servers = [
            proxy(lambda: bench.plex.url, self.plex),
            proxy(lambda: bench.stash.url, self.stash),
        ]
        bench.stash.settings["plex_url"] = self.servers[0].url
        bench.stash.set_api_key("a key outlives the session")
        connection = bench.stash.server_connection
        bench.stash.server_connection = self.through(connection)  # type: ignore[method-assign]
        bench.tell()
        bench.new_worker()
        facts = {"studio": "S", "tags": ["x"], "date": "2020-01-02", "rating100": 40}
        self.scenes: list[tuple[int, Item]] = [
            bench.add(f"{n}/V{n}.mp4", cover=png(4, 4, (n, 0, 0)), performers=[f"P {n}"], **facts)
            for n in range(4)
        ]
        self.edits = 0

    def through(self, connection: Any) -> Any:
        return lambda: {**connection(), "Host": "127.0.0.1", "Port": self.servers[1].port}

    def edit(self) -> None:
        self.edits += 1
        for scene, _ in self.scenes:
            self.bench.edit(scene, title=f"Title {self.edits} of {scene}")

    def late(self) -> set[int]:
        """The scenes whose newest title is not in Plex."""
        return {n for n, item in self.scenes if item.title != f"Title {self.edits} of {n}"}


@pytest.fixture
def rig(make_bench: MakeBench) -> Iterator[Rig]:
    made = Rig(make_bench(skip_posters=False))
    yield made
    for server in made.servers:
        server.stop()


def check(rig: Rig, twister: Twister, values: tuple[str | None, ...], log: Any) -> None:
    victim = rig.scenes[1][0]
    field = twister.field
    for value in values:
        twister.field, twister.value = field, value
        rig.edit()
        rig.bench.pass_time(900.0)
        assert twister.hits
        assert rig.late() <= {victim}, value
        assert {scene for scene, _, _ in rig.bench.letters()} <= {victim}
        twister.field = ()
        rig.edit()
        rig.bench.pass_time(3_700.0)
        assert not rig.late(), value
        assert not rig.bench.letters()
        assert not rig.bench.hold().reason
    assert not [one for one in log.records if one.exc_info or "nexpected" in one.getMessage()]


@pytest.mark.parametrize("name", PLEX_FIELDS)
def test_an_odd_field_of_an_item_costs_no_other(
    rig: Rig, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "plexsync")
    rig.plex.field, rig.plex.victim = PLEX_FIELDS[name], str(rig.scenes[1][1].rating_key)
    check(rig, rig.plex, PLEX_VALUES, caplog)


@pytest.mark.parametrize("name", STASH_FIELDS)
def test_an_odd_field_of_a_scene_costs_no_other(
    rig: Rig, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "plexsync")
    rig.stash.field, rig.stash.victim = STASH_FIELDS[name], str(rig.scenes[1][0])
    check(rig, rig.stash, STASH_VALUES, caplog)
