"""Operation ``paths``, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.faults import Kind
from stash.exceptions import StashQueryFailed
from tasks import paths, plex_files
from tests.tasks.conftest import Library
from validation.errors import PlexSyncError


def surveyed(library: Library, **arguments: object) -> Any:
    return library.run("paths", **arguments).output


def test_the_rule_for_docker_is_proposed_and_stored_nowhere(library: Library) -> None:
    library.stash.settings["path_map"] = ""
    library.fill(12)
    library.add_scene("Only in Stash.mp4")
    before = dict(library.stash.settings)
    found = surveyed(library)
    (folder,) = found["folders"]
    assert (folder["folder"], folder["files"], folder["looked_at"]) == ("/data", 13, 13)
    assert folder["found"] == 0
    assert folder["proposals"] == [{"rule": "/data/scenes => /media/videos", "finds": 12}]
    assert folder["missing"][0] == {
        "stash": "/data/scenes/Scene 0000.mp4",
        "plex": "/media/videos/Scene 0000.mp4",
    }
    assert found["plex"] == [
        {"library": "Videos", "key": 1, "folder": "/media/videos", "files": 12}
    ]
    assert (found["sample"], found["complete"]) == (False, True)
    assert library.stash.settings == before
    assert not library.database.exists()


def test_given_rules_are_counted_before_they_are_stored(library: Library) -> None:
    library.stash.settings["path_map"] = ""
    library.fill(5)
    found = surveyed(library, rules="/data/scenes => /media/videos; nonsense")
    assert (found["found"], found["looked_at"]) == (5, 5)
    assert found["rules"] == "/data/scenes => /media/videos"
    assert len(found["rule_problems"]) == 1
    rule = {"rule": "/data/scenes => /media/videos", "looked_at": 5, "found": 5}
    assert found["by_rule"] == [rule]
    assert surveyed(library, rules="")["found"] == 0


def test_stored_rules_are_used_without_others(library: Library) -> None:
    library.fill(5)
    found = surveyed(library)
    assert (found["found"], found["folders"][0]["proposals"]) == (5, [])


def test_a_listing_of_the_worker_is_used_again(library: Library) -> None:
    library.fill(5)
    library.run("sync_all")
    library.plex.requests.clear()
    assert surveyed(library)["found"] == 5
    assert not [one for one in library.plex.requests if one.path.endswith("/all")]


def test_a_big_library_is_sampled_and_says_so(library: Library) -> None:
    scenes = paths.SAMPLE_PAGES * paths.SAMPLE_SIZE + 100
    library.fill(5)
    for number in range(5, scenes):
        library.add_scene(f"Scene {number:04}.mp4")
    found = surveyed(library)
    assert found["sample"]
    assert found["looked_at"] == paths.SAMPLE_PAGES * paths.SAMPLE_SIZE
    assert found["folders"][0]["files"] == found["scenes"] == scenes
    assert "a sample" in found["sentence"]


def test_a_big_library_of_plex_is_asked_by_name(library: Library) -> None:
    library.stash.settings["path_map"] = ""
    library.fill(60)
    for number in range(plex_files.WHOLE_ITEMS):
        path = f"/media/videos/Other {number}.mp4"
        library.plex.add_movie(library.section, path, size=number + 1, duration=1)
    library.plex.requests.clear()
    found = surveyed(library)
    assert len(list(library.plex.requests)) < 60
    assert (found["sample"], found["looked_at"]) == (True, 60)
    assert found["folders"][0]["proposals"] == [
        {"rule": "/data/scenes => /media/videos", "finds": 60}
    ]
    assert found["plex"][0]["files"] == plex_files.WHOLE_ITEMS + 60


def test_a_failing_server_is_an_error_and_no_empty_result(library: Library) -> None:
    library.fill(3)
    library.plex.faults.add(Kind.STATUS, status=500, path="/all", times=None)
    with pytest.raises(PlexSyncError):
        surveyed(library)
    library.plex.faults.clear()
    library.stash.faults.add(error="planned", body="stashes", times=None)
    with pytest.raises(StashQueryFailed):
        surveyed(library)
