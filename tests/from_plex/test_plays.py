"""A view in Plex becomes one play in Stash, once for ever."""

from __future__ import annotations

import pytest

from simulators.plex.items import PlayRow
from simulators.stash.records import rfc3339
from tests.from_plex.house import (
    DAY,
    HISTORY,
    HOUR,
    LOOK,
    MINUTE,
    asked,
    home,
    looks,
    plays,
    said,
    synced,
)
from tests.resident.bench import Bench, MakeBench
from worker.plex_history import PAGE


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return home(make_bench, plays_from_plex=True)


def test_views_become_plays_with_their_times(bench: Bench) -> None:
    scene, item = synced(bench)
    moments = []
    for _ in range(3):
        bench.clock.now += HOUR
        moments.append(bench.plex.user.watch(item).viewed_at)
    looks(bench)
    assert plays(bench, scene) == moments
    bench.pass_time(DAY)
    assert plays(bench, scene) == moments


def test_the_first_look_only_shows_its_plays(make_bench: MakeBench) -> None:
    bench = home(make_bench)
    scene, item = synced(bench)
    bench.plex.user.watch(item)
    bench.stash.settings["plays_from_plex"] = True
    bench.pass_time(LOOK)
    assert plays(bench, scene) == []
    assert "1 play of 1 scene would be added" in said(bench).sentence
    bench.pass_time(LOOK)
    assert len(plays(bench, scene)) == 1


