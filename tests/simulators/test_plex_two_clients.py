"""The same story told by plexapi and by plain HTTP ends in the same state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

import pytest
import requests
from plexapi.server import PlexServer

from simulators.plex.server import PlexSimulator, TagMode
from tests.simulators.plex_http import PlexHttp

AWKWARD = "Comma, \"quote\" & 100% [x] 'é'"


@pytest.fixture(params=["replace", "append"])
def pair(request: pytest.FixtureRequest) -> Iterator[list[PlexSimulator]]:
    """Two servers of one mode with the same two movies."""
    mode: TagMode = "append" if request.param == "append" else "replace"
    with ExitStack() as stack:
        pair = [stack.enter_context(PlexSimulator(tag_mode=mode)) for _ in range(2)]
        for simulator in pair:
            section = simulator.add_section("Movies", locations=["/d"])
            for name in "ab":
                simulator.add_movie(section, f"/d/{name}.mp4", title=name, tags={"genre": ["old"]})
        yield pair


def tell_by_plexapi(simulator: PlexSimulator) -> None:
    with requests.Session() as session:
        server = PlexServer(simulator.url, simulator.token, session=session)
        item = server.fetchItem(1)
        item.reload()
        item.batchEdits().editTitle("T & t").editSummary("").editTagline("x\ny").addGenre(AWKWARD)
        item.addCollection("Vixen").editUserRating(7.5).saveEdits()
        item.reload()
        item.removeGenre([AWKWARD, "none"])
        item.uploadPoster(filepath=b"poster")
        item.unlockPoster()
        server.fetchItem(2).addCollection("Vixen", locked=False)
        server.library.section("Movies").collection("Vixen").editTitle("Renamed")
        server.fetchItem(2).removeCollection("Renamed", locked=False)


def tell_by_http(simulator: PlexSimulator) -> None:
    all_of = "/library/sections/1/all?type="
    with PlexHttp(simulator.url, simulator.token or "") as http:
        edit = {"genre[0].tag.tag": "old", "genre[1].tag.tag": AWKWARD, "genre.locked": "1"}
        edit |= {"title.value": "T & t", "summary.value": "", "tagline.value": "x\ny"}
        edit |= {"collection[0].tag.tag": "Vixen", "userRating.value": "7.5"}
        locked = ("title", "summary", "tagline", "collection", "userRating")
        http.put(f"{all_of}1&id=1", **edit, **{f"{name}.locked": "1" for name in locked})
        removed = ",".join(quote(name, safe="") for name in (AWKWARD, "none"))
        http.put(f"{all_of}1&id=1", **{"genre[].tag.tag-": removed})
        http.ask("POST", "/library/metadata/1/posters", b"poster")
        http.put(f"{all_of}1&id=1", **{"thumb.locked": "0"})
        http.put(f"{all_of}1&id=2", **{"collection[0].tag.tag": "Vixen"})
        (key,) = http.keys("/library/sections/1/collections")
        http.put(f"{all_of}18&id={key}", **{"title.value": "Renamed", "title.locked": "1"})
        http.put(f"{all_of}1&id=2", **{"collection[].tag.tag-": "Renamed"})


def test_both_leave_the_same_state(pair: list[PlexSimulator]) -> None:
    by_plexapi, by_http = pair
    tell_by_plexapi(by_plexapi)
    tell_by_http(by_http)
    assert by_plexapi.snapshot() == by_http.snapshot()
    movie = by_http.snapshot()[1]
    assert movie["tags"] == {"genre": ["old"], "collection": ["Renamed"]}
    assert movie["fields"] == {"title": "T & t", "tagline": "x\ny", "userRating": "7.5"}
    assert by_plexapi.requests.whole_section_edits == []


def test_both_read_the_same_state(pair: list[PlexSimulator]) -> None:
    simulator = pair[0]
    movie = simulator.item(1)
    names = ["a", "b", AWKWARD]
    simulator.edit(movie, tags={"genre": names, "actor": [("Ann", "Role"), "Bob", "Cid", "Dan"]})
    simulator.edit(movie, {"title": AWKWARD, "originallyAvailableAt": "2020-02-29"})
    with requests.Session() as session, PlexHttp(simulator.url, simulator.token or "") as http:
        item = PlexServer(simulator.url, simulator.token, session=session).fetchItem(1)
        raw = http.get("/library/metadata/1")[0]
        assert item.title == raw.attrib["title"] == AWKWARD
        genres = [genre.attrib["tag"] for genre in raw.findall("Genre")]
        assert [genre.tag for genre in item.genres] == genres == names
        roles = [(role.attrib["tag"], role.get("role")) for role in raw.findall("Role")]
        assert [(role.tag, role.role) for role in item.roles] == roles
        locked = {field.attrib["name"] for field in raw.findall("Field")}
        assert {field.name for field in item.fields} == locked == movie.locked
        assert item.locations == movie.files
        assert str(item.originallyAvailableAt.date()) == "2020-02-29"
