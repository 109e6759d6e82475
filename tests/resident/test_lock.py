"""One worker per data directory: the second leaves, the last one out looks once more."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from simulators.faults import Kind
from simulators.resident import lock_is_held, workers
from sync_queue import lock, schema
from sync_queue.state import SweepNote
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually
from tests.resident.bench import Bench
from tests.resident.hand_started import HandStarted
from worker.resident import Limits, installed_version, leaves_zombies, name_of_pid_one, work
from worker.stop_signals import StopSignal

pytestmark = pytest.mark.posix


def test_a_second_worker_leaves_the_first_alone(road: Road, by_hand: HandStarted) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="First")
    road.drain()
    first = road.worker()
    second = by_hand.start(wait=False)
    assert second.wait(20) == 0
    road.stash.scene_update(scene, title="Second")
    road.drain()
    assert item.title == "Second"
    assert road.workers_ever() == [first]


def test_a_worker_started_by_hand_works_and_ends_with_ctrl_c(
    road: Road, by_hand: HandStarted
) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    worker = by_hand.start()
    by_hand.edit(scene, title="By hand")
    eventually(lambda: item.title == "By hand", timeout=20)
    assert workers(road.plugin.data_dir) == {worker.pid}
    worker.send_signal(signal.SIGINT)
    stdout, stderr = worker.communicate(timeout=20)
    assert worker.returncode == 0
    assert (stdout, stderr) == (b"", b"")
    assert not lock_is_held(road.plugin.data_dir)


def test_a_worker_without_standard_streams_works(road: Road, by_hand: HandStarted) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    closed = "exec " + " ".join(f"'{part}'" for part in by_hand.main_file())
    shell = by_hand.popen(["/bin/sh", "-c", f"{closed} --worker <&- >&- 2>&-"])
    eventually(lambda: lock_is_held(road.plugin.data_dir), timeout=20)
    by_hand.edit(scene, title="Streamless")
    eventually(lambda: item.title == "Streamless", timeout=20)
    shell.terminate()
    assert shell.wait(20) == 0


def test_an_idle_worker_ends_and_the_next_edit_starts_another(
    road: Road, by_hand: HandStarted
) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    worker = by_hand.start(idle=0.3, watch=0.05)
    assert worker.wait(20) == 0
    assert "idle" in road.log()
    assert not lock_is_held(road.plugin.data_dir)
    road.stash.scene_update(scene, title="Another")
    road.drain()
    assert item.title == "Another"
    assert road.worker() != worker.pid


def test_a_job_that_comes_while_the_lock_is_released_is_done(bench: Bench) -> None:
    scenes = [bench.add(f"{n}.mp4")[0] for n in range(4)]
    bench.enqueue(*scenes)
    bench.plex.faults.add(Kind.DELAY, seconds=0.3, times=None)
    descriptor = lock.acquire(str(bench.data_dir))
    assert descriptor is not None
    # A worker that takes itself for idle at once, while jobs wait.
    limits = Limits(idle=-1.0, watch=0.01)
    plugin_dir = str(bench.plugin_dir)
    version = installed_version(plugin_dir)
    try:
        assert work(bench.manager, plugin_dir, descriptor, limits, version, StopSignal())
        assert lock_is_held(bench.data_dir)
        assert schema.RUNNING not in bench.states()
        bench.manager.connection.execute(f"UPDATE {schema.JOBS} SET status = {schema.DONE}")
        with bench.manager.transaction():  # the sweep has nothing to look for
            bench.manager.state.save(SweepNote(time.time(), time.time()))
        assert not work(bench.manager, plugin_dir, descriptor, limits, version, StopSignal())
        assert not lock_is_held(bench.data_dir)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("pid_one", "stays"),
    [
        ("stash\n", True),
        ("stash-linux\n", True),
        ("systemd\n", False),
        ("docker-init\n", False),
        ("tini\n", False),
        ("s6-svscan\n", False),
        ("", False),
    ],
)
def test_a_worker_stays_for_good_only_where_no_process_reaps_orphans(
    pid_one: str, stays: bool
) -> None:
    assert leaves_zombies(pid_one) is stays


def test_the_first_process_is_asked_for_its_name() -> None:
    here = Path("/proc/1/comm")
    assert name_of_pid_one() == (here.read_text() if here.exists() else "")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_the_lock_is_the_standard_input_of_every_worker(road: Road, by_hand: HandStarted) -> None:
    worker = by_hand.start()
    held = Path(f"/proc/{worker.pid}/fd/0").readlink()
    assert held == road.plugin.data_dir / "queue" / lock.LOCK_FILE
