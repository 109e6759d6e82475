"""Posters and backgrounds: whose they are, and covers that Plex cannot take."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.faults import Kind
from simulators.stash.pictures import png
from tests.identity.conftest import MakeHouse
from tests.identity.house import in_plex, in_stash

RED, BLUE, GREEN = (png(4, 4, color) for color in ((200, 0, 0), (0, 0, 200), (0, 200, 0)))


def test_keep_edits_keeps_a_users_poster(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False, preserve_plex_edits=True)
    scene, item = house.add(cover=RED)
    house.saved(scene)
    house.plex.user.upload_poster(item, GREEN)
    users = item.selected_poster
    house.sync_all()
    house.saved(scene, details="Edited.")
    assert item.selected_poster == users


def test_keep_edits_turned_off_brings_stashs_poster_back(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False, preserve_plex_edits=True)
    scene, item = house.add(cover=RED)
    house.saved(scene)
    ours = item.selected_poster
    house.plex.user.upload_poster(item, GREEN)
    house.sync_all()
    house.later()
    house.stash.settings["preserve_plex_edits"] = False
    house.clock.now += 60
    house.sync_all()
    assert item.selected_poster == ours
    house.later()
    assert house.writes(house.sync_all) == []


def test_stashs_poster_comes_back_with_the_next_sync(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False)
    scene, item = house.add(cover=RED)
    house.saved(scene)
    ours = item.selected_poster
    house.plex.user.upload_poster(item, GREEN)
    house.sync_all()
    assert item.selected_poster == ours


def test_a_new_cover_replaces_a_users_poster_only_by_default(make_house: MakeHouse) -> None:
    for keep in (False, True):
        house = make_house(skip_posters=False, preserve_plex_edits=keep)
        scene, item = house.add(cover=RED)
        house.saved(scene)
        house.plex.user.upload_poster(item, GREEN)
        users = item.selected_poster
        house.saved(scene, cover=BLUE)
        assert (item.selected_poster == users) is keep


def test_the_next_owner_of_an_item_shows_its_own_cover(make_house: MakeHouse) -> None:
    """Both covers have the same version: Stash gives a scene's time of change for it."""
    house = make_house(skip_posters=False)
    other = house.item_at(in_plex("First.mp4"))
    first = house.scene_at(in_stash("First.mp4"), cover=RED)
    _, item = house.add("Second.mp4", details="Second.")
    house.sync_all()
    ours = other.selected_poster
    house.plex.disk.merge(item, other)
    house.sync_all()
    assert (item.selected_poster, house.outcome(first)) == (ours, "synced")
    assert ours is not None


def test_skip_posters_means_the_background_too(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=True, sync_background=True)
    scene, item = house.add(cover=RED)
    house.saved(scene)
    house.sync_all()
    assert (item.posters, item.arts) == ([], [])


def avif() -> bytes:
    """A small AVIF, which Plex does not take and Pillow reads."""
    image = pytest.importorskip("PIL.Image")
    features = pytest.importorskip("PIL.features")
    if not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    file = io.BytesIO()
    image.new("RGB", (32, 48), (200, 0, 0)).save(file, "AVIF")
    return file.getvalue()


def test_a_cover_that_plex_cannot_take_is_converted(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False)
    scene, item = house.add(cover=avif(), details="Written too.")
    house.saved(scene)
    assert house.outcome(scene) == "synced"
    (picture,) = item.poster_shelf.pictures.values()
    assert picture.data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF"))
    assert house.writes(house.sync_all) == []


def test_a_damaged_cover_is_named_and_not_asked_for_again(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False)
    damaged = b"\0\0\0\x1cftypavif" + b"\0" * 200
    scene, item = house.add(cover=damaged, details="Written all the same.")
    house.saved(scene)
    assert item.fields["summary"] == "Written all the same."
    assert item.posters == []
    assert house.outcome(scene) == "image_unusable"
    house.stash.requests.clear()
    house.sync_all()
    house.later()
    assert not [path for path in house.stash.requests.by_path if "screenshot" in path]
    assert house.outcome(scene) == "image_unusable"
    house.saved(scene, cover=RED)
    assert len(item.posters) == 1
    assert house.outcome(scene) == "synced"


def test_a_cover_that_needs_pillow_is_named_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "cover.avif").write_bytes(avif())
    script = Path(__file__).parents[1] / "data" / "without_pillow.py"
    command = [sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["image_unusable", "0"]


def test_a_refused_background_does_not_upload_the_poster_again(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False, sync_background=True)
    house.plex.faults.add(Kind.STATUS, method="POST", path="/arts", status=400, times=None)
    scene, item = house.add(cover=RED)
    for _ in range(4):
        house.edit(scene)
        house.pass_time(600)
        house.sync_all()
    assert house.plex.requests.count("POST", "/posters") == 1
    assert len(item.posters) == 1
