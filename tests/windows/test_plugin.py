"""Tasks, the shell, the demo and the installation of packages, with the simulators on Windows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Road
from tests.installed_plugin import ROOT, eventually
from tests.packaging.test_dependencies import make_python
from tests.windows.conftest import PATIENCE, WindowsPlugin
from worker import dependencies

pytestmark = [
    pytest.mark.skipif(sys.platform != "win32", reason="needs Windows (make test-windows)"),
    pytest.mark.timeout(900),
]

TASKS = (
    *("Check Set-up", "Show Status", "Process Queue", "Preview Sync", "Sync All Scenes"),
    *("Sync Changed Scenes", "Retry Failed"),
)


def test_an_edit_in_stash_shows_in_plex(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    (run,) = road.stash.scene_update(scene, title="Harbour Lights", details="A night.")
    assert (run.output, run.error) == ("ok", None)
    eventually(road.is_drained, PATIENCE)
    assert (item.title, item.fields["summary"]) == ("Harbour Lights", "A night.")
    assert len(road.workers_ever()) == 1


def test_every_task_ends_without_an_error(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.library.touch(scene, title="Synced by a task")
    for task in TASKS:
        road.stash.wait_for_job(road.stash.start_task(task), PATIENCE)
        run = road.stash.stash.plugins.runs[-1]
        assert (run.exit_code, run.error) == (0, None), (task, run)
        assert not any("Traceback" in line.message for line in run.logs), (task, run.logs)
    eventually(lambda: item.title == "Synced by a task", PATIENCE)


def test_a_shell_gets_the_status_and_the_exit_statuses(on_windows: WindowsPlugin) -> None:
    on_windows.installed.create_database()
    script = str(on_windows.installed.directory / "process_queue.py")
    statuses = {}
    for mode in ("status", "nonsense"):
        done = subprocess.run(
            [sys.executable, script, mode], capture_output=True, timeout=PATIENCE, check=False
        )
        assert b"Traceback" not in done.stderr
        statuses[mode] = done.returncode
    assert statuses == {"status": 0, "nonsense": 2}


def test_the_demo_ends_with_plex_as_stash_is() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "simulators.demo"],
        cwd=ROOT,
        capture_output=True,
        timeout=600,
        check=False,
    )
    said = done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0, said
    assert "Plex shows what Stash has." in said


def test_the_first_save_installs_the_packages_for_a_python_without_any(
    on_windows: WindowsPlugin, tmp_path: Path
) -> None:
    on_windows.installed.python = str(make_python(tmp_path / "bare"))
    on_windows.save(1)

    def over() -> bool:
        log = on_windows.data_dir / "plexsync.log"
        return bool(on_windows.workers_ever()) or (
            log.exists() and dependencies.FAILED in log.read_text("utf-8")
        )

    eventually(over, 600)
    assert on_windows.workers_ever(), on_windows.log()
    eventually(lambda: on_windows.stored() == {"scene:1"}, PATIENCE)
    (folder,) = [
        path for path in (on_windows.data_dir / dependencies.FOLDER).iterdir() if path.is_dir()
    ]
    assert (folder / "pydantic_core").is_dir()
    assert not list(folder.rglob("*.yml"))
    status = on_windows.send(on_windows.installed.stdin({"mode": "status"}))
    assert status.reply["output"]["mode"] == "status"
    longest = max(len(str(path)) for path in folder.rglob("*")) - len(str(folder))
    assert longest < 120, "Windows' limit of 260 letters leaves that much"
