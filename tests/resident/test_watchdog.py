"""The process around the sync thread: it never hangs, and it stops in good order."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time

import pytest

from simulators.faults import Kind
from simulators.resident import is_running, lock_is_held
from sync_queue import schema
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually
from tests.resident.hand_started import HandStarted

pytestmark = pytest.mark.posix


def test_a_job_of_many_slow_answers_is_not_taken_for_stuck(
    road: Road, by_hand: HandStarted
) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.plex.faults.add(Kind.DELAY, times=None, seconds=0.8)
    worker = by_hand.start(stuck=2.0, watch=0.05)
    by_hand.edit(scene, title="New")
    eventually(lambda: item.title == "New" or worker.poll() is not None, timeout=30)
    assert worker.poll() is None
    assert item.title == "New"


def rename_table(road: Road, name: str, new_name: str) -> None:
    """Give a table of the queue's database another name."""
    with contextlib.closing(sqlite3.connect(road.plugin.database, timeout=10)) as database:
        database.execute(f"ALTER TABLE {name} RENAME TO {new_name}")
        database.commit()


def test_a_worker_that_is_stuck_ends_and_the_next_edit_goes_on(
    road: Road, by_hand: HandStarted
) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    worker = by_hand.start(stuck=2.5, watch=0.05)
    by_hand.edit(scene, title="First")
    eventually(lambda: item.title == "First", timeout=20)
    hung = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=10.0)
    by_hand.edit(scene, title="Second")
    eventually(lambda: hung.hits, timeout=20)
    assert worker.wait(20) == 1
    assert "No step" in road.log()
    assert road.states()[-1] == schema.RUNNING  # nobody was there to give the lease back
    road.stash.scene_update(scene, title="Third")
    road.drain()
    assert item.title == "Third"


def test_a_worker_whose_thread_died_ends_and_the_next_edit_goes_on(
    road: Road, by_hand: HandStarted
) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    worker = by_hand.start(watch=0.05)
    by_hand.edit(scene, title="First")
    eventually(lambda: item.title == "First", timeout=20)
    rename_table(road, "connection", "gone")  # no error that anybody foresaw
    assert worker.wait(20) == 1
    assert "thread died" in road.log()
    rename_table(road, "gone", "connection")
    road.stash.scene_update(scene, title="Second")
    road.drain()
    assert item.title == "Second"


def test_a_worker_that_cannot_even_start_says_why_in_its_log(
    road: Road, by_hand: HandStarted
) -> None:
    module = road.plugin.directory / "worker" / "resident.py"
    module.write_text(module.read_text("utf-8").replace("import math", "import no_such_module"))
    assert by_hand.start(wait=False).wait(20) == 1
    assert "No module named 'no_such_module'" in road.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_has_to_stop_ends_promptly_even_while_plex_hangs(
    road: Road, by_hand: HandStarted, number: signal.Signals
) -> None:
    scenes = [road.add(f"{n}.mp4") for n in range(4)]
    worker = by_hand.start(patience=0.5)
    hung = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=8.0, times=None)
    for scene, _ in scenes:
        by_hand.edit(scene, title="New")
    eventually(lambda: hung.hits, timeout=20)
    begun = time.monotonic()
    worker.send_signal(number)
    assert worker.wait(20) == 0
    assert time.monotonic() - begun < 4.0
    assert set(road.states()) <= {schema.WAITING, schema.READY}
    assert not lock_is_held(road.plugin.data_dir)
    assert "stop requested" in road.log()


def test_a_worker_that_has_to_stop_finishes_its_job_first(road: Road, by_hand: HandStarted) -> None:
    scenes = [road.add(f"{n}.mp4") for n in range(4)]
    worker = by_hand.start()
    slow = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.5, times=None)
    for scene, _ in scenes:
        by_hand.edit(scene, title="New")
    eventually(lambda: slow.hits, timeout=20)
    worker.terminate()
    assert worker.wait(20) == 0
    states = road.states()
    assert states.count(schema.DONE) == sum(item.title == "New" for _, item in scenes)
    assert set(states) <= {schema.DONE, schema.READY, schema.WAITING}
    assert 1 <= states.count(schema.DONE) < 4


def test_a_second_signal_while_stopping_does_no_harm(road: Road, by_hand: HandStarted) -> None:
    scene, _ = road.add("Harbour Lights.mp4")
    worker = by_hand.start(patience=1.5)
    hung = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=8.0, times=None)
    by_hand.edit(scene, title="New")
    eventually(lambda: hung.hits, timeout=20)
    for _ in range(5):
        worker.terminate()
        worker.send_signal(signal.SIGINT)
    assert worker.wait(20) == 0
    assert road.states() == [schema.READY]


def test_the_worker_outlives_a_stash_that_is_killed(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    runs = road.stash.scene_update(scene, title="First")
    # Stash reads the hook's output to its end: the worker does not hold it open.
    assert all(run.exit_code == 0 for run in runs)
    road.drain()
    pid = road.worker()
    road.stash.stop()
    assert os.getsid(pid) == pid
    assert is_running(pid)
    road.stash.start()
    road.stash.scene_update(scene, title="Second")
    road.drain()
    assert item.title == "Second"
    assert road.workers_ever() == [pid]