def test_a_setting_that_was_off_in_between_shows_again(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.watch(item)
    looks(bench)
    bench.stash.settings["plays_from_plex"] = False
    looks(bench, 1)
    bench.plex.user.watch(item)
    bench.stash.settings["plays_from_plex"] = True
    bench.pass_time(LOOK)
    assert len(plays(bench, scene)) == 1
    bench.pass_time(LOOK)
    assert len(plays(bench, scene)) == 2


def test_a_restart_between_showing_and_adding_changes_nothing(make_bench: MakeBench) -> None:
    bench = home(make_bench)
    scene, item = synced(bench)
    bench.plex.user.watch(item)
    bench.stash.settings["plays_from_plex"] = True
    bench.pass_time(LOOK)
    for _ in range(3):
        bench.new_worker()
        bench.pass_time(MINUTE)
    assert plays(bench, scene) == []
    bench.pass_time(LOOK)
    assert len(plays(bench, scene)) == 1


def test_plays_of_a_library_that_is_synced_later_are_shown_too(bench: Bench) -> None:
    bench.clock.now -= DAY
    scene, item = bench.add("Not yet.mp4")
    bench.clock.now += DAY
    bench.plex.user.watch(item)
    looks(bench, 3)
    bench.edit(scene, title="Now")
    bench.pass_time(LOOK)
    assert "would be added" in said(bench).sentence
    assert plays(bench, scene) == []
    bench.pass_time(LOOK)
    assert len(plays(bench, scene)) == 1


def test_without_the_setting_nothing_is_asked_nor_added(make_bench: MakeBench) -> None:
    bench = home(make_bench)
    scene, item = synced(bench)
    bench.plex.user.watch(item)
    bench.plex.user.rate(item, 8)
    looks(bench, 5)
    assert (plays(bench, scene), asked(bench)) == ([], 0)
    assert bench.stash.library.scenes[scene].rating100 is None


def test_a_view_that_a_device_reports_late_is_added(bench: Bench) -> None:
    scene, item = synced(bench)
    _, other = synced(bench, "Busy.mp4")
    bench.clock.now += 30 * DAY
    early = bench.clock.now - 20 * DAY
    for n in range(3 * PAGE):
        bench.plex.user.watch(other, bench.clock.now - n)
    looks(bench)
    bench.plex.user.watch(item, early)
    looks(bench, 1)
    assert plays(bench, scene) == [int(early)]


def test_a_look_at_which_nothing_happened_asks_plex_for_one_page(bench: Bench) -> None:
    _scene, item = synced(bench)
    for n in range(3 * PAGE):
        bench.plex.user.watch(item, bench.clock.now - n)
    looks(bench, 3)
    bench.plex.requests.clear()
    bench.pass_time(6 * LOOK)
    paths = [request.path for request in bench.plex.requests]
    assert sorted(paths) == ["/library/sections/1/all"] + [HISTORY] * 5


def test_an_item_that_is_no_scene_costs_no_request(bench: Bench) -> None:
    synced(bench)
    stranger = bench.plex.add_movie(bench.section, "/media/videos/Only in Plex.mp4")
    bench.plex.user.watch(stranger)
    looks(bench, 3)
    bench.plex.requests.clear()
    bench.pass_time(6 * LOOK)
    assert len(bench.plex.requests) == 6


def test_views_of_other_accounts_are_left_alone(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.watch(item, account=4711)
    looks(bench, 3)
    assert plays(bench, scene) == []


def test_a_moment_that_stash_knows_is_not_added_again(bench: Bench) -> None:
    scene, item = synced(bench)
    view = bench.plex.user.watch(item)
    bench.stash.library.touch(scene, play_history=[rfc3339(view.viewed_at)])
    looks(bench, 3)
    assert plays(bench, scene) == [view.viewed_at]


def test_a_play_that_the_user_deletes_in_stash_stays_deleted(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.watch(item)
    looks(bench, 2)
    assert len(plays(bench, scene)) == 1
    bench.stash.library.scenes[scene].play_history = ()
    bench.new_worker()
    bench.pass_time(DAY)
    assert plays(bench, scene) == []


def test_marking_in_plex_neither_adds_nor_removes_a_play(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.mark_watched(item)
    looks(bench, 2)
    assert plays(bench, scene) == []
    bench.plex.user.watch(item)
    looks(bench, 2)
    bench.plex.user.mark_watched(item, watched=False)
    looks(bench, 2)
    assert len(plays(bench, scene)) == 1


def test_a_row_that_is_deleted_in_plex_leaves_the_play(bench: Bench) -> None:
    scene, item = synced(bench)
    for _ in range(3):
        bench.clock.now += MINUTE
        bench.plex.user.watch(item)
    looks(bench, 2)
    del bench.plex.library.history[1]
    bench.clock.now += MINUTE
    bench.plex.user.watch(item)
    looks(bench, 2)
    assert len(plays(bench, scene)) == 4


def test_old_views_under_a_reused_key_are_not_another_films(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.library.history.append(
        PlayRow(77, item.guid, "Another film", "movie", item.added_at - 5)
    )
    looks(bench, 3)
    assert plays(bench, scene) == []


def test_a_file_that_is_no_longer_the_scenes_gets_no_play(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.disk.rename_file(item.files[0], "/media/videos/Something else.mp4")
    bench.plex.user.watch(item)
    looks(bench, 3)
    assert plays(bench, scene) == []


@pytest.mark.parametrize("how", ["ignored", "filtered", "other library"])
def test_a_scene_that_is_not_synced_any_more_gets_no_play(bench: Bench, how: str) -> None:
    scene, item = synced(bench)
    bench.plex.user.watch(item)
    if how == "ignored":
        with bench.manager.transaction():
            bench.manager.scenes.ignore(scene)
    elif how == "filtered":
        bench.stash.settings["only_organized"] = True
    else:
        bench.plex.add_section("Others", locations=["/media/others"], agent="none")
        bench.stash.settings["plex_library"] = "Others"
    looks(bench, 3)
    assert plays(bench, scene) == []


def test_paused_writes_nothing_to_either_side(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.watch(item)
    bench.plex.user.rate(item, 8)
    bench.stash.settings |= {"paused": True, "ratings_from_plex": True}
    looks(bench, 4)
    stashs = bench.stash.library.scenes[scene]
    assert (plays(bench, scene), stashs.rating100, asked(bench)) == ([], None, 1)
    bench.stash.settings["paused"] = False
    looks(bench, 3)
    assert (len(plays(bench, scene)), stashs.rating100) == (1, 80)


def test_a_resume_position_goes_to_a_scene_without_one(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.watch(item)
    bench.plex.user.stop_at(item, 600_000)
    looks(bench, 2)
    assert bench.stash.library.scenes[scene].resume_time == 600
    bench.stash.library.scenes[scene].resume_time = 12.5
    bench.clock.now += MINUTE
    bench.plex.user.watch(item)
    bench.plex.user.stop_at(item, 900_000)
    looks(bench, 2)
    assert bench.stash.library.scenes[scene].resume_time == 12.5


def test_a_view_of_the_future_waits_for_its_time(bench: Bench) -> None:
    scene, item = synced(bench)
    view = bench.plex.user.watch(item, bench.clock.now + HOUR)
    looks(bench, 3)
    assert plays(bench, scene) == []
    bench.pass_time(HOUR)
    assert plays(bench, scene) == [view.viewed_at]


def test_a_film_that_was_only_begun_gives_its_resume_position_within_the_hour(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.stop_at(item, 600_000)
    bench.pass_time(HOUR + LOOK)
    assert bench.stash.library.scenes[scene].resume_time == 600
    bench.stash.library.scenes[scene].resume_time = 0.0  # watched to the end in Stash
    bench.pass_time(3 * HOUR)
    assert bench.stash.library.scenes[scene].resume_time == 0
    bench.plex.user.stop_at(item, 700_000)
    bench.pass_time(HOUR + LOOK)
    assert bench.stash.library.scenes[scene].resume_time == 700


def test_what_was_shown_is_no_longer_said_once_it_is_true(make_bench: MakeBench) -> None:
    bench = home(make_bench)
    scene, item = synced(bench)
    view = bench.plex.user.watch(item)
    bench.stash.settings["plays_from_plex"] = True
    bench.pass_time(LOOK)
    bench.stash.library.touch(scene, play_history=[rfc3339(view.viewed_at)])
    bench.pass_time(LOOK)
    assert said(bench).sentence == ""
