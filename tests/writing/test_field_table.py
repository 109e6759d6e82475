"""Which value of Stash becomes which field of Plex, cell by cell."""

from __future__ import annotations

from typing import Any

import pytest

from plex.fields import stars, value_in_plex, wanted_fields
from tests.writing.builders import item, scene
from validation.config import PlexSyncConfig
from validation.metadata import SceneFile

EVERYTHING: dict[str, Any] = {
    "title": "The Title",
    "details": "First paragraph.\n\n“Second” – with an emoji 🎬",
    "date": "2023-05-01",
    "studio": "Studio",
    "performers": ("Zoë", "Ann", "Bob, Jr."),
    "tags": ("drama", "Rock & Roll"),
    "groups": ("Box",),
    "director": "Dee",
    "code": "C-1",
    "rating100": 85,
}
ALL_ON = PlexSyncConfig(sync_code=True, sync_groups=True)
# Fields that settings fill, and not the scene.
BY_SETTINGS = {"contentRating", "label"}

# Stash -> (Plex's fields of a movie, of an episode), all settings on.
TABLE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("title", {"title": "The Title"}, {"title": "The Title"}),
    ("details", {"summary": EVERYTHING["details"]}, {"summary": EVERYTHING["details"]}),
    (
        "date",
        {"originallyAvailableAt": "2023-05-01", "year": "2023"},
        {"originallyAvailableAt": "2023-05-01", "year": "2023"},
    ),
    ("studio", {"studio": "Studio", "collection": ("Studio",)}, {}),
    (
        "performers",
        {"actor": ("Zoë", "Ann", "Bob, Jr.")},
        {"actor": ("Zoë", "Ann", "Bob, Jr.")},
    ),
    ("tags", {"genre": ("drama", "Rock & Roll")}, {}),
    ("groups", {"collection": ("Box",)}, {}),
    ("director", {"director": ("Dee",)}, {"director": ("Dee",)}),
    ("code", {"tagline": "C-1"}, {}),
    ("rating100", {"userRating": "8.5"}, {"userRating": "8.5"}),
]


def filled(
    kind: str, config: PlexSyncConfig, *, ours: bool = False, **values: Any
) -> dict[str, object]:
    """The wanted fields that are not empty."""
    wanted = wanted_fields(scene(**values), kind, config, title_is_ours=ours)
    return {name: value for name, value in {**wanted.values, **wanted.tags}.items() if value}


@pytest.mark.parametrize(("name", "movie", "episode"), TABLE)
def test_each_value_goes_where_the_table_says(
    name: str, movie: dict[str, Any], episode: dict[str, Any]
) -> None:
    assert filled("movie", ALL_ON, **{name: EVERYTHING[name]}) == movie
    assert filled("episode", ALL_ON, **{name: EVERYTHING[name]}) == episode


def test_the_table_is_complete() -> None:
    assert {name for name, _movie, _episode in TABLE} == set(EVERYTHING)
    wanted = wanted_fields(scene(**EVERYTHING), "movie", ALL_ON, title_is_ours=False)
    of_the_scene = {name for _, movie, _ in TABLE for name in movie}
    assert of_the_scene | BY_SETTINGS == {*wanted.values, *wanted.tags}


def test_a_rating_that_is_switched_off_is_left_alone() -> None:
    config = PlexSyncConfig(skip_rating=True)
    wanted = wanted_fields(scene(rating100=80), "movie", config, title_is_ours=False)
    assert "userRating" not in wanted.values


