"""The effects of a PUT: values, locks, tags in both modes, and the edit that names no item."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator, TagMode
from tests.simulators.plex_http import PlexHttp

ONE = "/library/sections/1/all?type=1&id=1"


@pytest.fixture(params=["replace", "append"])
def mode(request: pytest.FixtureRequest) -> TagMode:
    return "replace" if request.param == "replace" else "append"


@pytest.fixture
def plex(mode: TagMode) -> Iterator[PlexSimulator]:
    with PlexSimulator(tag_mode=mode) as simulator:
        yield simulator


@pytest.fixture
def movie(plex: PlexSimulator, movies: Section) -> Item:
    return plex.add_movie(
        movies,
        "/data/movies/a.mp4",
        title="A",
        tags={"genre": ["Old", "Older"], "actor": [("Ann", "Herself"), "Bob"]},
    )


def test_a_value_is_set_and_locked(http: PlexHttp, movie: Item) -> None:
    assert (
        http.put(ONE, **{"title.value": "B & C", "title.locked": "1", "summary.value": "S"}) == 200
    )
    assert (movie.fields["title"], movie.fields["summary"]) == ("B & C", "S")
    assert movie.locked == {"title"}, "without …locked nothing is locked"


def test_an_empty_value_clears(http: PlexHttp, movie: Item) -> None:
    http.put(ONE, **{"studio.value": "S"})
    assert http.get("/library/metadata/1")[0].get("studio") == "S"
    http.put(ONE, **{"studio.value": ""})
    assert http.get("/library/metadata/1")[0].get("studio") is None


def test_unlocking_takes_the_lock_away(http: PlexHttp, movie: Item) -> None:
    http.put(ONE, **{"thumb.locked": "1", "genre.locked": "1"})
    assert movie.locked == {"thumb", "genre"}
    http.put(ONE, **{"thumb.locked": "0"})
    assert [f.attrib["name"] for f in http.get("/library/metadata/1")[0].findall("Field")] == [
        "genre"
    ]


@pytest.mark.parametrize(
    ("name", "sent", "stored"),
    [
        ("userRating", "8", "8.0"),
        ("userRating", "7.25", "7.2"),
        ("year", "1999", "1999"),
        ("originallyAvailableAt", "2020-02-29", "2020-02-29"),
        ("tagline", "x\ny", "x\ny"),
    ],
)
def test_values_are_stored_in_plexs_form(
    http: PlexHttp, movie: Item, name: str, sent: str, stored: str
) -> None:
    http.put(ONE, **{f"{name}.value": sent})
    assert movie.fields[name] == stored
    assert http.get("/library/metadata/1")[0].attrib[name] == stored


@pytest.mark.parametrize(
    "edit",
    [
        {"userRating.value": "11"},
        {"year.value": "last"},
        {"originallyAvailableAt.value": "2020-13-01"},
        {"editionTitle.value": "Director's Cut"},
    ],
)
def test_a_value_that_cannot_be_changes_nothing(
    http: PlexHttp, plex: PlexSimulator, movie: Item, edit: dict[str, str]
) -> None:
    before = plex.snapshot()
    assert http.put(ONE, **{"title.value": "B"}, **edit) == 400
    assert plex.snapshot() == before


def test_sent_tags_replace_or_join_the_old_ones(http: PlexHttp, movie: Item, mode: TagMode) -> None:
    http.put(ONE, **{"genre[0].tag.tag": "New", "genre[1].tag.tag": "old"})
    wanted = ["New", "Old"] if mode == "replace" else ["Old", "Older", "New"]
    assert movie.tags["genre"] == wanted
    assert movie.tags["actor"] == ["Ann", "Bob"], "other kinds stay"


def test_sending_all_wanted_and_all_unwanted_works_in_both_modes(
    http: PlexHttp, movie: Item
) -> None:
    edit = {"genre[0].tag.tag": "Old", "genre[1].tag.tag": "New", "genre[].tag.tag-": "Older"}
    for _ in range(2):
        http.put(ONE, **edit)
        assert movie.tags["genre"] == ["Old", "New"]


def test_tags_of_several_items_are_added_in_both_modes(
    http: PlexHttp, plex: PlexSimulator, movies: Section, movie: Item
) -> None:
    other = plex.add_movie(movies, "/data/movies/b.mp4", tags={"genre": ["Mine"]})
    target = f"/library/sections/1/all?type=1&id={movie.rating_key},{other.rating_key}"
    assert http.put(target, **{"genre[0].tag.tag": "Both"}) == 200
    assert movie.tags["genre"] == ["Old", "Older", "Both"]
    assert other.tags["genre"] == ["Mine", "Both"]


def test_a_removal_is_split_at_commas_and_decoded_once_more(http: PlexHttp, movie: Item) -> None:
    names = ["Comma, the", "100%", "Old", "Older"]
    http.put(ONE, **{f"genre[{i}].tag.tag": name for i, name in enumerate(names)})
    http.put(ONE, **{"genre[].tag.tag-": ",".join(quote(name, safe="") for name in names[:3])})
    assert movie.tags["genre"] == ["Older"]


def test_a_comma_that_is_encoded_once_splits_the_name(http: PlexHttp, movie: Item) -> None:
    http.put(ONE, **{"genre[0].tag.tag": "Comma, the"})
    http.put(ONE, **{"genre[].tag.tag-": "Comma, the"})
    assert "Comma, the" in movie.tags["genre"]


@pytest.mark.parametrize("name", ["genre[].tag.tag-", "genre[].tag"])
def test_an_empty_removal_removes_all_of_the_kind(http: PlexHttp, movie: Item, name: str) -> None:
    http.put(ONE, **{name: ""})
    assert (movie.tags["genre"], movie.tags["actor"]) == ([], ["Ann", "Bob"])


def test_clearing_and_sending_in_one_request_gives_exactly_what_was_sent(
    http: PlexHttp, movie: Item
) -> None:
    http.put(ONE, **{"genre[].tag": "", "genre[1].tag.tag": "B", "genre[0].tag.tag": "A"})
    assert movie.tags["genre"] == ["A", "B"], "the index is the order"


def test_an_actor_has_a_role_and_a_picture(http: PlexHttp, movie: Item) -> None:
    edit = {"actor[0].tag.tag": "Cid", "actor[0].tagging.text": "The Man"}
    http.put(ONE, **{"actor[].tag": ""}, **edit, **{"actor[0].tag.thumb": "http://x/cid.jpg"})
    role = http.get("/library/metadata/1")[0].find("Role")
    assert role is not None
    assert [role.get(n) for n in ("tag", "role", "thumb")] == ["Cid", "The Man", "http://x/cid.jpg"]


def test_names_differ_only_by_more_than_case(
    http: PlexHttp, plex: PlexSimulator, movies: Section, movie: Item
) -> None:
    other = plex.add_movie(movies, "/data/movies/b.mp4", tags={"genre": ["OLD"]})
    assert other.tags["genre"] == ["Old"]
    http.put(ONE, **{"genre[].tag.tag-": "oLd"})
    assert movie.tags["genre"] == ["Older"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/library/sections/1/all?type=1&id=99", 404),
        ("/library/sections/1/all?type=1&id=1,99", 404),
        ("/library/sections/9/all?type=1&id=1", 404),
        ("/library/sections/1/all?type=4&id=1", 400),
        ("/library/sections/1/all?id=1", 400),
    ],
)
def test_an_edit_of_what_is_not_there_is_refused(
    http: PlexHttp, plex: PlexSimulator, movie: Item, target: str, status: int
) -> None:
    before = plex.snapshot()
    assert http.put(target, **{"title.value": "B"}) == status
    assert plex.snapshot() == before


@pytest.mark.parametrize("target", ["type=1", "type=1&id="])
def test_an_edit_without_an_item_changes_the_whole_section_and_is_noted(
    http: PlexHttp, plex: PlexSimulator, movies: Section, movie: Item, target: str
) -> None:
    other = plex.add_movie(movies, "/data/movies/b.mp4")
    assert plex.requests.whole_section_edits == []
    http.put(f"/library/sections/1/all?{target}", **{"title.value": "Oops"})
    assert (movie.title, other.title) == ("Oops", "Oops")
    (noted,) = plex.requests.whole_section_edits
    assert (noted.method, noted.path) == ("PUT", "/library/sections/1/all")
    assert noted.parameters.get("title.value") == "Oops"


def test_stars_are_given_without_a_lock(http: PlexHttp, movie: Item) -> None:
    rate = "/:/rate?key=1&identifier=com.plexapp.plugins.library&rating="
    assert http.put(rate + "9") == 200
    assert http.get("/library/metadata/1")[0].attrib["userRating"] == "9.0"
    assert movie.locked == set()
    http.put(rate + "-1")
    assert "userRating" not in movie.fields
    assert http.put(rate + "11") == 400
    assert http.put("/:/rate?key=99&rating=1") == 404


def test_a_refresh_restores_what_is_not_locked(
    http: PlexHttp, plex: PlexSimulator, movie: Item
) -> None:
    http.put(ONE, **{"title.value": "Mine", "title.locked": "1", "summary.value": "Gone"})
    http.put(ONE, **{"genre[].tag": "", "genre[0].tag.tag": "Mine", "genre.locked": "1"})
    http.put(ONE, **{"actor[].tag": ""})
    plex.refresh_metadata(movie)
    assert (movie.title, movie.fields.get("summary")) == ("Mine", None)
    assert (movie.tags["genre"], movie.tags["actor"]) == (["Mine"], ["Ann", "Bob"])


def test_a_user_edits_and_locks(plex: PlexSimulator, movie: Item) -> None:
    plex.edit(movie, {"title": "By hand"}, {"genre": ["Only"], "actor": [("Ann", "Queen")]})
    assert (movie.title, movie.tags["genre"]) == ("By hand", ["Only"])
    assert movie.locked == {"title", "genre", "actor"}
    plex.edit(movie, {"title": "Unlocked"}, lock=False)
    plex.refresh_metadata(movie)
    assert movie.title == "Unlocked", "the lock was there before"


def test_undocumented_habits_can_be_switched(
    http: PlexHttp, plex: PlexSimulator, movie: Item
) -> None:
    plex.library.ignored_edits = {"userRating", "genre"}
    plex.library.stored_form = lambda _field, text: text.strip()
    edit = {"userRating.value": "3", "title.value": " padded ", "genre[0].tag.tag": "x"}
    http.put(ONE, **edit)
    assert "userRating" not in movie.fields
    assert movie.title == "padded"
    assert movie.tags["genre"] == ["Old", "Older"]
