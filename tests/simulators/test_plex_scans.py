"""Scans by an injected clock, and the simulator as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp

LIST = "/library/sections/1/all?type=1"
SCAN = "/library/sections/1/refresh"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plex(clock: Clock) -> Iterator[PlexSimulator]:
    with PlexSimulator(clock=clock) as simulator:
        simulator.scan_delay = 5
        yield simulator


def section_of(http: PlexHttp) -> dict[str, str]:
    return http.get("/library/sections")[0].attrib


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_file_appears_some_time_after_a_scan_of_its_folder(
    http: PlexHttp, plex: PlexSimulator, movies: Section, clock: Clock, method: str
) -> None:
    plex.add_on_scan(movies, "/data/movies/new/a.mp4", title="New")
    before = section_of(http)
    answer = http.ask(method, f"{SCAN}?path=%2Fdata%2Fmovies%2Fnew")
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (
        200,
        b"",
        "text/html",
    )
    assert http.keys(LIST) == []
    assert (before["refreshing"], section_of(http)["refreshing"]) == ("0", "1")
    clock.now += 5
    assert [video.attrib["title"] for video in http.get(LIST)] == ["New"]
    after = section_of(http)
    assert after["refreshing"] == "0"
    assert int(after["contentChangedAt"]) > int(before["contentChangedAt"])
    assert (before["scannedAt"], after["scannedAt"]) == ("1000", "1005")


@pytest.mark.parametrize(
    ("path", "seen"),
    [("", 1), ("/data/movies", 1), ("/data/movies/x", 0), ("/data", 0), ("/data/movies/ne", 0)],
)
def test_a_scan_covers_its_folder_and_nothing_else(
    http: PlexHttp, plex: PlexSimulator, movies: Section, clock: Clock, path: str, seen: int
) -> None:
    plex.add_on_scan(movies, "/data/movies/new/a.mp4")
    assert http.ask("GET", f"{SCAN}?path={path}").status_code == 200
    clock.now += 5
    assert len(http.keys(LIST)) == seen


def test_activities_show_a_scan_about_a_second_late(
    http: PlexHttp, movies: Section, clock: Clock
) -> None:
    http.ask("GET", SCAN)
    assert len(http.get("/activities")) == 0
    clock.now += 1.5
    (activity,) = http.get("/activities")
    assert activity.attrib["type"] == "library.update.section"
    assert activity[0].attrib == {"librarySectionID": "1"}
    assert http.get("/library/sections/1/timeline")[0].attrib["updateQueueSize"] == "1"
    clock.now += 5
    assert len(http.get("/activities")) == 0


def test_a_scan_of_a_folder_that_cannot_be_seen_empties_it(
    http: PlexHttp, plex: PlexSimulator, movies: Section, clock: Clock
) -> None:
    kept = plex.add_movie(movies, "/data/movies/here/a.mp4")
    plex.add_movie(movies, "/data/movies/gone/b.mp4")
    plex.hide_folder("/data/movies/gone")
    http.ask("GET", f"{SCAN}?path=/data/movies/here")
    clock.now += 5
    assert len(http.keys(LIST)) == 2
    http.ask("GET", SCAN)
    clock.now += 5
    assert http.keys(LIST) == [kept.rating_key]


def test_a_forced_refresh_restores_the_whole_section(
    http: PlexHttp, plex: PlexSimulator, movies: Section, clock: Clock
) -> None:
    movie = plex.add_movie(movies, "/data/movies/a.mp4", title="Agent")
    plex.edit(movie, {"title": "Mine"}, lock=False)
    http.ask("GET", SCAN)
    clock.now += 5
    assert plex.item(movie.rating_key).title == "Mine", "a scan is no refresh"
    http.ask("GET", f"{SCAN}?force=1")
    clock.now += 5
    assert plex.item(movie.rating_key).title == "Agent"


def test_an_episode_can_arrive_too(http: PlexHttp, plex: PlexSimulator, clock: Clock) -> None:
    shows = plex.add_section("TV", type="show", locations=["/tv"])
    plex.add_on_scan(shows, "/tv/a.mkv", show="S", season=1, index=1)
    http.ask("GET", SCAN)
    clock.now += 5
    assert len(http.keys("/library/sections/1/all?type=4")) == 1


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., dict[str, str]]]:
    """Start ``python -m simulators.plex`` with a seed file; gives its first line."""
    running = []

    def start(*arguments: str) -> dict[str, str]:
        command = [sys.executable, "-m", "simulators.plex", *arguments]
        root = Path(__file__).parents[2]
        child = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
        running.append(child)
        assert child.stdout
        line: dict[str, str] = json.loads(child.stdout.readline())
        return line

    yield start
    for child in running:
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=10) == 0
        assert child.stdout
        child.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to answer")
def test_a_process_of_its_own_is_steered_over_http(
    process: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    seed = {
        "title": "Seeded",
        "locations": ["/s"],
        "items": [
            {"path": "/s/a.mp4", "title": "A", "tags": {"genre": ["g"]}, "locked": ["title"]}
        ],
    }
    (tmp_path / "seed.json").write_text(json.dumps({"sections": [seed]}))
    options = ("--token", "secret", "--tag-mode", "append", "--seed", str(tmp_path / "seed.json"))
    line = process(*options, "--movies", "3")
    assert line["token"] == "secret"
    control = line["url"] + "/_control/"
    with PlexHttp(line["url"], "secret") as http, requests.Session() as session:
        assert [len(http.keys(f"/library/sections/{n}/all?type=1")) for n in (1, 2)] == [1, 3]
        added = {"section": 1, "items": [{"path": "/s/b.mp4", "title": "B"}]}
        assert session.post(control + "items", json=added, timeout=10).json() == {"items": [5]}
        edited = session.post(control + "edit?id=5&title.value=C&title.locked=1", timeout=10).json()
        assert (edited["fields"]["title"], edited["locked"]) == ("C", ["title"])
        session.post(control + "faults", json={"kind": "status", "status": 503}, timeout=10)
        assert http.ask("GET", "/").status_code == 503
        http.put("/library/sections/1/all?type=1&id=1", **{"genre[0].tag.tag": "h"})
        snapshot = session.get(control + "snapshot", timeout=10).json()
        assert snapshot["1"]["tags"]["genre"] == ["g", "h"], "the mode is append"
        counts = session.get(control + "counts", timeout=10).json()
        wanted = {"total": 4, "by_method": {"GET": 3, "PUT": 1}, "writes": 1}
        assert counts == wanted | {"whole_section_edits": 0, "items": 5}
        assert len(session.get(control + "requests", timeout=10).json()) == 4
        session.post(control + "reset", timeout=10)
        assert session.get(control + "counts", timeout=10).json()["total"] == 0
        assert session.get(control + "nothing", timeout=10).status_code == 404
