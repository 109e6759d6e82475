"""``ui/wake.js`` asks when a page of Stash opens: waiting jobs run after a restart."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from simulators.faults import Kind
from simulators.resident import is_running, lock_is_held
from sync_queue import schema
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually

pytestmark = pytest.mark.posix

ROOT = Path(__file__).resolve().parents[2]


def test_wake_starts_nothing_where_nothing_waits(road: Road) -> None:
    for _ in range(2):
        run = road.stash.run_operation({"mode": "wake"})
        assert run.error is None
        assert run.output["started"] is False
    assert not lock_is_held(road.plugin.data_dir)
    assert not road.plugin.database.exists()


def test_waiting_jobs_run_after_a_restart_of_the_machine(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    hung = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=5.0)
    road.stash.scene_update(scene, title="Before the power cut")
    eventually(lambda: hung.hits, timeout=20)
    worker = road.worker()
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: not is_running(worker))
    assert road.states() == [schema.RUNNING]
    road.stash.restart()
    road.stash.expire_sessions()
    run = road.stash.run_operation({"mode": "wake"})
    assert run.output["started"] is True
    road.drain()
    assert item.title == "Before the power cut"
    again = road.stash.run_operation({"mode": "wake"})
    assert (again.output["started"], again.output["left"]) == (False, 0)


def test_a_page_of_stash_asks_for_exactly_this_operation() -> None:
    script = (ROOT / "ui" / "wake.js").read_text("utf-8")
    assert "runPluginOperation" in script
    assert "wake" in script
    assert "PlexSync" in script
