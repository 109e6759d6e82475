"""Collections: tags make, fill and empty them."""

from __future__ import annotations

import pytest

from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp


@pytest.fixture
def three(plex: PlexSimulator, movies: Section) -> list[Item]:
    return [
        plex.add_movie(movies, f"/data/{n}.mp4", title=n, year=2000 + i)
        for i, n in enumerate("abc")
    ]


def tag(http: PlexHttp, item: Item, name: str, value: str) -> int:
    return http.put(f"/library/sections/1/all?type=1&id={item.rating_key}", **{name: value})


def titles(item: Item) -> dict[str, int]:
    """The collections of the item's section: title and number of members."""
    return {one.title: len(one.members) for one in item.section.collections.values()}


def test_a_tag_makes_and_fills_a_collection(http: PlexHttp, three: list[Item]) -> None:
    for item in three[:2]:
        tag(http, item, "collection[0].tag.tag", "Vixen")
    assert titles(three[0]) == {"Vixen": 2}
    [collection] = three[0].section.collections.values()
    assert [*collection.members] == [item.rating_key for item in three[:2]]


def test_a_collection_vanishes_with_its_last_member(http: PlexHttp, three: list[Item]) -> None:
    for item in three[:2]:
        tag(http, item, "collection[0].tag.tag", "Vixen")
    tag(http, three[0], "collection[].tag.tag-", "Vixen")
    assert titles(three[0]) == {"Vixen": 1}
    tag(http, three[1], "collection[].tag", "")
    assert titles(three[0]) == {}


def test_moving_from_one_collection_to_another_is_one_edit(
    http: PlexHttp, three: list[Item]
) -> None:
    tag(http, three[0], "collection[0].tag.tag", "Old")
    target = f"/library/sections/1/all?type=1&id={three[0].rating_key}"
    http.put(target, **{"collection[0].tag.tag": "New", "collection[].tag.tag-": "Old"})
    assert titles(three[0]) == {"New": 1}


def test_two_libraries_may_have_a_collection_of_one_name(
    plex: PlexSimulator, three: list[Item]
) -> None:
    other = plex.add_section("Other", locations=["/o"])
    item = plex.add_movie(other, "/o/a.mp4", tags={"collection": ["Vixen"]})
    plex.edit(three[0], tags={"collection": ["Vixen"]})
    assert titles(three[0]) == titles(item) == {"Vixen": 1}
    plex.edit(three[0], tags={"collection": []})
    assert (titles(three[0]), titles(item)) == ({}, {"Vixen": 1})


def test_a_removed_item_leaves_its_collections(plex: PlexSimulator, three: list[Item]) -> None:
    plex.edit(three[0], tags={"collection": ["Only"]})
    plex.library.remove(three[0])
    assert titles(three[1]) == {}
