"""A view in Plex becomes one play in Stash, once for ever."""

from __future__ import annotations

import pytest

from tests.from_plex.house import DAY, HOUR, LOOK, MINUTE, asked, home, looks, plays, said, synced
from tests.resident.bench import Bench, MakeBench


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
