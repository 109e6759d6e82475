"""The whole road: an edit in Stash, the real plugin, the right edits in Plex."""

from __future__ import annotations

import os
import re
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import Kind
from simulators.plex.items import Item
from simulators.plex.server import TagMode
from simulators.resident import is_running
from sync_queue import schema
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from tests.e2e.conftest import AnyRoad, MakeRoad, Road
from tests.installed_plugin import eventually

pytestmark = pytest.mark.posix

DETAILS = "A night at the docks.\n\nSecond paragraph — with “quotes”."
ONE_ITEM = r"^/library/(sections/\d+/all|metadata/\d+)$"


def enqueue(road: AnyRoad[Any], scene_id: int) -> None:
    """A job that no hook brought, as a task leaves it."""
    with QueueManager(str(road.plugin.data_dir)) as manager:
        manager.jobs.put(scene_job(scene_id, "task", 0.0))


def edits_of(road: Road, item: Item) -> int:
    """How many edits Plex was sent for one item."""
    key = str(item.rating_key)
    return sum(
        key in (request.parameters.get("id"), request.path.removeprefix("/library/metadata/"))
        for request in road.plex.requests.matching("PUT", ONE_ITEM)
    )


@pytest.mark.parametrize("tag_mode", ["replace", "append"])
def test_an_edit_in_stash_shows_in_plex(make_road: MakeRoad, tag_mode: TagMode) -> None:
    road = make_road(tag_mode)
    scene, item = road.add("2024/Harbour Lights.mp4")
    _, other = road.add("2023/Harbour Lights.mp4")
    other_before = road.plex.snapshot()[other.rating_key]
    library = road.stash.library
    (run,) = road.stash.scene_update(
        scene,
        title="Harbour Lights, Part 2",
        details=DETAILS,
        date="2024-05-01",
        studio_id=library.add_studio("Lantern House"),
        performer_ids=[library.add_performer(name) for name in ("Ada Quill", "Zoë Ångström")],
        tag_ids=[library.add_tag(name) for name in ("Slow, burning", "Noir")],
    )
    assert (run.output, run.error) == ("ok", None)
    road.drain()

    assert item.title == "Harbour Lights, Part 2"
    assert item.fields["summary"] == DETAILS
    assert item.fields["originallyAvailableAt"] == "2024-05-01"
    assert item.fields["studio"] == "Lantern House"
    assert item.tags["actor"] == ["Ada Quill", "Zoë Ångström"]
    assert sorted(item.tags["genre"]) == ["Noir", "Slow, burning"]
    assert {"title", "summary", "actor", "genre"} <= item.locked
    assert edits_of(road, item) == 1
    assert road.plex.snapshot()[other.rating_key] == other_before
    assert not road.plex.requests.whole_section_edits


@pytest.mark.parametrize("tag_mode", ["replace", "append"])
def test_a_value_taken_away_in_stash_goes_in_plex(make_road: MakeRoad, tag_mode: TagMode) -> None:
    road = make_road(tag_mode)
    library = road.stash.library
    people = [library.add_performer(name) for name in ("Ada Quill", "Zoë Ångström")]
    tags = [library.add_tag(name) for name in ("Noir", "Outdoor")]
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Harbour", performer_ids=people, tag_ids=tags)
    road.drain()
    road.stash.scene_update(scene, performer_ids=people[1:], tag_ids=tags[:1], details="New.")
    road.drain()
    assert item.tags["actor"] == ["Zoë Ångström"]
    assert item.tags["genre"] == ["Noir"]
    assert item.fields["summary"] == "New."


def test_an_edit_that_changes_nothing_writes_nothing(road: Road) -> None:
    scene, _ = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Harbour")
    road.drain()
    road.plex.requests.clear()
    road.stash.scene_update(scene, title="Harbour")
    road.drain()
    assert road.plex.requests.writes() == []


def test_edits_of_a_busy_worker_become_one_job_with_the_newest_value(road: Road) -> None:
    first, _ = road.add("First.mp4")
    scene, item = road.add("Harbour Lights.mp4")
    slow = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=25.0)
    road.stash.scene_update(first, title="The first")
    eventually(lambda: slow.hits, timeout=30)
    for n in range(10):
        road.stash.scene_update(scene, title=f"Take {n}")
    assert [row["key"] for row in road.plugin.rows() if row["status"] < schema.RUNNING] == [
        f"scene:{scene}"
    ]
    slow.over.set()
    road.drain()
    assert item.title == "Take 9"
    assert edits_of(road, item) == 1
    assert len(road.workers_ever()) == 1


