"""Which scenes are left out: pure rules over a scene and the settings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.config import PlexSyncConfig
from validation.filters import skip_reason
from validation.globs import parse_globs
from validation.metadata import SceneFile, SyncMetadata
from validation.reasons import Reason

FILE = SceneFile("/data/new/Harbour Lights.mp4")
BARE: dict[str, Any] = {"scene_id": 1, "files": (FILE,)}


def config(**settings: object) -> PlexSyncConfig:
    return PlexSyncConfig.model_validate(settings)


def scene(**values: object) -> SyncMetadata:
    return SyncMetadata(**(BARE | {"title": "Harbour Lights"} | values))


def test_a_scene_without_a_file_is_no_file_whatever_else_it_has() -> None:
    assert skip_reason(scene(files=()), config(only_organized=True)) is Reason.NO_FILE
    assert skip_reason(scene(files=()), config(), known=True) is Reason.NO_FILE


def test_a_scene_with_nothing_but_a_file_is_left_alone() -> None:
    bare = SyncMetadata(**BARE)
    assert skip_reason(bare, config()) is Reason.NOTHING_TO_SYNC
    assert skip_reason(bare, config(only_organized=True)) is Reason.NOTHING_TO_SYNC


def test_a_scene_emptied_after_it_was_synced_is_synced_once_more() -> None:
    bare = SyncMetadata(**BARE)
    assert skip_reason(bare, config(), known=True) is None
    assert skip_reason(bare, config(only_organized=True), known=True) is Reason.FILTERED


@pytest.mark.parametrize(
    "value",
    [
        {"title": "x"},
        {"details": "x"},
        {"date": "2023"},
        {"studio": "x"},
        {"performers": ("x",)},
        {"tags": ("x",)},
        {"groups": ("x",)},
        {"rating100": 0},
        {"organized": True},
    ],
    ids=lambda value: next(iter(value)),
)
def test_any_single_value_is_something_to_sync(value: dict[str, Any]) -> None:
    assert skip_reason(SyncMetadata(**(BARE | value)), config()) is None


@pytest.mark.parametrize(
    "value",
    [{"title": "  "}, {"tags": ("\x00",)}, {"date": "soon"}, {"director": "x"}, {"cover": "/c"}],
    ids=lambda value: next(iter(value)),
)
def test_blank_values_and_a_cover_alone_are_nothing_to_sync(value: dict[str, Any]) -> None:
    assert skip_reason(SyncMetadata(**(BARE | value)), config()) is Reason.NOTHING_TO_SYNC


STUDIO = {"studio": "After Dark", "studio_ancestors": ("Lantern House",)}


@pytest.mark.parametrize(
    ("settings", "values", "filtered"),
    [
        ({}, {}, False),
        ({"only_organized": True}, {}, True),
        ({"only_organized": True}, {"organized": True}, False),
        ({"include_tags": "Noir; Drama"}, {"tags": ("drama", "Comedy")}, False),
        ({"include_tags": "Noir; Drama"}, {"tags": ("Comedy",)}, True),
        ({"include_tags": "Noir"}, {}, True),
        ({"include_tags": " ; "}, {}, False),
        ({"exclude_tags": "noir"}, {"tags": ("Drama", "NOIR")}, True),
        ({"exclude_tags": "noir"}, {"tags": ("Noir-ish",)}, False),
        ({"exclude_tags": "zoe\u0308"}, {"tags": ("ZOË",)}, True),
        ({"exclude_tags": "Slow,  burning"}, {"tags": ("slow, burning",)}, True),
        ({"include_tags": "a", "exclude_tags": "b"}, {"tags": ("a", "b")}, True),
        ({"include_studios": "after dark"}, STUDIO, False),
        ({"include_studios": "Lantern House"}, STUDIO, False),
        ({"include_studios": "Other"}, STUDIO, True),
        ({"include_studios": "Other"}, {}, True),
        ({"exclude_studios": "After Dark"}, STUDIO, True),
        ({"exclude_studios": "lantern house"}, STUDIO, True),
        ({"exclude_studios": "Lantern"}, STUDIO, False),
        ({"exclude_studios": "Lantern House"}, {}, False),
        ({"include_studios": "After Dark", "exclude_studios": "Lantern House"}, STUDIO, True),
        ({"include_tags": "a", "include_studios": "Lantern House"}, STUDIO, True),
        ({"exclude_paths": "/data/new"}, {}, True),
        ({"exclude_paths": "/data/old; */trailers"}, {}, False),
        ({"exclude_paths": "/data/new/*"}, {"files": (FILE, SceneFile("/data/b.mp4"))}, False),
        ({"exclude_paths": "/data/*"}, {"files": (FILE, SceneFile("/data/b.mp4"))}, True),
    ],
)
def test_the_settings_leave_scenes_out(
    settings: dict[str, object], values: dict[str, object], filtered: bool
) -> None:
    expected = Reason.FILTERED if filtered else None
    assert skip_reason(scene(**values), config(**settings)) is expected


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("/data/new", "/data/new/a.mp4", True),
        ("/data/new/", "/data/new/a.mp4", True),
        ("/data/new", "/data/newer/a.mp4", False),
        ("/data/new", "/mnt/data/new/a.mp4", False),
        ("*/trailers", "/data/Trailers/deep/a.mp4", True),
        ("*/trailers/*", "/data/x/trailers/a.mp4", True),
        ("*-trailer.*", "/data/Film-trailer.mp4", True),
        ("/data/?/a.mp4", "/data/b/a.mp4", True),
        ("/data/?/a.mp4", "/data/bb/a.mp4", False),
        ("/data/[Studio]", "/data/[Studio]/a.mp4", True),
        ("/data/[Studio]", "/data/S/a.mp4", False),
        ("D:\\Media\\*", "d:/media/a.mp4", True),
        ("d:/media", "D:\\Media\\a.mp4", True),
        ("\\\\nas\\share", "\\\\NAS\\share\\a.mp4", True),
        ("*/Cafe\u0301", "/data/Café/a.mp4", True),
        ("*/a+(b).mp4", "/data/a+(b).mp4", True),
        ("/data/new", "/data/new", True),
        ("*", "/data/a\nb.mp4", True),
    ],
)
def test_a_glob_matches_a_whole_path_or_a_folder_above_it(
    glob: str, path: str, matches: bool
) -> None:
    globs = parse_globs(glob)
    assert globs.problems == ()
    assert globs.match(path) is matches


def test_a_glob_that_can_match_no_path_is_reported_and_the_others_are_used() -> None:
    globs = parse_globs("trailers; ;/data/new")
    assert globs.problems == (
        "'trailers' matches no path, as paths begin at the root; write '*/trailers'.",
    )
    assert globs.match("/data/new/a.mp4")
    assert not globs.match("/data/trailers/a.mp4")


@given(st.text(), st.text())
def test_no_text_breaks_a_glob(glob: str, path: str) -> None:
    parse_globs(glob).match(path)
    assert parse_globs(f"/{path}".replace(";", "")).match(f"/{path}".replace(";", "").strip())


@given(
    st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
    st.lists(st.sampled_from(["a", "b", "c", "d"])),
    st.lists(st.sampled_from(["a", "b", "c", "d"])),
)
def test_tags_are_allowed_then_denied(
    tags: list[str], include: list[str], exclude: list[str]
) -> None:
    settings = config(include_tags=";".join(include), exclude_tags=";".join(exclude))
    wanted = (not include or set(tags) & set(include)) and not set(tags) & set(exclude)
    assert (skip_reason(scene(tags=tuple(tags)), settings) is None) == bool(wanted)
