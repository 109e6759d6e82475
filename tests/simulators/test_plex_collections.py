"""Collections: made, filled and emptied by tags, or through their own address."""

from __future__ import annotations

import pytest

from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp

MAKE = "/library/collections?sectionId=1&type=1&title={}&smart={}&uri={}"
URI = "server%3A%2F%2Fx%2Fcom.plexapp.plugins.library%2Flibrary%2F"


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
    listed = http.get("/library/sections/1/collections")
    return {c.attrib["title"]: c.attrib["childCount"] for c in listed}


def test_a_tag_makes_and_fills_a_collection(http: PlexHttp, three: list[Item]) -> None:
    for item in three[:2]:
        tag(http, item, "collection[0].tag.tag", "Vixen")
    assert titles(http) == {"Vixen": "2"}
    collection = http.get("/library/sections/1/all?type=18")[0].attrib
    assert (collection["type"], collection["subtype"]) == ("collection", "movie")
    assert (collection["minYear"], collection["maxYear"]) == ("2000", "2001")
    members = http.keys(f"/library/collections/{collection['ratingKey']}/children")
    assert members == [item.rating_key for item in three[:2]]
    assert http.keys(f"/library/collections/{collection['ratingKey']}/items") == members
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


def test_a_collection_can_be_made_and_changed_by_its_address(
    http: PlexHttp, three: list[Item]
) -> None:
    a, b, c = (item.rating_key for item in three)
    made = http.ask("POST", MAKE.format("Mine", 0, f"{URI}metadata%2F{a},{b}"))
    assert made.status_code == 200
    assert titles(http) == {"Mine": "2"}
    assert three[0].tags["collection"] == ["Mine"]
    (key,) = http.keys("/library/sections/1/collections")
    assert http.put(f"/library/collections/{key}/items?uri={URI}metadata%2F{c}") == 200
    assert http.ask("DELETE", f"/library/collections/{key}/items/{a}").status_code == 200
    assert http.keys(f"/library/collections/{key}/items") == [b, c]
    assert http.put(f"/library/collections/{key}/items/{c}/move") == 200
    assert http.keys(f"/library/collections/{key}/items") == [c, b]
    assert http.ask("DELETE", f"/library/collections/{key}").status_code == 200
    assert (titles(http), three[1].tags["collection"]) == ({}, [])


def test_a_smart_collection_asks_anew_each_time(
    http: PlexHttp, plex: PlexSimulator, movies: Section, three: list[Item]
) -> None:
    uri = f"{URI}sections%2F1%2Fall%3Ftype%3D1%26year%253E%253E%3D2000"
    assert http.ask("POST", MAKE.format("Newer", 1, uri)).status_code == 200
    (key,) = http.keys("/library/sections/1/collections")
    assert http.keys(f"/library/collections/{key}/items") == [item.rating_key for item in three[1:]]
    late = plex.add_movie(movies, "/data/z.mp4", title="z", year=2020)
    assert http.keys(f"/library/collections/{key}/items")[-1] == late.rating_key


def test_more_than_a_hundred_members_come_in_pages(
    http: PlexHttp, plex: PlexSimulator, movies: Section
) -> None:
    for number in range(103):
        plex.add_movie(movies, f"/data/{number}.mp4", tags={"collection": ["Big"]})
    (key,) = http.keys("/library/sections/1/collections")
    first = http.get(f"/library/collections/{key}/children")
    assert (len(first), first.attrib["totalSize"]) == (100, "103")
    assert len(http.keys(f"/library/collections/{key}/children?X-Plex-Container-Start=100")) == 3


def test_a_removed_item_leaves_its_collections(plex: PlexSimulator, three: list[Item]) -> None:
    plex.edit(three[0], tags={"collection": ["Only"]})
    plex.library.remove(three[0])
    assert plex.collection(three[1].section, "Only") is None


def test_a_collection_has_preferences_and_pictures(
    http: PlexHttp, plex: PlexSimulator, three: list[Item]
) -> None:
    plex.edit(three[0], tags={"collection": ["Mine"]})
    (key,) = http.keys("/library/sections/1/collections")
    target = f"/library/collections/{key}"
    assert "/composite/" in http.get(target)[0].attrib["thumb"]
    assert http.put(f"{target}/prefs?collectionSort=1") == 200
    settings = http.get(f"{target}?includePreferences=1")[0].findall("Preferences/Setting")
    assert {s.attrib["id"]: s.attrib["value"] for s in settings}["collectionSort"] == "1"
    assert http.ask("POST", f"{target}/posters", b"jpeg").status_code == 200
    assert "/thumb/" in http.get(target)[0].attrib["thumb"]
