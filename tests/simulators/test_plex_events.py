"""The simulator's event source: frames as real servers send them, and what can go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from simulators.plex.event_source import PATH
from simulators.plex.events import Form, Listener
from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp


def told(listener: Listener) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of every frame so far."""
    found = []
    while not listener.frames.empty():
        frame = listener.frames.get()
        assert frame is not None
        name, data, end = frame.decode().split("\n", 2)
        assert end == "\n"
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


@pytest.mark.parametrize(("agent", "states"), [(None, [0, 1, 2, 4, 5]), ("none", [0, 1])])
def test_a_scan_sends_events_about_its_items(
    plex: PlexSimulator, agent: str | None, states: list[int]
) -> None:
    section = plex.add_section("M", locations=["/d"], agent=agent)
    plex.add_on_scan(section, "/d/a.mp4")
    with plex.library.events.listen() as listener:
        plex.scanner.start(section)
        (item,) = plex.items(section)
        plex.library.remove(item)
        frames = told(listener)
    entries = [data["TimelineEntry"][0] for name, data in frames if name == "timeline"]
    assert [entry["state"] for entry in entries] == [*states, 9]
    assert [entry.get("metadataState") for entry in (entries[0], entries[-1])] == [
        "created",
        "deleted",
    ]
    assert {entry["itemID"] for entry in entries} == {str(item.rating_key)}
    others = [name for name, _ in frames if name != "timeline"]
    assert others == ["activity", "activity", "status"]


def test_an_episode_names_its_season(plex: PlexSimulator) -> None:
    section = plex.add_section("TV", type="show", locations=["/tv"])
    plex.library.events.ids = int
    with plex.library.events.listen() as listener:
        episode = plex.add_episode(section, "/tv/a.mkv", show="S")
        entries = [data["TimelineEntry"][0] for _, data in told(listener)]
    (created,) = [
        entry for entry in entries if entry["itemID"] == episode.rating_key and entry["state"] == 0
    ]
    assert episode.parent is not None
    assert created["parentItemID"] == episode.parent.rating_key


@pytest.mark.parametrize(
    ("form", "keys"),
    [
        ("list", ["TimelineEntry"]),
        ("object", ["TimelineEntry"]),
        ("wrapped", ["NotificationContainer"]),
    ],
)
def test_the_data_has_the_form_that_is_switched_on(
    plex: PlexSimulator, movies: Section, form: Form, keys: list[str]
) -> None:
    plex.library.events.form = form
    with plex.library.events.listen() as listener:
        plex.add_movie(movies, "/data/movies/a.mp4")
        _, data = told(listener)[0]
    assert list(data) == keys
    assert isinstance(data.get("TimelineEntry", {}), list if form == "list" else dict)


@pytest.fixture
def listen(plex: PlexSimulator) -> Iterator[Callable[..., requests.Response]]:
    """Connect to the event source; the connections are closed at the end."""
    answers = []

    def connect(query: str = "") -> requests.Response:
        url = f"{plex.url}{PATH}?X-Plex-Token={plex.token}{query}"
        answers.append(requests.get(url, stream=True, timeout=10))
        return answers[-1]

    yield connect
    for answer in answers:
        answer.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_listener_over_http_gets_events(
    plex: PlexSimulator,
    movies: Section,
    listen: Callable[..., requests.Response],
    chunked: bool,
) -> None:
    plex.library.events.chunked = chunked
    answer = listen("&filters=timeline")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")
    assert plex.library.events.open == 1
    plex.library.events.status("not asked for")
    plex.add_movie(movies, "/data/movies/a.mp4", title="T")
    lines = answer.iter_lines(chunk_size=1)
    assert next(lines) == b"event: timeline"
    assert json.loads(next(lines).removeprefix(b"data: "))["TimelineEntry"][0]["title"] == "T"


def test_a_quiet_listener_is_pinged(
    plex: PlexSimulator, listen: Callable[..., requests.Response]
) -> None:
    plex.library.events.ping_seconds = 0.0
    assert next(listen().iter_lines(chunk_size=1)) == b"event: ping"


def test_connections_are_counted_until_they_close(
    plex: PlexSimulator,
    listen: Callable[..., requests.Response],
    eventually: Callable[..., Any],
) -> None:
    events = plex.library.events
    with closing(listen()):
        first = listen()
        assert (events.open, events.most, events.opened) == (2, 2, 2)
    assert events.open == 1
    events.drop()
    assert first.raw.read(1) == b""
    eventually(lambda: events.open == 0)
    assert (events.most, events.opened) == (2, 2)


def test_a_stopped_server_ends_the_stream(
    plex: PlexSimulator, listen: Callable[..., requests.Response]
) -> None:
    answer = listen()
    plex.stop()
    assert answer.raw.read(1) == b""


def test_a_server_without_events_answers_404(http: PlexHttp, plex: PlexSimulator) -> None:
    plex.library.events.offered = False
    assert http.ask("GET", PATH).status_code == 404
