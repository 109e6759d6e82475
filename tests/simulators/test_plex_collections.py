"""Collections: tags make, fill and empty them."""

from __future__ import annotations

import pytest

from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp

COLLECTIONS = "/library/sections/1/all?type=18"


@pytest.fixture
def three(plex: PlexSimulator, movies: Section) -> list[Item]:
    return [
        plex.add_movie(movies, f"/data/{n}.mp4", title=n, year=2000 + i)
        for i, n in enumerate("abc")
    ]


def tag(http: PlexHttp, item: Item, name: str, value: str) -> int:
    return http.put(f"/library/sections/1/all?type=1&id={item.rating_key}", **{name: value})


def titles(http: PlexHttp) -> dict[str, str]:
    """The section's collections: title and number of members."""
    listed = http.get(COLLECTIONS)
    return {c.attrib["title"]: c.attrib["childCount"] for c in listed}


def test_a_tag_makes_and_fills_a_collection(http: PlexHttp, three: list[Item]) -> None:
    for item in three[:2]:
        tag(http, item, "collection[0].tag.tag", "Vixen")
    assert titles(http) == {"Vixen": "2"}
    collection = http.get(COLLECTIONS)[0].attrib
    assert (collection["type"], collection["subtype"]) == ("collection", "movie")
    assert (collection["minYear"], collection["maxYear"]) == ("2000", "2001")
    members = [item.rating_key for item in three[:2]]
    assert http.keys("/library/sections/1/all?type=1&collection=vixen") == members


def test_a_collection_vanishes_with_its_last_member(http: PlexHttp, three: list[Item]) -> None:
    for item in three[:2]:
        tag(http, item, "collection[0].tag.tag", "Vixen")
    tag(http, three[0], "collection[].tag.tag-", "Vixen")
    assert titles(http) == {"Vixen": "1"}
    tag(http, three[1], "collection[].tag", "")
    assert titles(http) == {}


def test_moving_from_one_collection_to_another_is_one_edit(
    http: PlexHttp, three: list[Item]
) -> None:
    tag(http, three[0], "collection[0].tag.tag", "Old")
    target = f"/library/sections/1/all?type=1&id={three[0].rating_key}"
    http.put(target, **{"collection[0].tag.tag": "New", "collection[].tag.tag-": "Old"})
    assert titles(http) == {"New": "1"}


def test_two_libraries_may_have_a_collection_of_one_name(
    http: PlexHttp, plex: PlexSimulator, three: list[Item]
) -> None:
    other = plex.add_section("Other", locations=["/o"])
    plex.add_movie(other, "/o/a.mp4", tags={"collection": ["Vixen"]})
    plex.edit(three[0], tags={"collection": ["Vixen"]})
    mine = plex.collection(three[0].section, "vixen")
    assert mine
    assert (
        http.put(f"/library/sections/1/all?type=18&id={mine.rating_key}", **{"title.value": "V"})
        == 200
    )
    assert three[0].tags["collection"] == ["V"]
    kept = plex.collection(other, "Vixen")
    assert kept
    assert kept.title == "Vixen"


def test_a_taken_name_is_a_conflict(http: PlexHttp, plex: PlexSimulator, three: list[Item]) -> None:
    plex.edit(three[0], tags={"collection": ["One", "Two"]})
    before = plex.snapshot()
    one = plex.collection(three[0].section, "One")
    assert one
    target = f"/library/sections/1/all?type=18&id={one.rating_key}"
    assert http.put(target, **{"title.value": "two", "summary.value": "s"}) == 409
    assert plex.snapshot() == before


def test_a_removed_item_leaves_its_collections(plex: PlexSimulator, three: list[Item]) -> None:
    plex.edit(three[0], tags={"collection": ["Only"]})
    plex.library.remove(three[0])
    assert plex.collection(three[1].section, "Only") is None
