"""An update of the plugin under a running worker: the same process goes on with the new code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import pytest

from simulators.faults import Kind
from simulators.resident import is_running, lock_is_held, workers
from sync_queue import schema, starts
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually
from tests.resident.hand_started import RUNNER, HandStarted

pytestmark = pytest.mark.posix


def quick(by_hand: HandStarted) -> subprocess.Popen[bytes]:
    """A worker that notices new code soon."""
    return by_hand.start(settled=0.3, watch=0.05, update=3.0)


def update(plugin_dir: Path, *, gap: float = 0.0) -> None:
    """What Stash's package manager does: it deletes the old files and writes new ones."""
    for name in ("PlexSync.py", "PlexSync.yml"):
        content = (plugin_dir / name).read_bytes()
        (plugin_dir / name).unlink()
        time.sleep(gap)
        (plugin_dir / name).write_bytes(content)


def test_new_code_takes_over_in_the_same_process_with_the_same_lock(
    road: Road, by_hand: HandStarted
) -> None:
    scenes = [road.add(f"{n}.mp4") for n in range(6)]
    worker = quick(by_hand)
    slow = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.3, times=None)
    for scene, _ in scenes:
        by_hand.edit(scene, title="New")
    eventually(lambda: slow.hits, timeout=20)
    watched = WatchedLock(road.plugin.data_dir)
    update(road.plugin.directory)
    eventually(lambda: len(road.workers_ever()) == 2, timeout=20)
    assert road.workers_ever() == [worker.pid] * 2
    road.drain()
    assert {item.title for _, item in scenes} == {"New"}
    assert watched.end() == 0
    assert worker.poll() is None
    interrupted = [row["interrupted"] for row in road.plugin.rows()]
    assert interrupted == [0] * 6  # the job at hand was finished, the others given back
    first, second = re.findall(r"Worker (\S+) started", road.log())
    assert first != second


class WatchedLock:
    """Looks all the time whether the lock is held; ``end`` says how often it was not."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.free = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self) -> None:
        while not self.over.wait(0.005):
            self.free += not lock_is_held(self.data_dir)

    def end(self) -> int:
        self.over.set()
        self.thread.join()
        return self.free


def test_a_half_finished_update_is_waited_out(road: Road, by_hand: HandStarted) -> None:
    scenes = [road.add(f"{n}.mp4") for n in range(6)]
    worker = quick(by_hand)
    slow = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.2, times=None)
    for scene, _ in scenes:
        by_hand.edit(scene, title="New")
    eventually(lambda: slow.hits, timeout=20)
    update(road.plugin.directory, gap=0.6)
    road.drain()
    assert {item.title for _, item in scenes} == {"New"}
    assert set(road.workers_ever()) == {worker.pid}
    assert len(road.workers_ever()) >= 2
    assert "plugin removed" not in road.log()


def test_a_removed_plugin_ends_its_worker(road: Road, by_hand: HandStarted) -> None:
    scenes = [road.add(f"{n}.mp4") for n in range(6)]
    worker = by_hand.start(settled=0.3, watch=0.05, update=0.5)
    slow = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.2, times=None)
    for scene, _ in scenes:
        by_hand.edit(scene, title="New")
    eventually(lambda: slow.hits, timeout=20)
    (road.plugin.directory / "PlexSync.py").unlink()
    assert worker.wait(20) == 0
    written = sum(item.title == "New" for _, item in scenes)
    assert written <= 2
    assert road.states().count(schema.DONE) == written
    assert schema.RUNNING not in road.states()
    assert "plugin removed" in road.log()


def test_a_touched_file_while_idle_is_an_update_too(road: Road, by_hand: HandStarted) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    worker = quick(by_hand)
    by_hand.edit(scene, title="First")
    eventually(lambda: item.title == "First", timeout=20)
    os.utime(road.plugin.directory / "PlexSync.yml")
    eventually(lambda: len(road.workers_ever()) == 2, timeout=20)
    road.stash.scene_update(scene, title="Second")
    road.drain()
    assert item.title == "Second"
    assert is_running(worker.pid)
    assert road.workers_ever() == [worker.pid] * 2


def test_a_stop_during_an_update_is_obeyed(road: Road, by_hand: HandStarted) -> None:
    worker = by_hand.start(settled=5.0, watch=0.05, update=30.0)
    (road.plugin.directory / "PlexSync.py").unlink()
    worker.terminate()
    assert worker.wait(20) == 0
    assert "stop requested" in road.log()


def test_a_worker_whose_python_is_gone_says_so_and_the_next_save_starts_another(
    road: Road, by_hand: HandStarted, tmp_path: Path
) -> None:
    python = tmp_path / "python3"
    python.symlink_to(sys.executable)
    plugin = road.plugin
    plugin.environ["PYTHONPATH"] += os.pathsep + sysconfig.get_path("purelib")
    limits = json.dumps({"settled": 0.3, "watch": 0.05, "update": 3.0})
    worker = by_hand.popen([str(python), str(RUNNER), str(plugin.directory), limits])
    eventually(lambda: worker.pid in workers(plugin.data_dir), timeout=20)
    python.unlink()
    update(plugin.directory)
    eventually(lambda: worker.poll() is not None, timeout=20)
    assert f"{python} could not be started" in starts.read(str(plugin.data_dir)).why
    scene, item = road.add("After.mp4")
    road.stash.scene_update(scene, title="New")
    road.stash.run_task("Process Queue")
    assert item.title == "New"
