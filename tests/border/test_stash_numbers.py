"""Every number that Stash writes, replaced: the scene or the value is left out, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from simulators.http_server import HttpServer, KeepAliveHandler
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashQueryFailed, StashUnavailable
from tests.border.test_numbers import ABSURD
from validation.documents import read_json
from validation.errors import InvalidScene
from validation.metadata import SceneFile, parse_scene, updated_time

DIGITS = [
    *("9" * 30, "9" * 5000, "-" + "9" * 5000, "9223372036854775808", "-1", "1.5", "1e999"),
    *("NaN", "Infinity", "null", '""', '"9223372036854775808"', "true", "[]", "{}"),
]
SCENE: dict[str, Any] = {
    **{"id": "7", "title": "T", "code": None, "details": None, "director": None, "date": None},
    **{"rating100": 50, "organized": False, "updated_at": "2026-01-01T00:00:00Z"},
    **{"files": [{"path": "/a.mp4", "size": 5, "duration": 1.5}], "studio": None},
    **{"performers": [{"id": "1", "name": "P"}], "tags": [], "groups": []},
    "paths": {"screenshot": None},
}
PLACES: dict[str, tuple[str | int, ...]] = {
    "id": ("id",),
    "rating": ("rating100",),
    "size": ("files", 0, "size"),
    "duration": ("files", 0, "duration"),
    "performer": ("performers", 0, "id"),
}


def with_digits(path: tuple[str | int, ...], digits: str) -> bytes:
    """The scene as JSON with *digits*, as they are, at *path*."""
    scene: Any = json.loads(json.dumps(SCENE))
    inner = scene
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = "HERE"
    return json.dumps(scene).replace('"HERE"', digits).encode()


@pytest.mark.parametrize("place", PLACES)
def test_a_number_that_cannot_be_is_unknown_or_makes_its_scene_invalid(place: str) -> None:
    for digits in DIGITS:
        raw: Any = read_json(with_digits(PLACES[place], digits))
        try:
            scene = parse_scene(raw)
        except InvalidScene as error:
            assert len(str(error)) < 500
            assert place not in ("size", "duration"), digits
            continue
        assert 0 < scene.scene_id < 2**63
        assert all(0 <= file.size < 2**63 and 0 <= file.duration < 1e10 for file in scene.files)
        assert scene.rating100 is None or 0 <= scene.rating100 <= 100


def test_a_file_keeps_its_path_whatever_its_numbers_are() -> None:
    for value in ABSURD:
        file = SceneFile("/a.mp4", value, value)  # type: ignore[arg-type]
        assert (file.path, file.size) == ("/a.mp4", 0)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "x" * 10**6, "2026\ud800"]
)
def test_a_time_that_cannot_be_is_no_crash(text: str) -> None:
    try:
        assert isinstance(updated_time(text), float)
    except InvalidScene as error:
        assert len(str(error)) < 200


# -- over HTTP -----------------------------------------------------------------------------------

SETTINGS = '"configuration":{"plugins":{}},"plugins":[]'


class OddStash(KeepAliveHandler):
    """Answers the connection's questions well, and all others with ``said``."""

    said: ClassVar[bytes] = b""

    def do_POST(self) -> None:
        query = json.loads(self.body())["query"]
        body = self.said
        if "StashVersion" in query:
            version = {"version": "v0.31.0", "hash": "x", "build_time": "x"}
            body = json.dumps({"data": {"version": version}}).encode()
        elif "getApiKey" in query:
            body = b'{"data":{"configuration":{"general":{"apiKey":""}}}}'
        self.answer(200, {"Content-Type": "application/json"}, body)


@pytest.fixture
def odd() -> Iterator[Callable[[str], StashClient]]:
    server = HttpServer(OddStash).start()

    def make(data: str) -> StashClient:
        OddStash.said = f'{{"data":{data}}}'.encode()
        return StashClient(StashConnection.from_url(server.url), api_key="canary-key")

    yield make
    server.stop()


Odd = Callable[[str], StashClient]


def page(*ids: str, count: str = "2") -> str:
    scenes = ",".join(f'{{"id":{one},"updated_at":"x","files":[]}}' for one in ids)
    return f'{{"findScenes":{{"count":{count},"scenes":[{scenes}]}}}}'


BAD_IDS = [json.dumps(text) for text in ("9" * 30, "9" * 5000, "-1", "0", "", "1.5", "٣")]


@pytest.mark.parametrize("bad", BAD_IDS)
def test_a_scene_without_a_usable_number_stops_no_listing(odd: Odd, bad: str) -> None:
    stash = odd(page(bad, '"7"'))

    assert stash.page(1, 5) == (2, [(7, "x")])
    assert [row for one in stash.pages(5) for row in one.scenes] == [(7, "x")]
    assert stash.namesakes(["a.mp4"]) == {"a.mp4": ()}


@pytest.mark.parametrize("count", ["9" * 30, "9" * 5000, "-1", "1000000000000", "1.5", "NaN"])
def test_a_count_that_cannot_be_is_no_answer(odd: Odd, count: str) -> None:
    stash = odd(page('"7"', count=count))

    for ask in (lambda: stash.page(1, 5), lambda: list(stash.pages(5))):
        with pytest.raises(StashUnavailable):
            ask()


@pytest.mark.parametrize("scene_id", BAD_IDS)
def test_a_scene_without_a_usable_number_is_not_taken_for_deleted(odd: Odd, scene_id: str) -> None:
    scene = json.dumps(SCENE).replace('"7"', scene_id)
    stash = odd(f'{{"findScenes":{{"scenes":[{scene}]}},"s7":{scene},{SETTINGS}}}')

    with pytest.raises(StashQueryFailed):
        stash.read_scenes([7])


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"[1,]", b"NaN", b"9" * 5000]
)
def test_unreadable_json_is_an_error_of_stash(odd: Odd, body: bytes) -> None:
    stash = odd("{}")
    OddStash.said = body

    with pytest.raises(StashUnavailable):
        stash.read_settings()


def test_an_answer_that_is_too_big_blames_the_query_and_not_stash(odd: Odd) -> None:
    stash = odd("{}")
    OddStash.said = b'{"data":"' + b"x" * (17 * 1024 * 1024) + b'"}'

    with pytest.raises(StashQueryFailed, match="too long"):
        stash.read_settings()


def test_stashs_own_words_are_shown_without_our_key_and_on_one_line(odd: Odd) -> None:
    stash = odd("{}")
    for words, shown in (
        ("no such\nfield\x1b[31m", "no such field [31m"),
        ("denied for canary-key", ""),
        ("denied for CANARY\u200bkey", ""),
    ):
        OddStash.said = json.dumps({"errors": [{"message": words}], "data": None}).encode()
        with pytest.raises(StashQueryFailed) as caught:
            stash.read_settings()
        assert str(caught.value) == f"Stash reported an error{f': {shown}' if shown else ''}."


def test_halves_of_pairs_never_reach_a_database() -> None:
    assert read_json(b'{"a":["x\\ud800","\\ud83c\\udfac"]}') == {"a": ["x\ufffd", "🎬"]}
