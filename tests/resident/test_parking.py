"""Scenes that Plex does not have, has twice, or has for another: listed, and woken in time."""

from __future__ import annotations

from simulators.faults import Kind
from sync_queue import schema
from tests.resident.bench import PLEX_FOLDER, STASH_FOLDER, Bench

MINUTE = 60.0
HOUR = 3600.0


def test_a_scene_that_plex_does_not_have_is_parked_without_tries(bench: Bench) -> None:
    scene = bench.add_scene("New.mp4")
    bench.edit(scene, title="Not there yet")
    bench.pass_time(6 * HOUR)
    assert bench.outcome(scene) == "not_in_plex"
    assert bench.states() == [schema.DONE]
    assert not bench.letters()


def test_a_parked_scene_wakes_within_a_minute_of_its_files_coming(bench: Bench) -> None:
    scene = bench.add_scene("New.mp4")
    bench.edit(scene, title="Titled in Stash")
    bench.pass_time(20 * MINUTE)
    bench.clock.now += 17.0
    item = bench.plex.add_movie(bench.section, f"{PLEX_FOLDER}/New.mp4")
    passed = bench.pass_time(5 * MINUTE, until=lambda: item.title == "Titled in Stash")
    assert passed <= MINUTE + 1
    assert bench.outcome(scene) == "synced"
    assert not bench.manager.scenes.has_parked()


def test_a_parked_scene_wakes_on_its_next_event(bench: Bench) -> None:
    scene = bench.add_scene("New.mp4")
    bench.edit(scene, title="Old")
    bench.run()
    item = bench.plex.add_movie(bench.section, f"{PLEX_FOLDER}/New.mp4")
    bench.edit(scene, title="New")
    bench.run()
    assert item.title == "New"


def test_a_parked_scene_wakes_in_the_next_worker_too(bench: Bench) -> None:
    scene = bench.add_scene("New.mp4")
    bench.edit(scene, title="Titled in Stash")
    bench.pass_time(20 * MINUTE)
    item = bench.plex.add_movie(bench.section, f"{PLEX_FOLDER}/New.mp4")
    bench.new_worker()
    bench.edit(bench.add("Other.mp4")[0], title="Other")
    bench.pass_time(2 * MINUTE)
    assert item.title == "Titled in Stash"


def test_a_look_for_parked_scenes_costs_one_request_a_minute_and_two_more_every_ten(
    bench: Bench,
) -> None:
    bench.edit(bench.add_scene("New.mp4"), title="Not there yet")
    bench.pass_time(20 * MINUTE)
    bench.plex.requests.clear()
    bench.pass_time(30 * MINUTE)
    assert len(bench.plex.requests) <= 30 + 2 * 3


def test_a_file_of_the_same_name_wakes_a_parked_scene_once_and_not_for_ever(bench: Bench) -> None:
    bench.stash.settings["path_map"] = ""
    scene = bench.add_scene("elsewhere/Video.mp4")
    bench.edit(scene, title="Mine")
    bench.run()
    bench.plex.add_movie(bench.section, f"{PLEX_FOLDER}/other/Video.mp4", size=1, duration=1)
    bench.pass_time(2 * HOUR)
    assert len(bench.states()) <= 3
    assert bench.plex.requests.writes() == []


def test_an_item_of_another_scene_is_taken(bench: Bench) -> None:
    scene, item = bench.add()
    bench.edit(scene, title="First come")
    bench.run()
    double = bench.stash.library.add_scene(
        "Second", files=[{"path": f"{STASH_FOLDER}/Harbour Lights.mp4"}]
    )
    bench.edit(double, title="Second come")
    bench.pass_time(10 * MINUTE)
    assert bench.outcome(double) == "item_taken"
    assert item.title == "First come"
    assert not bench.letters()


def test_an_ambiguous_scene_is_listed_with_its_candidates_and_not_written(bench: Bench) -> None:
    bench.stash.settings["path_map"] = ""
    scene = bench.add_scene("Harbour Lights.mp4")
    for folder in ("a", "b"):
        bench.plex.add_movie(bench.section, f"{PLEX_FOLDER}/{folder}/Harbour Lights.mp4")
    bench.edit(scene, title="New")
    bench.pass_time(10 * MINUTE)
    assert bench.outcome(scene) == "ambiguous"
    listed = bench.manager.scenes.outcome(scene)
    assert listed is not None
    candidates = listed.detail["candidates"]
    assert isinstance(candidates, list)
    assert len(candidates) == 2
    assert bench.plex.requests.writes() == []
    assert not bench.letters()


def test_trouble_with_plex_is_never_taken_for_a_missing_item(bench: Bench) -> None:
    scenes = [bench.add(f"{n}.mp4") for n in range(2)]
    bench.plex.faults.add(Kind.STATUS, path="/all$", status=500, times=None)
    for scene, _ in scenes:
        bench.edit(scene, title="New")
    bench.pass_time(10 * MINUTE)
    assert {bench.outcome(scene) for scene, _ in scenes} == {""}
    bench.plex.faults.clear()
    bench.pass_time(5 * MINUTE)
    assert {item.title for _, item in scenes} == {"New"}


def test_a_404_of_something_in_plexs_place_is_no_missing_item(bench: Bench) -> None:
    scene, item = bench.add()
    bench.plex.faults.add(Kind.STATUS, status=404, times=None)  # a proxy, /identity included
    bench.edit(scene, title="New")
    bench.pass_time(HOUR)
    assert bench.outcome(scene) != "not_in_plex"
    assert not bench.letters()
    bench.plex.faults.clear()
    bench.edit(scene)
    bench.pass_time(5 * MINUTE)
    assert item.title == "New"


def test_plex_is_asked_for_a_scan_only_if_the_setting_says_so(bench: Bench) -> None:
    scene = bench.add_scene("2027/New.mp4")
    bench.plex.add_on_scan(bench.section, f"{PLEX_FOLDER}/2027/New.mp4")
    bench.edit(scene, title="Titled in Stash")
    bench.pass_time(5 * MINUTE)
    assert bench.plex.requests.count(None, "/refresh$") == 0
    bench.stash.settings["ask_plex_to_scan"] = True
    bench.edit(scene)
    bench.pass_time(5 * MINUTE)
    (scan,) = bench.plex.requests.matching(None, "/refresh$")
    assert scan.parameters.get("path") == f"{PLEX_FOLDER}/2027"
    assert bench.outcome(scene) == "synced"


def test_one_folder_is_scanned_at_most_every_ten_minutes(bench: Bench) -> None:
    bench.stash.settings["ask_plex_to_scan"] = True
    for n in range(20):
        bench.edit(bench.add_scene(f"2027/{n}.mp4"), title="Not there")
    bench.run()
    assert bench.plex.requests.count(None, "/refresh$") == 1
    bench.pass_time(11 * MINUTE)
    bench.edit(1)
    bench.run()
    assert bench.plex.requests.count(None, "/refresh$") == 2