def test_an_edit_during_its_scenes_sync_leads_to_one_more(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    slow = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=25.0)
    road.stash.scene_update(scene, title="Old")
    eventually(lambda: slow.hits, timeout=30)
    road.stash.scene_update(scene, title="New")
    assert item.title != "Old"  # the edit came before the first sync was over
    assert road.states() == [schema.RUNNING, schema.WAITING]
    slow.over.set()
    road.drain()
    assert item.title == "New"
    assert edits_of(road, item) == 2


def test_sigterm_gives_the_leases_back_and_the_next_edit_goes_on(road: Road) -> None:
    scenes = [road.add(f"Scene {n}.mp4") for n in range(6)]
    slow = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.5)
    road.stash.bulk_scene_update([scene for scene, _ in scenes], details="Edited.")
    eventually(lambda: slow.hits, timeout=30)
    worker = road.worker()
    os.kill(worker, signal.SIGTERM)
    eventually(lambda: not is_running(worker), timeout=30)
    states = road.states()
    assert schema.RUNNING not in states
    assert states.count(schema.READY) >= 1
    road.stash.scene_update(scenes[0][0], title="Again")
    road.drain()
    assert {item.fields["summary"] for _, item in scenes} == {"Edited."}
    assert road.worker() != worker


def test_the_worker_outlives_stash(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Before")
    road.drain()
    worker = road.worker()
    road.stash.stop()
    road.stash.start()
    road.stash.scene_update(scene, title="After")
    road.drain()
    assert item.title == "After"
    assert road.workers_ever() == [worker]


def test_a_disabled_plugin_stops_before_the_next_write(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Before")
    road.drain()
    worker = road.worker()
    road.stash.enable(False)
    road.stash.library.touch(scene, title="After")
    enqueue(road, scene)
    eventually(lambda: not is_running(worker), timeout=30)
    assert item.title == "Before"
    assert road.states()[-1] < schema.RUNNING
    assert "plugin disabled" in road.log()


def test_paused_changes_nothing_and_says_so(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Before")
    road.drain()
    road.plex.requests.clear()
    road.stash.settings = {**road.stash.settings, "paused": True}
    road.stash.scene_update(scene, title="After")
    eventually(lambda: "paused" in road.log(), timeout=30)
    eventually(lambda: schema.RUNNING not in road.states(), timeout=30)
    status = road.stash.run_operation({"mode": "status"}).output
    assert (status["hold"]["reason"], status["left"]) == ("paused", 1)
    assert road.plex.requests.writes() == []
    assert item.title == "Before"


@pytest.mark.slow
def test_a_removed_plugin_stops_before_the_next_write(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Before")
    road.drain()
    worker = road.worker()
    (road.plugin.directory / "PlexSync.py").unlink()
    road.stash.library.touch(scene, title="After")
    asked = road.stash.requests.total
    enqueue(road, scene)
    eventually(lambda: road.stash.requests.total > asked, timeout=30)
    road.stop_worker()
    assert not is_running(worker)
    assert item.title == "Before"
    assert road.states()[-1] < schema.RUNNING


def test_secrets_are_in_no_file_but_the_database_and_in_no_process(
    road: Road, tmp_path: Path
) -> None:
    road.stash.set_api_key("stash-key-0123456789")
    road.stash.settings = {**road.stash.settings, "debug_logging": True}
    scene, _ = road.add("Harbour Lights.mp4")
    runs = road.stash.scene_update(scene, title="Harbour")
    road.drain()
    worker = road.worker()
    cookies = [run.stdin["server_connection"]["SessionCookie"]["Value"] for run in runs]
    secrets = [road.plex.token or "", "stash-key-0123456789", *cookies]
    for place in (Path(f"/proc/{worker}/cmdline"), Path(f"/proc/{worker}/environ")):
        held = place.read_bytes() if place.exists() else b""
        assert not any(secret.encode() in held for secret in secrets), place
    road.stop_worker()
    for file in tmp_path.rglob("*"):
        if file.is_file() and not re.search(r"/data\.db(-wal|-shm|\.daily|\.v1)?$", str(file)):
            held = file.read_bytes()
            assert not any(secret.encode() in held for secret in secrets), file
    for file in road.plugin.data_dir.rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
