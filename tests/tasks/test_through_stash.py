"""The tasks as Stash runs them: the installed plugin, its manifest, its one reply."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.faults import Kind
from tests.e2e.conftest import MakeRoad, Road, make_road, road
from tests.installed_plugin import eventually

__all__ = ["make_road", "road"]  # fixtures

pytestmark = pytest.mark.posix

TASKS = (
    "Check Set-up",
    "Preview Sync",
    "Sync All Scenes",
    "Sync Changed Scenes",
    "Retry Failed",
    "Process Queue",
    "Show Status",
)


@pytest.mark.slow
def test_each_task_of_the_manifest_ends_with_one_reply(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4", title="Harbour", details="Docks.")
    assert {task.name for task in road.stash.stash.plugins.loaded[0].tasks} == set(TASKS)
    for name in TASKS:
        run = road.stash.run_task(name)
        assert not run.error, (name, run.error)
        assert run.output.keys() >= {"mode", "done", "left", "problems"}, name
        assert run.output["left"] == 0, name
    assert item.fields["summary"] == "Docks."
    operation = road.stash.run_operation({"mode": "preview", "scene": str(scene)})
    assert operation.output["scene"] == scene


def test_a_report_reads_from_top_to_bottom_on_the_log_page(road: Road) -> None:
    road.add("Harbour Lights.mp4", title="Harbour", details="Docks.")
    road.stash.run_task("Preview Sync")
    # Stash's page shows the newest line on top.
    page = [line.message for line in reversed(road.stash.logs) if "PlexSync]" in line.message]
    said = [line.partition("] ")[2] for line in page]
    first = next(n for n, line in enumerate(said) if line.startswith("Preview: 1 scene,"))
    assert said[first + 1].startswith("Fields that would change")
    assert any(line.startswith("Data directory") for line in said[first + 1 :])
    log = Path(road.plugin.data_dir, "plexsync.log").read_text("utf-8")
    assert "Preview: 1 scene," in log


@pytest.mark.slow
def test_sync_all_follows_the_worker_that_lives(road: Road) -> None:
    pairs = [road.add(f"Scene {n:02}.mp4", details="Docks.") for n in range(30)]
    road.stash.scene_update(pairs[0][0], title="First")
    road.drain()
    worker = road.worker()
    run = road.stash.run_task("Sync All Scenes")
    assert run.output["outcomes"] == {"synced": 30}
    assert {item.fields["summary"] for _, item in pairs} == {"Docks."}
    assert road.workers_ever() == [worker]


@pytest.mark.slow
def test_a_cancelled_task_is_gone_on_with(road: Road) -> None:
    pairs = [road.add(f"Scene {n:02}.mp4", details="Docks.") for n in range(30)]
    road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.1, times=None)
    job = road.stash.start_task("Sync All Scenes")
    eventually(lambda: any("summary" in item.fields for _, item in pairs), 30)
    road.stash.stop_job(job)
    road.plex.faults.clear()
    run = road.stash.run_task("Sync All Scenes")
    assert not run.error
    assert {item.fields["summary"] for _, item in pairs} == {"Docks."}
    assert len(road.plex.requests.matching("PUT", r"^/library/sections/\d+/all$")) == 30


@pytest.mark.slow
def test_an_edit_during_a_task_is_not_kept_waiting(make_road: MakeRoad) -> None:
    road = make_road()
    pairs = [road.add(f"Scene {n:02}.mp4", details="Docks.") for n in range(20)]
    road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.2, times=None)
    job = road.stash.start_task("Sync All Scenes")
    eventually(lambda: any("summary" in item.fields for _, item in pairs), 30)
    scene, item = pairs[-1]
    (run,) = road.stash.scene_update(scene, title="Edited meanwhile")
    assert run.seconds < 3
    road.plex.faults.clear()
    road.stash.wait_for_job(job)
    assert item.title == "Edited meanwhile"