@pytest.mark.parametrize(
    ("settings", "empty"),
    [
        ({"sync_code": False}, {"tagline"}),
        ({"sync_groups": False, "skip_studio_collections": True}, {"collection"}),
        ({"sync_groups": False}, set()),
    ],
)
def test_a_setting_that_is_off_leaves_nothing_of_ours(
    settings: dict[str, Any], empty: set[str]
) -> None:
    every_switch: dict[str, Any] = {"sync_code": True, "sync_groups": True, **settings}
    config = PlexSyncConfig(**every_switch)
    wanted = wanted_fields(scene(**EVERYTHING), "movie", config, title_is_ours=False)
    assert wanted.off == empty | BY_SETTINGS
    every = {**wanted.values, **wanted.tags}
    assert {name for name, value in every.items() if not value} == empty | BY_SETTINGS


@pytest.mark.parametrize(
    ("settings", "collections"),
    [
        ({}, ("Studio",)),
        ({"sync_groups": True}, ("Studio", "Box")),
        ({"sync_groups": True, "skip_studio_collections": True}, ("Box",)),
    ],
)
def test_collections_come_from_the_studio_and_on_request_from_groups(
    settings: dict[str, Any], collections: tuple[str, ...]
) -> None:
    wanted = wanted_fields(
        scene(**EVERYTHING), "movie", PlexSyncConfig(**settings), title_is_ours=False
    )
    assert wanted.tags["collection"] == collections
    assert wanted.rules["collection"].count_lost({"box", "studio"}) == 0


def test_a_group_with_the_studios_name_is_one_collection() -> None:
    assert filled("movie", ALL_ON, studio="Box", groups=("BOX",))["collection"] == ("Box",)


@pytest.mark.parametrize(
    ("date", "day", "year"),
    [
        ("2023-05-01", "2023-05-01", "2023"),
        ("2023-05", "", "2023"),
        ("2023", "", "2023"),
        ("", "", ""),
    ],
)
def test_a_partial_date_never_invents_a_day(date: str, day: str, year: str) -> None:
    wanted = wanted_fields(scene(date=date), "movie", ALL_ON, title_is_ours=False)
    assert (wanted.values["originallyAvailableAt"], wanted.values["year"]) == (day, year)


@pytest.mark.parametrize(
    ("rating100", "shown"),
    [(None, ""), (0, "0.0"), (1, "0.1"), (50, "5.0"), (99, "9.9"), (100, "10.0"), (120, "10.0")],
)
def test_a_rating_has_one_decimal_and_is_clamped(rating100: int | None, shown: str) -> None:
    assert stars(scene(rating100=rating100).rating100) == shown


@pytest.mark.parametrize(("limit", "count"), [(0, 3), (1, 1), (3, 3), (9, 3)])
def test_genres_are_capped(limit: int, count: int) -> None:
    config = PlexSyncConfig(max_tags=limit)
    assert filled("movie", config, tags=("a", "b", "c"))["genre"] == ("a", "b", "c")[:count]


def test_a_scene_without_title_names_none() -> None:
    assert "title" not in wanted_fields(scene(), "movie", ALL_ON, title_is_ours=False).values


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/stash/A Film.mp4", "A Film"),
        ("D:\\Stash\\A Film.part1.mkv", "A Film.part1"),
        ("/stash/no extension", "no extension"),
        ("/stash/two  spaces\tand a tab.mp4", "two spaces and a tab"),
    ],
)
def test_a_title_of_ours_becomes_the_name_of_the_file(path: str, title: str) -> None:
    assert filled("movie", ALL_ON, ours=True, files=(SceneFile(path),))["title"] == title


@pytest.mark.parametrize(
    ("shown", "field", "value"),
    [
        ({"userRating": "8"}, "userRating", "8.0"),
        ({"userRating": "8.50"}, "userRating", "8.5"),
        ({}, "userRating", ""),
        ({}, "titleSort", "A Film"),
        ({"titleSort": "Film"}, "titleSort", "Film"),
        ({"summary": "x"}, "summary", "x"),
        ({}, "summary", ""),
    ],
)
def test_plex_values_are_read_in_the_form_in_which_we_write(
    shown: dict[str, str], field: str, value: str
) -> None:
    assert value_in_plex(item(shown), field) == value
