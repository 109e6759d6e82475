"""A log that cannot be opened never stops the work."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sync_queue import datadir
from tests.e2e.conftest import Road
from tests.hooks.test_trouble import without_root_powers
from worker import logs

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.posix


def a_directory(path: Path) -> None:
    path.mkdir()
    (path / "file").touch()


def unreadable(path: Path) -> None:
    path.write_text("of another user\n")
    path.chmod(0)


def a_link_to_nowhere(path: Path) -> None:
    path.symlink_to("/proc/no-such-place/log")


def a_pipe_that_nobody_reads(path: Path) -> None:
    os.mkfifo(path)


def a_full_device(path: Path) -> None:
    path.symlink_to("/dev/full")


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [a_directory, unreadable, a_link_to_nowhere, a_pipe_that_nobody_reads, a_full_device]
)
def test_an_edit_is_synced_whatever_lies_where_the_log_should_be(road: Road, make: object) -> None:
    assert callable(make)
    road.plugin.data_dir.mkdir(parents=True)
    make(road.plugin.data_dir / datadir.LOG_FILE)
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Synced")
    road.drain()
    assert item.title == "Synced"
    end_worker(road.plugin.directory)


def end_worker(plugin_dir: Path) -> None:
    """End a worker whose log does not tell its number."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = process.joinpath("cmdline").read_bytes().split(b"\0")
            if b"--worker" in command and os.fsencode(plugin_dir / "PlexSync.py") in command:
                os.kill(int(process.name), signal.SIGTERM)


LOG_LINES = """
import logging, sys
from worker import logs
folder, count, logs.LOG_BYTES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
logs.to_file(folder)
for number in range(count):
    logging.getLogger("plexsync.test").info("Line %d.", number)
"""


def log_lines(folder: Path, count: int, size: int = logs.LOG_BYTES) -> None:
    """Log some lines as a worker does, in a process without root's powers."""
    command = [sys.executable, "-c", LOG_LINES, str(folder), str(count), str(size)]
    done = subprocess.run(
        command, cwd=ROOT, preexec_fn=without_root_powers, capture_output=True, check=True
    )
    assert done.stderr == b""


def test_another_user_s_log_is_set_aside(tmp_path: Path) -> None:
    unreadable(tmp_path / datadir.LOG_FILE)
    log_lines(tmp_path, 2)
    assert "Line 1." in (tmp_path / datadir.LOG_FILE).read_text()
    aside = tmp_path / logs.SET_ASIDE
    aside.chmod(0o600)
    assert aside.read_text() == "of another user\n"
    assert datadir.log_problem(str(tmp_path)) == ""


def test_a_log_that_cannot_be_set_aside_is_reported(tmp_path: Path) -> None:
    a_directory(tmp_path / datadir.LOG_FILE)
    a_directory(tmp_path / logs.SET_ASIDE)
    log_lines(tmp_path, 2)
    assert "cannot be written" in datadir.log_problem(str(tmp_path))


def test_a_log_that_cannot_be_turned_over_grows(tmp_path: Path) -> None:
    for name in (".1", ".2"):
        a_directory(tmp_path / (datadir.LOG_FILE + name))
    log_lines(tmp_path, 60, size=200)
    assert "Line 59." in (tmp_path / datadir.LOG_FILE).read_text()
