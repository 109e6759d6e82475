"""Another Plex takes the address of the one that is remembered: nothing of it is believed."""

from __future__ import annotations

import pytest

from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from tests.resident.bench import PLEX_FOLDER, Bench, MakeBench
from tests.resident.conftest import make_bench

__all__ = ["make_bench"]

MINUTE, HOUR = 60.0, 3600.0


def remembered(bench: Bench, count: int = 1) -> list[tuple[int, Item]]:
    """Scenes that were written to the first Plex, and read back."""
    bench.stash.set_api_key("a key outlives the session")
    scenes = [bench.add(f"{n}.mp4", details="Ours.", title=f"{n}") for n in range(count)]
    for scene, _ in scenes:
        bench.edit(scene)
    bench.pass_time(2 * MINUTE)
    return scenes


def replaced(bench: Bench, before: list[tuple[int, Item]]) -> list[Item]:
    """Another Plex, with the same files under the same numbers, whose user has written in it."""
    old = bench.plex
    old.stop()
    bench.plex = PlexSimulator(
        clock=bench.clock, token=old.token, port=int(old.url.rpartition(":")[2])
    ).start()
    section = bench.plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
    items = [
        bench.plex.add_movie(section, f"{PLEX_FOLDER}/{number}.mp4")
        for number in range(len(before))
    ]
    for (_, was), item in zip(before, items, strict=True):
        assert item.rating_key == was.rating_key
        item.added_at = was.added_at
        bench.plex.edit(item, {"summary": "Ours."})  # locked by its user
    return items


def test_values_in_another_plex_are_not_taken_for_ours(make_bench: MakeBench) -> None:
    bench = make_bench()
    scenes = remembered(bench)
    (item,) = replaced(bench, scenes)
    bench.edit(scenes[0][0], details="")  # of ours the summary would be cleared
    bench.pass_time(5 * MINUTE)
    assert item.fields["summary"] == "Ours."
    assert bench.stats.left == 0
    assert not bench.letters()


@pytest.mark.parametrize("fresh", [False, True], ids=["same worker", "new worker"])
def test_a_whole_batch_meets_another_plex(make_bench: MakeBench, fresh: bool) -> None:
    bench = make_bench()
    scenes = remembered(bench, 30)
    items = replaced(bench, scenes)
    if fresh:
        bench.new_worker()
    for scene, _ in scenes:
        bench.edit(scene, details="")
    bench.pass_time(HOUR)
    assert {item.fields["summary"] for item in items} == {"Ours."}
    assert bench.stats.left == 0
    assert not bench.letters()


def test_what_was_not_read_back_is_not_forgotten_for_another_plex(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.stash.set_api_key("a key outlives the session")
    scene, item = bench.add(details="Ours.")
    bench.edit(scene)
    bench.run()
    server = bench.server
    bench.plex.stop()
    with PlexSimulator(
        clock=bench.clock, token=bench.plex.token, port=int(bench.plex.url.rpartition(":")[2])
    ):
        bench.pass_time(5 * MINUTE)
    assert bench.manager.ledger.entry(server, item.rating_key) is not None


@pytest.mark.parametrize("minutes", [0.2, 30])
@pytest.mark.parametrize("count", [3, 25])
def test_edits_that_met_another_plex_arrive_when_the_right_one_is_back(
    make_bench: MakeBench, minutes: float, count: int
) -> None:
    bench = make_bench()
    scenes = remembered(bench, count)
    parked = bench.add_scene("Parked.mp4")
    bench.edit(parked)
    bench.pass_time(30 * MINUTE)
    later, _ = bench.add("Later.mp4")
    bench.edit(later, title="Later")  # so that no listing of changes shows the others
    bench.pass_time(30 * MINUTE)
    bench.plex.stop()
    with PlexSimulator(
        clock=bench.clock, token=bench.plex.token, port=int(bench.plex.url.rpartition(":")[2])
    ) as other:
        other.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
        for scene, _ in scenes:
            bench.edit(scene, title="New")
        bench.pass_time(minutes * MINUTE)
        assert {bench.outcome(scene) for scene, _ in scenes} == {"not_in_plex"}
    bench.plex.start()
    bench.pass_time(HOUR)
    assert {item.title for _, item in scenes} == {"New"}


def test_a_library_that_is_added_or_renamed_is_found_within_a_minute(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(plex_library="Films")
    bench.stash.set_api_key("a key outlives the session")
    scene, item = bench.add()
    bench.edit(scene, title="New")
    bench.pass_time(3 * HOUR)
    assert "named “Films”" in bench.hold().sentence
    bench.section.title = "Films"
    bench.pass_time(61.0)
    assert item.title == "New"


def test_a_library_that_comes_after_the_first_save_is_found_within_a_minute(
    make_bench: MakeBench,
) -> None:
    bench = make_bench()
    bench.stash.set_api_key("a key outlives the session")
    sections = dict(bench.plex.library.sections)
    scene, item = bench.add()
    bench.plex.library.sections.clear()
    bench.edit(scene, title="New")
    bench.pass_time(3 * HOUR)
    assert "Plex shows no movie or show library" in bench.hold().sentence
    bench.plex.library.sections.update(sections)
    bench.pass_time(61.0)
    assert item.title == "New"
    assert not bench.hold().reason
