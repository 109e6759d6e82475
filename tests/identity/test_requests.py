"""How many requests Plex gets for what: counted at the simulated Plex, beside what is allowed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from tests.identity.conftest import MakeHouse
from tests.identity.house import DAY, MINUTE, House

PAGE = 1_000
READ = 50


def counted(house: House, act: Callable[[], object]) -> Counter[str]:
    """The requests that follow from an act by what they are: pages, reads, searches, writes."""
    return Counter(kind(one.method, one.path, one.query) for one in house.asked(act))


def kind(method: str, path: str, query: str) -> str:
    """What a request is for."""
    if method != "GET":
        return "write"
    if path in ("/", "/library/sections", "/library/sections/all"):
        return "counters"
    if re.match(r"/library/metadata/[\d,]+$", path):
        return "read"
    if path.endswith("/all"):
        return "search" if re.search(r"(^|&)(file|title)", query) else "page"
    return path


def shelf(house: House, count: int) -> list[int]:
    """Synced scenes, of which everything is known: listed, written, read back."""
    scenes = [house.add(f"{n % 50}/Film {n}.mp4", details=f"{n}.")[0] for n in range(count)]
    house.sync_all()
    house.pass_time(count / READ * MINUTE + 5 * MINUTE)
    house.sync_all()
    house.settle()
    house.clock.now += 5
    return scenes


def test_one_edit_of_a_known_scene_costs_a_read_and_a_write(house: House) -> None:
    scenes = shelf(house, 30)
    assert counted(house, house.edited_and_run(scenes[3], details="New.")) == {
        "read": 1,
        "write": 1,
    }


def test_one_edit_by_a_new_worker_connects_and_no_more(house: House) -> None:
    scenes = shelf(house, 30)
    house.new_worker()
    asked = counted(house, house.edited_and_run(scenes[3], details="New."))
    assert asked["read"] == asked["write"] == 1
    assert asked.total() <= 4


def test_a_save_without_effect_costs_one_read_at_most(house: House) -> None:
    scenes = shelf(house, 30)
    house.clock.now += 5
    asked = counted(house, house.edited_and_run(scenes[3], organized=True))
    assert asked["write"] == 0
    assert asked.total() <= 1


@pytest.mark.slow
def test_sync_all_of_an_unchanged_library_costs_pages_and_reads_of_fifty(house: House) -> None:
    count = 2_000
    shelf(house, count)
    asked = counted(house, house.sync_all)
    assert asked["write"] == 0
    assert asked["page"] <= count / PAGE + 1
    assert count / READ <= asked["read"] <= count / READ + 1  # what each item shows is compared
    assert asked["search"] == 0
    assert asked.total() <= 0.025 * count


def test_a_rebuilt_library_costs_as_much_as_a_first_sync(house: House) -> None:
    count = 500
    shelf(house, count)
    house.rebuild(library="new")
    asked = counted(house, house.sync_all)
    assert asked["write"] == count
    assert asked.total() <= 1.1 * count


def test_a_rebuilt_library_costs_nothing_more_the_next_time(house: House) -> None:
    shelf(house, 23)
    house.rebuild(library="new")
    house.sync_all()
    house.settle()
    for _ in range(3):
        house.clock.now += DAY
        asked = counted(house, house.sync_all)
        assert asked["write"] == 0
        assert asked["page"] == asked["read"] == 1
        assert asked.total() <= 4
        house.settle()


def test_a_first_sync_of_a_library_costs_one_write_a_scene(house: House) -> None:
    count = 500
    for n in range(count):
        house.add(f"{n % 50}/Film {n}.mp4", details=f"{n}.")
    asked = counted(house, house.sync_all)
    assert asked["write"] == count
    assert asked.total() <= 1.1 * count


def test_items_without_updated_at_cost_no_more(make_house: MakeHouse) -> None:
    """More than fifty of them made version 1.0 read in an endless loop."""
    house = make_house()
    house.section.unstamped = True
    count = 120
    for n in range(count):
        house.add(f"Film {n}.mp4", details=f"{n}.")
    asked = counted(house, house.sync_all) + counted(house, house.settle)
    assert asked["write"] == count
    assert asked.total() <= 1.2 * count
    asked = counted(house, house.sync_all)
    assert asked["write"] == 0
    assert asked.total() <= 0.1 * count
    assert counted(house, lambda: house.pass_time(30 * MINUTE)).total() <= 5


def test_a_chore_that_makes_no_progress_ends(make_house: MakeHouse) -> None:
    house = make_house()
    house.section.unstamped = True
    scenes = [house.add(f"Film {n}.mp4", details=f"{n}.")[0] for n in range(60)]
    house.sync_all()
    house.settle()
    asked = counted(house, house.edited_and_run(scenes[0], details="New."))
    asked += counted(house, house.settle)
    assert asked.total() <= 6


# -- matching ---------------------------------------------------------------------------------


def namesakes(house: House, count: int) -> None:
    """Items whose files all have one name, in folders of their own."""
    for n in range(count):
        house.item_at(f"/media/videos/{n:05}/video.mp4", size=1_000 + n)


@pytest.mark.parametrize("rules", [True, False], ids=["rules", "same paths"])
def test_one_of_ten_thousand_files_of_one_name_is_found_by_its_path(
    make_house: MakeHouse, rules: bool
) -> None:
    house = make_house(**({} if rules else {"path_map": ""}))
    namesakes(house, 10_000)
    folder = "/data/scenes" if rules else "/media/videos"
    places = [7, 5_000, 9_999]
    scenes = [house.scene_at(f"{folder}/{n:05}/video.mp4", size=1_000 + n) for n in places]
    house.sync_all()
    house.settle()
    assert [house.outcome(scene) for scene in scenes] == ["synced"] * 3
    house.clock.now += 5
    for scene in scenes:
        asked = counted(house, house.edited_and_run(scene, details="New."))
        assert asked == {"read": 1, "write": 1}
    for n, scene in zip(places, scenes, strict=True):
        item = house.holder(f"/media/videos/{n:05}/video.mp4")
        assert item.fields["summary"] == "New.", scene


@pytest.mark.slow
def test_one_new_item_wakes_its_own_of_ten_thousand_parked_namesakes(house: House) -> None:
    for n in range(10_000):
        house.scene_at(f"/data/scenes/{n:05}/video.mp4", size=1_000 + n, details=f"{n}.")
    house.sync_all()
    assert house.outcome(1) == "not_in_plex"
    house.settle()
    item = house.item_at("/media/videos/00042/video.mp4", size=1_042)
    asked = counted(house, lambda: house.pass_time(3 * MINUTE))
    assert item.fields.get("summary") == "42."
    assert asked["write"] == 1
    assert asked.total() <= 12
    states = house.manager.get_stats(house.clock())
    assert states.pending == 0
