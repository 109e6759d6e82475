"""The undo as Stash starts it: a process of its own, beside a resident worker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from simulators.resident import lock_is_held
from tests.e2e.conftest import Road, make_road, road
from tests.installed_plugin import eventually

__all__ = ["make_road", "road"]  # fixtures

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="processes are POSIX here"),
]


def test_a_resident_worker_steps_aside_and_comes_back(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4", title="Harbour", details="Docks.")
    road.stash.scene_update(scene, title="Harbour")
    eventually(lambda: item.fields.get("summary") == "Docks.", timeout=20)
    assert lock_is_held(road.plugin.data_dir)
    answer = road.stash.run_operation({"mode": "undo", "scene": str(scene), "preview": "false"})
    assert not answer.error
    assert answer.output["back"] >= 2
    assert item.fields.get("summary", "") == ""
    assert item.title == "Harbour Lights"
    eventually(lambda: lock_is_held(road.plugin.data_dir), timeout=20)
    road.stash.scene_update(scene, details="Saved.")
    eventually(lambda: item.fields.get("summary") == "Saved.", timeout=20)


def test_an_undo_of_all_runs_as_a_task_with_a_bar(road: Road) -> None:
    pairs = [road.add(f"Scene {n:02}.mp4", details="Docks.") for n in range(12)]
    road.stash.run_task("Sync All Scenes")
    assert pairs[5][1].fields["summary"] == "Docks."
    shown = road.stash.run_task(None, {"mode": "undo", "all": True})
    assert shown.output["preview"] is True
    assert shown.output["back"] >= 12
    assert pairs[5][1].fields["summary"] == "Docks."
    run = road.stash.run_task(None, {"mode": "undo", "all": True, "preview": False})
    assert not run.error
    assert {item.fields.get("summary", "") for _, item in pairs} == {""}
    assert road.stash.settings["paused"] is True
    page = road.stash.run_operation({"mode": "undo", "page": 0}).output
    assert page["preview"] is False
    assert page["total"] == shown.output["total"]


def test_a_shell_shows_and_undoes(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4", details="Docks.")
    road.stash.run_task("Sync All Scenes")
    program = str(Path(road.plugin.directory) / "process_queue.py")
    data = ["--data-dir", str(road.plugin.data_dir)]

    def shell(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, program, "undo", *words, *data]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=road.plugin.environ
        )

    shown = shell("--scene", str(scene))
    assert "summary" in shown.stdout, shown.stderr
    assert item.fields["summary"] == "Docks."
    assert shell("--since", "-5").returncode == 2
    assert shell().returncode == 2
    done = shell("--all", "--preview", "false")
    assert done.returncode == 0, done.stdout + done.stderr
    assert item.fields.get("summary", "") == ""
