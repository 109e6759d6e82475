"""Scans by an injected clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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


def test_an_episode_can_arrive_too(http: PlexHttp, plex: PlexSimulator, clock: Clock) -> None:
    shows = plex.add_section("TV", type="show", locations=["/tv"])
    plex.add_on_scan(shows, "/tv/a.mkv", show="S", season=1, index=1)
    http.ask("GET", SCAN)
    clock.now += 5
    assert len(http.keys("/library/sections/1/all?type=4")) == 1
