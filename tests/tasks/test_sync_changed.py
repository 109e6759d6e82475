"""Sync Changed: what Stash changed since each scene's last sync, and nothing else."""

from __future__ import annotations

from tests.tasks.conftest import Library


def test_one_changed_scene_among_many_costs_five_requests_at_most(library: Library) -> None:
    pairs = library.fill(150, details="Docks.")
    library.run("sync_all")
    library.clock.skip()
    library.stash.library.touch(pairs[70][0], details="Night.")
    library.plex.requests.clear()
    library.stash.requests.clear()
    result = library.run("sync_changed")
    assert library.edits() == [pairs[70][1].rating_key]
    assert library.query("SELECT prio FROM ack_queue_default ORDER BY _id DESC LIMIT 1") == [(-1,)]
    assert len(library.plex.requests) <= 5
    assert library.stash.requests.total <= 12
    assert (result.done, result.left, result.exit_code) == (1, 0, 0)


def test_nothing_changed_asks_plex_nothing(library: Library) -> None:
    library.fill(10)
    library.run("sync_all")
    library.plex.requests.clear()
    result = library.run("sync_changed")
    assert result.output["scenes"] == 0
    assert len(library.plex.requests) <= 1  # the connection


def test_times_are_compared_whatever_their_offset(library: Library) -> None:
    """Stash's texts do not sort: after a change of its time zone a later one may look earlier."""
    (scene, item), (other, _) = library.fill(2, details="Docks.")
    library.run("sync_all")
    stash = library.stash.library
    before = stash.scenes[scene].updated_at
    library.clock.skip(60)
    stash.touch(scene, details="Night.")
    late = stash.scenes[scene].updated_at
    assert late > before
    hour = int(late[11:13])
    if late.endswith("Z"):
        stash.scenes[scene].updated_at = f"{late[:11]}{hour:02}{late[13:19]}+00:00"
        stash.scenes[other].updated_at = stash.scenes[other].updated_at.replace("Z", "-00:00")
    library.plex.requests.clear()
    library.run("sync_changed")
    assert library.edits() == [item.rating_key]


def test_scenes_that_were_never_synced_are_left_to_sync_all_and_said(library: Library) -> None:
    library.fill(4)
    result = library.run("sync_changed")
    assert result.output["scenes"] == 0
    assert any("4 scenes were never synced" in line for line in result.lines)
    assert any("4 scenes were never synced" in line for line in result.report)
    assert result.output["never_synced"] == 4
    assert library.edits() == []


def test_a_scene_that_came_since_the_installation_is_new(library: Library) -> None:
    library.fill(2)
    library.run("sync_changed")
    library.clock.skip(2 * 24 * 3600)
    new, item = library.add("New.mp4", details="Docks.")
    library.run("sync_changed")
    assert set(library.outcomes()) == {new}
    assert library.edits() == [item.rating_key]
