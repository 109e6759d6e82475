"""What no hook told is found by the sweep; a rename reaches exactly the scenes that show it."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.plex.items import Item
from sync_queue import losses, schema
from sync_queue.state import Restored
from tests.resident.bench import Bench
from worker.sweep import PAGE, changed_scenes

HOUR = 3600.0
DAY = 24 * HOUR


def settled(bench: Bench, name: str = "Harbour Lights.mp4") -> tuple[int, Item]:
    """A scene that was synced, with its first sweep behind."""
    scene, item = bench.add(name)
    bench.edit(scene, title="Before")
    bench.pass_time(60)
    assert item.title == "Before"
    return scene, item


def test_a_change_without_a_hook_is_found_within_the_hour(bench: Bench) -> None:
    scene, item = settled(bench)
    bench.clock.now += 60
    bench.stash.library.touch(scene, title="After")  # auto-tag, or a hook that was killed
    assert bench.pass_time(2 * HOUR, until=lambda: item.title == "After") <= HOUR


def test_a_new_worker_needs_no_job_to_find_a_change_without_a_hook(bench: Bench) -> None:
    scene, item = settled(bench)
    bench.clock.now += 60
    bench.stash.library.touch(scene, title="After")
    bench.new_worker()
    assert bench.pass_time(2 * HOUR, until=lambda: item.title == "After") <= HOUR


def test_a_new_cover_without_a_hook_is_found(bench: Bench) -> None:
    bench.stash.settings["skip_posters"] = False
    scene, _item = settled(bench)
    bench.clock.now += 60
    bench.stash.library.touch(scene, cover=bench.stash.library.scenes[scene].cover)
    bench.pass_time(HOUR)
    assert bench.states().count(schema.DONE) == 2


def test_the_sweep_asks_stash_at_most_once_an_hour(bench: Bench) -> None:
    settled(bench)
    bench.stash.requests.clear()
    bench.pass_time(5 * HOUR)
    assert bench.stash.requests.by_field["findScenes"] == 5
    bench.stash.requests.clear()
    bench.new_worker()
    bench.enqueue(1)
    bench.pass_time(HOUR / 2)
    assert bench.stash.requests.by_field["findScenes"] <= 2  # the job's own, and one sweep


def test_a_restarted_worker_does_not_sweep_again_within_the_hour(bench: Bench) -> None:
    scene, _ = settled(bench)
    bench.stash.requests.clear()
    for _ in range(4):
        bench.clock.now += 10
        bench.new_worker()
        bench.enqueue(scene)
        bench.run()
    assert bench.stash.requests.by_field["findScenes"] == 4  # the jobs' own


def test_scenes_older_than_the_installation_are_left_alone(bench: Bench) -> None:
    bench.clock.now -= DAY
    old = [bench.add(f"Old {n}.mp4")[0] for n in range(5)]
    bench.clock.now += DAY
    settled(bench)
    bench.pass_time(3 * HOUR)
    assert [bench.outcome(scene) for scene in old] == [""] * 5
    bench.stash.library.touch(old[0], title="Now of interest")
    bench.pass_time(HOUR)
    assert [bench.outcome(scene) for scene in old] == ["synced", "", "", "", ""]


def test_a_scene_made_while_the_first_drain_ran_is_found(bench: Bench) -> None:
    bench.clock.tick = 10.0  # a slow Plex: the first drain takes hours
    for n in range(100):
        bench.edit(bench.add(f"{n}.mp4")[0], title="New")
    scene, item = bench.add("Made meanwhile.mp4")
    bench.clock.after(600.0, lambda: bench.stash.library.touch(scene, title="Found"))
    bench.run()
    bench.clock.tick = 0.0
    bench.pass_time(HOUR)
    assert item.title == "Found"


def test_a_buried_scene_is_not_found_again_until_it_changes(bench: Bench) -> None:
    scene, item = bench.add()
    bench.plex.faults.add("status", method="PUT", status=400, times=None)
    bench.edit(scene, title="Refused")
    bench.pass_time(5 * HOUR)
    assert bench.outcome(scene) == "refused_by_plex"
    assert bench.states() == [schema.FAILED]
    bench.plex.faults.clear()
    bench.stash.library.touch(scene, title="Better")
    bench.pass_time(HOUR)
    assert item.title == "Better"
    assert not bench.letters()


def test_a_scene_of_a_merge_takes_over_the_item_of_the_one_that_went(bench: Bench) -> None:
    source, its_item = settled(bench, "Source.mp4")
    target, item = settled(bench, "Target.mp4")
    bench.clock.now += 60
    bench.stash.scene_merge([source], target)
    bench.stash.library.touch(target, title="Merged")
    bench.pass_time(HOUR)
    assert (item.title, its_item.title) == ("Merged", "Merged")


def test_an_event_during_a_sweep_is_not_kept_waiting(bench: Bench) -> None:
    bench.stash.set_api_key("a key outlives the session")
    scene, item = settled(bench)
    bench.clock.now -= DAY
    bench.stash.seed(5 * PAGE)
    bench.clock.now += DAY + HOUR
    asked = bench.stash.requests.by_field["findScenes"]
    bench.worker.loop.step()
    bench.worker.loop.step()
    assert bench.stash.requests.by_field["findScenes"] == asked + 2
    bench.edit(scene, title="In between")
    bench.worker.loop.step()
    assert item.title == "In between"
    assert bench.stash.requests.by_field["findScenes"] == asked + 3  # the job's own
    bench.run()


def test_a_sweep_that_fails_starts_again_and_misses_nothing(bench: Bench) -> None:
    bench.stash.set_api_key("a key outlives the session")
    scene, item = settled(bench)
    bench.clock.now += 60
    bench.stash.library.touch(scene, title="After")
    bench.stash.faults.add(body="page", status=502, times=2)
    bench.pass_time(2 * HOUR, until=lambda: item.title == "After")
    assert item.title == "After"


def test_changed_scenes_compares_times_and_not_texts() -> None:
    page = [
        (1, "2027-01-01T12:00:00+02:00"),  # the same moment as below, in another zone
        (2, "2027-01-01T10:00:01Z"),
        (3, "2026-12-31T23:59:59Z"),  # older than what we saw: a clock or a backup was set back
        (4, "2027-01-01T09:00:00Z"),
    ]
    known = {1: "2027-01-01T10:00:00Z", 2: "2027-01-01T12:00:00+02:00", 3: "2027-01-01T00:00:00Z"}
    at_nine = 1_798_794_000.0
    assert changed_scenes(page, known, baseline=at_nine) == [2, 3]
    assert changed_scenes(page, known, baseline=at_nine - 1) == [2, 3, 4]


@pytest.mark.parametrize("kind", ["performer", "studio", "tag", "group"])
def test_a_rename_reaches_exactly_the_scenes_that_show_it(bench: Bench, kind: str) -> None:
    library = bench.stash.library
    kinds: dict[str, dict[str, Any]] = {
        "performer": {"performers": ["Ada"]},
        "studio": {"studio": "Ada"},
        "tag": {"tags": ["Ada"]},
        "group": {"groups": ["Ada"]},
    }
    shows = kinds[kind]
    bench.stash.settings["sync_groups"] = True
    with_it = [bench.add(f"With {n}.mp4", **shows) for n in range(3)]
    without = [bench.add(f"Without {n}.mp4") for n in range(3)]
    for scene, _ in with_it + without:
        bench.edit(scene, title="Titled")
    bench.run()
    bench.pass_time(60)
    bench.plex.requests.clear()
    table = getattr(library, f"{kind}s")
    table.rename(table[1], "Ada Quill")
    bench.hook(0, kind=f"{kind.title()}.Update.Post", key=f"{kind}:1")
    bench.run()
    place = {"performer": "actor", "studio": "studio", "tag": "genre", "group": "collection"}[kind]
    for _, item in with_it:
        shown = [item.fields["studio"]] if kind == "studio" else item.tags[place]
        assert "Ada Quill" in shown
        assert "Ada" not in shown
    assert len(bench.plex.requests.writes()) >= 3
    written = " ".join(request.target for request in bench.plex.requests.writes())
    assert not any(f"id={item.rating_key}&" in written + "&" for _, item in without)


def test_a_rename_while_stash_fails_is_expanded_later(bench: Bench) -> None:
    scene, item = bench.add(performers=["Ada"])
    bench.edit(scene, title="Titled")
    bench.run()
    table = bench.stash.library.performers
    table.rename(table[1], "Ada Quill")
    bench.stash.faults.add(path="graphql", error="busy", times=4)
    bench.hook(0, kind="Performer.Update.Post", key="performer:1")
    bench.pass_time(300)
    assert item.tags["actor"] == ["Ada Quill"]
    assert not bench.letters()


def test_edits_that_were_lost_with_a_file_are_told_and_found_at_once(bench: Bench) -> None:
    scene, item = bench.add()
    bench.edit(scene, title="Old")
    bench.pass_time(600.0)  # the sweep has looked
    bench.stash.library.touch(scene, title="New")
    losses.note(str(bench.data_dir), "data.db-wal")
    losses.tell(bench.manager)
    told = bench.manager.state.load(Restored).sentence
    assert "in use (data.db-wal). Edits that only this file held are lost" in told
    bench.hook(bench.add_scene("Other.mp4"))
    assert told in bench.said
    bench.new_worker()
    bench.pass_time(60.0)
    assert item.title == "New"
    losses.tell(bench.manager)  # once only
    assert not bench.notice()
