"""A Stash that answers without errors, and yet not what was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from simulators.http_server import HttpServer, KeepAliveHandler
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable

SETTINGS = {"configuration": {"plugins": {}}, "plugins": []}
WELL: dict[str, object] = {
    "StashVersion": {"version": {"version": "v0.31.0", "hash": "x", "build_time": "x"}},
    "getApiKey": {"configuration": {"general": {"apiKey": ""}}},
}


class Answers(KeepAliveHandler):
    """Answers the question that has some word in it with the data planned for it."""

    planned: ClassVar[dict[str, object]]

    def do_POST(self) -> None:
        query = json.loads(self.body())["query"]
        data = next(data for word, data in self.planned.items() if word in query)
        body = json.dumps({"data": data, "errors": None}).encode()
        self.answer(200, {"Content-Type": "application/json"}, body)


MakeStash = Callable[[dict[str, object]], StashClient]


@pytest.fixture
def stash_that_answers() -> Iterator[MakeStash]:
    """``stash_that_answers(planned)`` is a client of a Stash that answers so from now on."""

    class Planned(Answers):
        planned: ClassVar[dict[str, object]] = {}

    server = HttpServer(Planned).start()

    def make(planned: dict[str, object]) -> StashClient:
        Planned.planned = {**WELL, **planned}
        return StashClient(StashConnection.from_url(server.url))

    yield make
    server.stop()


HOLES: list[object] = [None, 5, "x", [], {}, [None], [5], [[]], {"x": None}]


def with_hole(data: object, path: tuple[str | int, ...], hole: object) -> Any:
    """A copy of ``data`` in which ``hole`` stands at ``path``."""
    if not path:
        return hole
    copy: Any = json.loads(json.dumps(data))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = hole
    return copy


def paths(data: object) -> Iterator[tuple[str | int, ...]]:
    """Every place in ``data``, the whole first."""
    yield ()
    inner = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in inner:
        yield from ((key, *path) for path in paths(value))


SCENE = {"id": "7", "updated_at": "2026-01-01T00:00:00Z"}
PLUGIN = {"id": "PlexSync", "enabled": True, "tasks": [{"name": "Status"}]}
ASKED = {"configuration": {"plugins": {"PlexSync": {"paused": True}}}, "plugins": [PLUGIN]}
FOUND = {"findScenes": {"count": 1, "scenes": [SCENE]}}
READS: dict[str, tuple[str, object, Callable[[StashClient], object]]] = {
    "scenes": ("ids", {**FOUND, **ASKED}, lambda stash: stash.read_scenes([7])),
    "settings": ("configuration", ASKED, StashClient.read_settings),
    "about": ("tasks", {"version": {"version": "v1"}, "plugins": [PLUGIN]}, StashClient.about),
    "page": ("findScenes", FOUND, lambda stash: stash.page(1, 5)),
    "pages": ("findScenes", FOUND, lambda stash: list(stash.pages(5))),
    "related": ("findScenes", FOUND, lambda stash: list(stash.scenes_of("tags", 1))),
    "version": ("StashVersion", WELL["StashVersion"], StashClient.about),
    "key": ("getApiKey", WELL["getApiKey"], StashClient.about),
}


@pytest.mark.parametrize("read", READS)
def test_a_hole_in_an_answer_is_nothing_worse_than_stash_being_away(
    stash_that_answers: MakeStash, read: str
) -> None:
    word, data, ask = READS[read]
    about = {"tasks": {"version": {"version": "v1"}, "plugins": []}}
    failed = 0
    for path in paths(data):
        for hole in HOLES:
            stash = stash_that_answers({**about, word: with_hole(data, path, hole)})
            try:
                ask(stash)
            except StashUnavailable as error:
                assert str(error).startswith("Stash")
                failed += 1
    assert failed > len(HOLES)


@pytest.mark.parametrize("hole", [None, {"scenes": None}, {"scenes": [None]}, {"scenes": [{}]}])
def test_a_hole_where_scenes_belong_makes_no_scene_look_deleted(
    stash_that_answers: MakeStash, hole: object
) -> None:
    stash = stash_that_answers({"ids": {"findScenes": hole, **SETTINGS}})

    with pytest.raises(StashUnavailable, match=r"does not understand|no number of a scene"):
        stash.read_scenes([7])


def test_a_hole_where_settings_belong_is_not_empty_settings(stash_that_answers: MakeStash) -> None:
    stash = stash_that_answers({"plugins": {"configuration": {"plugins": None}, "plugins": []}})

    with pytest.raises(StashUnavailable, match="does not understand"):
        stash.read_settings()


def test_a_stash_that_gives_the_same_page_again_is_not_asked_for_ever(
    stash_that_answers: MakeStash,
) -> None:
    scenes = [{**SCENE, "id": str(number)} for number in range(1, 6)]
    stash = stash_that_answers({"findScenes": {"findScenes": {"count": 12, "scenes": scenes}}})
    pages = stash.pages(5)

    assert len(next(pages).scenes) == 5
    with pytest.raises(StashUnavailable, match="the same scenes"):
        next(pages)
