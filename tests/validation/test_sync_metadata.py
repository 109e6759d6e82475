"""Stash's scenes, recorded and hostile, become clean metadata or a refusal that names the fault."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import graphql
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from validation.errors import InvalidScene
from validation.metadata import (
    PERFORMER_TAGS,
    SCENE_FRAGMENT,
    SceneFile,
    SyncMetadata,
    clean_date,
    parse_scene,
    updated_time,
)
from validation.sanitizers import LINE_LIMIT, SUMMARY_LIMIT

RECORDING = Path(__file__).parents[1] / "data" / "stash" / "graphql.json"
SCHEMA = Path(__file__).parents[2] / "simulators" / "stash" / "data" / "schema.graphql"
RECORDED: dict[str, Any] = {
    entry["name"]: entry["response"] for entry in json.loads(RECORDING.read_text("utf-8"))
}


def recorded_scene(scene_id: int) -> dict[str, Any]:
    scene: dict[str, Any] = RECORDED[f"findScene {scene_id}"]["data"]["findScene"]
    return copy.deepcopy(scene)


def named(name: str) -> dict[str, Any]:
    return {"id": "1", "name": name}


def scene_with(**changes: object) -> dict[str, Any]:
    return recorded_scene(1) | changes


def test_a_recorded_scene_is_parsed_whole() -> None:
    assert parse_scene(recorded_scene(1)) == SyncMetadata(
        scene_id=1,
        title="Harbour Lights",
        details="A night at the docks.\n\nSecond paragraph — with “quotes”.",
        date="2024-05-01",
        studio="Lantern House: After Dark",
        studio_ancestors=("Lantern House Films",),
        performers=("Ada Quill-Reyes", "Zoë Ångström"),
        tags=("Noir", "Outdoors", "Slow, burning"),
        groups=("The Harbour Trilogy",),
        director="M. Vane",
        code="LH-001",
        rating100=40,
        organized=True,
        has_url=True,
        files=(
            SceneFile(
                *("/data/scenes/studio-a/2024-05-01 Café Noir, Take 1.mp4", 30475, 1.0, 320, 180)
            ),
        ),
        updated_at="2026-11-21T00:14:25Z",
        cover="/scene/1/screenshot?t=1795220065",
        related=(
            *("performer:1", "performer:2", "studio:2", "studio:1"),
            *("tag:1", "tag:2", "tag:3", "group:1"),
        ),
    )


def test_a_recorded_scene_with_two_files_keeps_the_primary_first() -> None:
    files = parse_scene(recorded_scene(2)).files
    assert [(file.path, file.size, file.duration) for file in files] == [
        ("/data/scenes/studio-a/Harbour Lights Pt. II.mp4", 88009, 3.0),
        ("/data/scenes/studio-b/copy of part two.mp4", 88009, 3.0),
    ]


def test_every_recorded_scene_is_accepted_without_a_note() -> None:
    scenes = RECORDED["findScenes by ids"]["data"]["findScenes"]["scenes"]
    assert [parse_scene(scene).scene_id for scene in scenes] == [1, 2, 3]
    assert [parse_scene(scene).notes for scene in scenes] == [(), (), ()]
    assert parse_scene(recorded_scene(4)).date == "2023-11"


def test_unset_values_are_empty_whether_null_or_blank() -> None:
    empty = dict.fromkeys(["title", "code", "details", "director", "date", "rating100", "studio"])
    emptied = ("performers", "tags", "groups", "files", "urls", "stash_ids")
    lists: dict[str, list[object]] = {name: [] for name in emptied}
    changes = empty | lists | {"organized": False, "paths": {"screenshot": None}}
    bare = SyncMetadata(scene_id=1, updated_at="2026-11-21T00:14:25Z")
    assert parse_scene(scene_with(**changes)) == bare
    blank = dict.fromkeys(["title", "code", "details", "director", "date"], " \u3000 ")
    assert parse_scene(scene_with(**(changes | blank))) == bare


def test_a_server_older_than_groups_is_read_too() -> None:
    scene = recorded_scene(1)
    del scene["groups"]
    assert parse_scene(scene).groups == ()


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "title",
        "code",
        "details",
        "director",
        "date",
        "rating100",
        "organized",
        "updated_at",
        "files",
        "studio",
        "performers",
        "tags",
        "paths",
    ],
)
def test_a_missing_field_is_refused_and_never_taken_for_an_empty_one(field: str) -> None:
    scene = recorded_scene(1)
    del scene[field]
    with pytest.raises(InvalidScene, match=rf"\({field}: Field required\)"):
        parse_scene(scene)


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("id", "abc", "id"),
        ("id", "0", "scene_id"),
        ("id", None, "id"),
        ("title", 5, "title"),
        ("rating100", "high", "rating100"),
        ("organized", None, "organized"),
        ("files", None, "files"),
        ("files", [{"size": 1, "duration": 1}], "files.0.path"),
        ("files", [{"path": "", "size": 1, "duration": 1}], "files.0.path"),
        ("files", [{"path": "/half\ud83d.mp4", "size": 1, "duration": 1}], "files.0.path"),
        ("studio", {"id": "1"}, "studio.name"),
        ("performers", [{"id": "1", "name": None}], "performers.0.name"),
        ("performers", [{"name": "Ada"}], "performers.0.id"),
        ("tags", {}, "tags"),
        ("groups", [{}], "groups.0.group"),
        ("groups", None, "groups"),
    ],
)
def test_a_refusal_names_the_field_and_shows_no_value(
    field: str, value: object, named: str
) -> None:
    with pytest.raises(InvalidScene) as caught:
        parse_scene(scene_with(**{field: value}))
    assert f"{named}: " in str(caught.value)
    assert "correct it in Stash" in str(caught.value)
    assert "Harbour" not in str(caught.value)
    assert "half" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_refusal_with_many_faults_stays_one_short_sentence() -> None:
    with pytest.raises(InvalidScene, match="and 8 more") as caught:
        parse_scene({"id": "7"})
    assert str(caught.value).startswith("Scene 7 has data that cannot be synced (title: ")
    assert len(str(caught.value)) < 300


def test_hostile_text_is_cleaned_field_by_field() -> None:
    scene = parse_scene(
        scene_with(
            title=" \x00Harbour\x07Lights \ud83d",
            details="One\r\n\r\nTwo\x00words \U0001f468\u200d\U0001f469\u200d\U0001f467",
            code="\u202eLH-1",
            director="שלום\u200f!",
            studio={**named("Lantern\tHouse"), "parent_studio": named(" ")},
            performers=[named("Zoe\u0308"), named("ZOË"), named(" ")],
            tags=[named("Slow, burning"), named("slow,  burning")],
        )
    )
    assert scene.title == "Harbour Lights"
    assert scene.details == "One\n\nTwo words \U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert scene.code == "LH-1"
    assert scene.director == "שלום\u200f!"
    assert (scene.studio, scene.studio_ancestors) == ("Lantern House", ())
    assert scene.performers == ("Zoë",)
    assert scene.tags == ("Slow, burning",)


def test_a_huge_summary_is_cut_at_a_word_and_says_so() -> None:
    scene = parse_scene(scene_with(title="word " * 100, details="word " * 20_000))
    assert len(scene.title) <= LINE_LIMIT
    assert SUMMARY_LIMIT - 5 <= len(scene.details) <= SUMMARY_LIMIT
    assert scene.details.endswith(" word")
    assert scene.notes == (
        "The details are longer than 10000 characters; Plex gets their beginning.",
    )


@pytest.mark.parametrize(
    ("stored", "expected"),
    [(None, None), (0, 0), (1, 1), (50, 50), (100, 100), (120, 100), (-3, 0)],
)
def test_a_rating_outside_its_range_is_clamped_and_noted(
    stored: int | None, expected: int | None
) -> None:
    scene = parse_scene(scene_with(rating100=stored))
    assert scene.rating100 == expected
    assert bool(scene.notes) == (stored != expected)


@pytest.mark.parametrize(
    ("stored", "expected", "noted"),
    [
        ("2023", "2023", False),
        ("2023-11", "2023-11", False),
        ("2024-02-29", "2024-02-29", False),
        ("2024-05-01T00:00:00Z", "2024-05-01", False),
        ("0001-01-01", "", False),
        ("2023-02-29", "2023-02", True),
        ("2023-11-00", "2023-11", True),
        ("2023-13", "2023", True),
        ("2023-13-45", "2023", True),
        ("0000-01-01", "", True),
        ("soon", "", True),
        ("01.02.2023", "", True),
        ("٢٠٢٣", "", True),
    ],
)
def test_a_date_keeps_the_part_that_a_calendar_has(stored: str, expected: str, noted: bool) -> None:
    scene = parse_scene(scene_with(date=stored))
    assert scene.date == expected
    assert bool(scene.notes) == noted
    assert all(repr(stored) in note for note in scene.notes)


@given(st.dates(min_value=dt.date(1, 1, 2)))
def test_every_calendar_day_is_kept(day: dt.date) -> None:
    text = day.isoformat()
    assert [clean_date(text[:length]) for length in (4, 7, 10)] == [text[:4], text[:7], text]


@given(st.from_regex(r"[0-9]{4}(-[0-9]{2}){0,2}([T ].*)?", fullmatch=True) | st.text())
def test_a_cleaned_date_is_a_start_of_what_was_given(text: str) -> None:
    cleaned = clean_date(text)
    assert text.strip().startswith(cleaned)
    assert re.fullmatch(r"|[0-9]{4}(-[0-9]{2}){0,2}", cleaned)
    assert clean_date(cleaned) == cleaned


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9999/scene/1/screenshot?t=1795220065", "?t=1795220065"),
        ("https://example.test/stash/scene/1/screenshot?t=17", "?t=17"),
        ("http://host/scene/1/screenshot?apikey=SECRET&t=17", "?t=17"),
        ("http://host/scene/1/screenshot", ""),
    ],
)
def test_the_cover_is_a_path_on_stash_with_its_version_only(url: str, expected: str) -> None:
    scene = parse_scene(scene_with(paths={"screenshot": url}))
    assert scene.cover == f"/scene/1/screenshot{expected}"


def test_a_studios_parents_are_read_nearest_first() -> None:
    grand = {**named("Top"), "parent_studio": None}
    studio = {**named("Own"), "parent_studio": {**named("Middle"), "parent_studio": grand}}
    assert parse_scene(scene_with(studio=studio)).studio_ancestors == ("Middle", "Top")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01T02:00:00+02:00", 0.0),
        ("1969-12-31T19:30:00.5-05:00", 1800.5),
        ("2026-11-21T00:14:25.123456789Z", 1795220065.123456),
    ],
)
def test_a_time_is_read_with_any_offset(text: str, seconds: float) -> None:
    assert updated_time(text) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize("text", ["", "soon", "2026-11-21T00:14:25", "2026-11-21"])
def test_a_text_that_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidScene, match="Stash sent"):
        updated_time(text)


def test_metadata_cannot_be_changed_or_made_invalid() -> None:
    scene = SyncMetadata(scene_id=1, title=" a  b ")
    assert scene.title == "a b"
    with pytest.raises(ValidationError):
        scene.title = "other"
    with pytest.raises(ValidationError):
        SyncMetadata(scene_id=0)


def test_the_fragment_asks_for_exactly_what_is_parsed() -> None:
    top_level = re.sub(r"\{[^{}]*\}", "", SCENE_FRAGMENT)
    while "{" in top_level:
        top_level = re.sub(r"\{[^{}]*\}", "", top_level)
    assert set(top_level.split()) <= set(recorded_scene(1))
    scene = {field: recorded_scene(1)[field] for field in top_level.split()}
    assert parse_scene(scene) == parse_scene(recorded_scene(1))


def test_the_fragment_is_valid_in_stashs_own_schema() -> None:
    schema = graphql.build_schema(SCHEMA.read_text("utf-8"))
    asked = f"{SCENE_FRAGMENT} {PERFORMER_TAGS}"
    query = graphql.parse(f"{{ findScenes {{ scenes {{ {asked} }} }} }}")
    assert graphql.validate(schema, query) == []


@pytest.mark.parametrize(
    ("urls", "has_url"),
    [
        ([], False),
        (["https://example.test/1"], True),
        (["example.test/1"], True),
        (["", " "], False),
        (["plex/123", "PLEX/library/metadata/1", " plex/x"], False),
        (["plex/123", "https://example.test/1"], True),
        (["https://plex/1"], True),
    ],
)
def test_an_address_that_another_sync_made_up_is_no_address(urls: list[str], has_url: bool) -> None:
    assert parse_scene(scene_with(urls=urls)).has_url is has_url


@pytest.mark.parametrize(("ids", "has"), [([], False), ([""], False), (["", "a-b"], True)])
def test_a_stash_id_is_one_that_says_something(ids: list[str], has: bool) -> None:
    sent = [{"stash_id": one} for one in ids]
    assert parse_scene(scene_with(stash_ids=sent)).has_stash_id is has


def test_tags_of_performers_are_read_where_they_were_asked_for() -> None:
    performers = [
        {**named("Ada"), "tags": [named("Noir"), {"id": "9", "name": "Sea"}]},
        {**named("Bo"), "tags": [named("noir")]},
    ]
    scene = parse_scene(scene_with(performers=performers))
    assert scene.performer_tags == ("Noir", "Sea")
    assert [one for one in scene.related if one.startswith("tag:")] == [
        *("tag:1", "tag:2", "tag:3", "tag:9")
    ]
    assert parse_scene(recorded_scene(1)).performer_tags == ()


@pytest.mark.parametrize("size", [-1, "1080", None, 10**30, 1.5])
def test_a_size_of_a_picture_that_cannot_be_is_unknown(size: object) -> None:
    file = {"path": "/a", "size": 1, "duration": 1, "width": size, "height": size}
    (parsed,) = parse_scene(scene_with(files=[file])).files
    assert (parsed.width, parsed.height) == ((1080, 1080) if size == "1080" else (0, 0))
