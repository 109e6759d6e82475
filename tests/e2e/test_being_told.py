"""A file that appears in Plex is synced without waiting for the minute's look."""

from __future__ import annotations

from tests.e2e.conftest import PLEX_FOLDER, STASH_FOLDER, Road
from tests.installed_plugin import eventually


def parked(road: Road, name: str) -> int:
    """A saved scene whose file Plex does not have; the worker listens by then."""
    scene = road.stash.library.add_scene(files=[{"path": f"{STASH_FOLDER}/{name}"}])
    road.stash.scene_update(scene, title="Titled in Stash")
    road.drain()
    eventually(lambda: road.plex.library.events.open == 1, timeout=20)
    return scene


def test_a_file_that_appears_in_plex_is_synced_within_moments(road: Road) -> None:
    parked(road, "New.mp4")
    looks = road.plex.requests.count("GET", "/library/sections$")
    item = road.plex.add_movie(road.section, f"{PLEX_FOLDER}/New.mp4")
    eventually(lambda: item.title == "Titled in Stash", timeout=20)
    assert road.plex.requests.count("GET", "/library/sections$") <= looks + 3
    eventually(lambda: road.plex.library.events.open == 0, timeout=20)


def test_a_worker_with_nothing_parked_listens_to_nothing(road: Road) -> None:
    scene, item = road.add("Known.mp4")
    road.stash.scene_update(scene, title="New")
    road.drain()
    eventually(lambda: item.title == "New", timeout=20)
    assert road.plex.library.events.opened == 0
