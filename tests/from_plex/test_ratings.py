"""A star rating that a user gave in Plex goes to a scene without one, once."""

from __future__ import annotations

import pytest

from simulators.plex.items import Item
from tests.from_plex.house import DAY, HOUR, LOOK, MINUTE, home, looks, said, synced
from tests.resident.bench import Bench, MakeBench


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return home(make_bench, ratings_from_plex=True)


def rating(bench: Bench, scene: int) -> int | None:
    return bench.stash.library.scenes[scene].rating100


def rate_in_stash(bench: Bench, scene: int, value: int | None) -> None:
    """A user's edit, which reaches Plex."""
    bench.edit(scene, rating100=value)
    bench.pass_time(MINUTE)


def puts(bench: Bench) -> list[str]:
    """What was written to Plex."""
    return [request.path for request in bench.plex.requests if request.method == "PUT"]


@pytest.mark.parametrize(
    ("given", "wanted"), [(8.0, 80), (0.5, 5), (10.0, 100), (7.3, 73), (0.0, None)]
)
def test_a_users_stars_go_to_a_scene_without_a_rating(
    bench: Bench, given: float, wanted: int | None
) -> None:
    scene, item = synced(bench)
    bench.plex.user.rate(item, given)
    looks(bench, 1)
    assert rating(bench, scene) == wanted


@pytest.mark.parametrize("stars", ["11", "-1", "nan", "1e3", "eight", "", "9" * 30])
def test_stars_that_cannot_be_are_none(bench: Bench, stars: str) -> None:
    scene, item = synced(bench)
    bench.plex.user.rate(item, 8)
    item.fields["userRating"] = stars
    looks(bench, 2)
    assert rating(bench, scene) is None


def test_stars_never_replace_a_rating_in_stash(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.stash.settings["skip_rating"] = True
    bench.stash.library.touch(scene, rating100=20)
    bench.plex.user.rate(item, 8)
    looks(bench, 2)
    assert rating(bench, scene) == 20
    bench.stash.library.touch(scene, rating100=None)
    bench.pass_time(DAY)
    assert rating(bench, scene) is None


def test_stars_of_ours_do_not_come_back(bench: Bench) -> None:
    scene, item = synced(bench)
    rate_in_stash(bench, scene, 80)
    assert item.fields["userRating"] == "8.0"
    bench.plex.faults.add("status", method="PUT", status=400, times=None)
    rate_in_stash(bench, scene, None)  # Plex still shows ours
    looks(bench, 3)
    assert (rating(bench, scene), item.fields["userRating"]) == (None, "8.0")


def test_stars_of_a_user_over_ours_come_when_stash_has_none(bench: Bench) -> None:
    scene, item = synced(bench)
    rate_in_stash(bench, scene, 80)
    bench.plex.user.rate(item, 4)
    rate_in_stash(bench, scene, None)
    assert item.fields["userRating"] == "4.0"
    looks(bench, 2)
    assert rating(bench, scene) == 40


@pytest.mark.parametrize("synced_first", [True, False], ids=["synced", "not synced"])
def test_a_rating_that_the_user_removes_in_stash_stays_removed(
    bench: Bench, synced_first: bool
) -> None:
    scene, item = synced(bench)
    bench.plex.user.rate(item, 8)
    looks(bench, 1)
    assert rating(bench, scene) == 80
    if synced_first:
        bench.hook(scene)
        bench.pass_time(MINUTE)
    rate_in_stash(bench, scene, None)
    bench.new_worker()
    bench.pass_time(DAY)
    assert (rating(bench, scene), item.fields["userRating"]) == (None, "8.0")


def test_a_new_rating_in_plex_is_another_one(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.rate(item, 8)
    looks(bench, 1)
    rate_in_stash(bench, scene, None)
    bench.plex.user.rate(item, 6)
    looks(bench, 2)
    assert rating(bench, scene) == 60


def test_a_rating_from_plex_is_not_written_to_plex(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.rate(item, 8)
    bench.plex.requests.clear()
    looks(bench, 1)
    bench.hook(scene)  # Stash fires a hook for our own write
    bench.pass_time(HOUR)
    assert (rating(bench, scene), puts(bench)) == (80, [])
    assert "userRating" not in item.locked


def test_a_scene_that_is_synced_later_gets_its_stars_then(bench: Bench) -> None:
    bench.clock.now -= DAY
    scene, item = bench.add("Later.mp4")
    bench.clock.now += DAY
    bench.plex.user.rate(item, 9)
    looks(bench, 3)
    assert rating(bench, scene) is None
    bench.edit(scene, title="Later")
    looks(bench, 2)
    assert rating(bench, scene) == 90


def test_an_unsynced_library_that_is_chosen_later_gives_its_stars(bench: Bench) -> None:
    bench.stash.settings["plex_library"] = "Videos"
    synced(bench)
    other = bench.plex.add_section("Others", locations=["/media/others"], agent="none")
    scene = bench.add_scene("In others.mp4")
    item = bench.plex.add_movie(other, "/media/others/In others.mp4")
    bench.plex.user.rate(item, 7)
    looks(bench, 2)
    bench.stash.settings |= {
        "plex_library": "",
        "path_map": "/data/scenes => /media/videos; /data/scenes => /media/others",
    }
    bench.edit(scene, title="Chosen")
    looks(bench, 3)
    assert rating(bench, scene) == 70


def test_a_look_at_which_nothing_happened_asks_once_for_each_library(bench: Bench) -> None:
    scenes: list[tuple[int, Item]] = [synced(bench, f"{n}.mp4") for n in range(3)]
    for scene, _ in scenes:
        rate_in_stash(bench, scene, 50)
    looks(bench, 2)
    bench.plex.requests.clear()
    bench.pass_time(6 * LOOK)
    assert len(bench.plex.requests) == 6
    assert said(bench).sentence == ""


def test_a_locked_rating_that_we_do_not_know_is_no_users(bench: Bench) -> None:
    scene, item = synced(bench)
    bench.plex.user.rate(item, 8)
    bench.plex.user.set_locks(item, True, "userRating")
    looks(bench, 2)
    assert rating(bench, scene) is None
