"""A size or a duration that belongs to one file alone, on either side."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from plex.rivals import ROWS_SHOWN, Namesakes, is_only_one, only_of_duration
from tests.matching.layouts import nfd
from validation.metadata import SceneFile
from validation.records import IndexedFile

OWN, OTHER = 7, 8
STASH = Namesakes.of(
    [
        (OWN, SceneFile("/data/A/Été.mp4", 700, 60.0)),
        (OWN, SceneFile("/data/B/Été.mp4", 700, 60.0)),
        (OTHER, SceneFile("/data/C/Été.mp4", 800, 90.0)),
    ]
)


@pytest.mark.parametrize(
    ("size", "scene", "shared"), [(700, OWN, False), (700, OTHER, True), (800, OWN, True)]
)
def test_a_scene_is_no_rival_of_its_own_size(size: int, scene: int, shared: bool) -> None:
    assert STASH.share_size(size, scene) is shared


@pytest.mark.parametrize(
    ("seconds", "shared"),
    [(60.0, False), (87.0, True), (86.9, False), (90.0, True), (93.0, True), (93.1, False)],
)
def test_a_duration_has_rivals_within_three_seconds(seconds: float, shared: bool) -> None:
    assert STASH.share_duration(seconds, OWN) is shared


def test_an_unknown_number_may_be_the_same() -> None:
    unknown = Namesakes.of([(OTHER, SceneFile("/data/x.mp4", 0, 0.0))])
    assert unknown.share_size(700, OWN)
    assert unknown.share_duration(60.0, OWN)


def test_a_place_is_shared_under_folding() -> None:
    assert STASH.share_place(nfd("/DATA/C/été.mp4"), OWN)
    assert not STASH.share_place("/data/A/Été.mp4", OWN)
    assert not STASH.share_place("/data/D/Été.mp4", OWN)


ROW = IndexedFile(1, 1, "movie", "/media/Alpha.mp4", 700, 60_000, "Alpha", 2019, 100, 200)
COPY = replace(ROW, rating_key=2, file="/copy/Alpha.mp4")


def test_one_file_in_two_items_is_one_file() -> None:
    assert is_only_one([ROW, replace(ROW, rating_key=3)], [ROW.file])
    assert not is_only_one([ROW, COPY], [ROW.file])
    assert is_only_one([ROW, COPY], [ROW.file, COPY.file])


@pytest.mark.parametrize(
    ("milliseconds", "alone"), [(57_000, False), (63_001, True), (0, False), (90_000, True)]
)
def test_a_namesake_of_another_duration_is_no_rival(milliseconds: int, alone: bool) -> None:
    rows = [ROW, replace(COPY, duration=milliseconds)]
    assert only_of_duration(rows, 60.0, [ROW.file]) is alone


def test_a_full_answer_may_hide_a_rival() -> None:
    many = [replace(COPY, rating_key=key, duration=1) for key in range(ROWS_SHOWN)]
    assert only_of_duration(many[1:], 60.0, [])
    assert not only_of_duration(many, 60.0, [])


def test_ten_thousand_namesakes_cost_a_look_up() -> None:
    same = Namesakes.of(
        [(scene, SceneFile(f"/data/{scene}/video.mp4", 700, 60.0)) for scene in range(10_000)]
    )
    began = time.perf_counter()
    for scene in range(10_000):
        assert same.share_size(700, scene)
        assert same.share_duration(60.0, scene)
        assert not same.share_duration(30.0, scene)
    assert time.perf_counter() - began < 5
