"""Time asleep is not time stuck, and an idle worker sleeps until somebody rings."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.resident import workers
from sync_queue import lock
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually
from tests.resident.hand_started import HandStarted
from worker.awake import TimeAwake
from worker.doorbell import LOOK_SECONDS, Doorbell
from worker.resident import Limits
from worker.stop_signals import StopSignal

pytestmark = pytest.mark.posix
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of files here")
HOUR = 3600.0


def looks(longest: float, *times: tuple[float, float]) -> float:
    """What is left of ``(now, last step)`` after each look, in order."""
    awake = TimeAwake(longest)
    return [awake.without_a_step(max(0.0, now - step), now) for now, step in times][-1]


def test_a_thread_without_a_step_is_stuck_for_as_long_as_the_watchdog_looked() -> None:
    assert looks(5.0, *((float(now), 0.0) for now in range(1, 601))) == 600.0


def test_hours_of_sleep_count_as_one_look() -> None:
    assert looks(5.0, (100.0, 99.0), (100.0 + 8 * HOUR, 99.0)) <= 6.0


def test_a_thread_that_is_stuck_is_found_out_after_a_sleep_too() -> None:
    asleep = [(float(now), 0.0) for now in range(1, 101)]
    after = [(8 * HOUR + now, 0.0) for now in range(1, 101)]
    assert 200.0 <= looks(5.0, *asleep, *after) <= 206.0


def test_a_step_ends_the_count() -> None:
    assert looks(5.0, (1.0, 0.0), (2.0, 0.0), (3.0, 2.5)) == 0.5


@given(st.lists(st.tuples(st.floats(0.0, 1e6), st.floats(0.0, 1e6)), max_size=30))
def test_time_stuck_is_never_longer_than_what_was_seen(pairs: list[tuple[float, float]]) -> None:
    awake, now = TimeAwake(5.0), 0.0
    for passed, since_step in pairs:
        now += passed
        still = awake.without_a_step(since_step, now)
        assert 0.0 <= still <= 5.0 * len(pairs)
        assert still <= max(since_step, 5.0 * len(pairs))


@pytest.mark.slow
def test_a_worker_that_was_paused_goes_on_where_it_was(road: Road, by_hand: HandStarted) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    worker = by_hand.start(stuck=6.0, watch=0.05)
    by_hand.edit(scene, title="First")
    eventually(lambda: item.title == "First", timeout=20)
    worker.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    eventually(lambda: time.monotonic() - begun > 7.0, timeout=20)
    worker.send_signal(signal.SIGCONT)
    by_hand.edit(scene, title="Second")
    eventually(lambda: item.title == "Second", timeout=20)
    assert workers(road.plugin.data_dir) == {worker.pid}


def hook(data_dir: Path) -> None:
    """What every hook does last, when a worker lives."""
    os.close(lock.open_lock(str(data_dir)))


@linux
def test_a_hook_ends_a_wait_at_once(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    with Doorbell(str(tmp_path)) as bell:
        assert bell.pause(0.25) == LOOK_SECONDS
        begun = time.monotonic()
        hook(tmp_path)
        bell.wait(30.0)
        bell.ring()
        bell.wait(30.0)
        threading.Timer(0.05, hook, [tmp_path]).start()
        bell.wait(30.0)
        assert time.monotonic() - begun < 15.0
    assert os.listdir(tmp_path / "queue") == [lock.LOCK_FILE]


@pytest.mark.parametrize("act", ["ring", "hook"])
def test_a_thousand_rings_wake_once(tmp_path: Path, act: str) -> None:
    (tmp_path / "queue").mkdir()
    with Doorbell(str(tmp_path)) as bell:
        for _ in range(70_000 if act == "ring" else 1_000):  # more than a pipe holds
            bell.ring() if act == "ring" else hook(tmp_path)
        bell.wait(30.0)
        begun = time.monotonic()
        bell.wait(0.05)
        assert time.monotonic() - begun >= 0.04


@linux
def test_a_file_that_vanishes_ends_a_wait(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    hook(tmp_path)
    with Doorbell(str(tmp_path)) as bell:
        (tmp_path / "queue" / lock.LOCK_FILE).unlink()
        begun = time.monotonic()
        bell.wait(30.0)
        assert time.monotonic() - begun < 15.0


def test_the_worker_polls_as_before_if_no_directory_can_be_watched(
    tmp_path: Path,
) -> None:
    with Doorbell(str(tmp_path / "nowhere")) as bell:
        assert bell.pause(0.25) == 0.25
        bell.ring()
        bell.wait(30.0)


def test_two_threads_of_an_idle_worker_wake_at_most_once_a_second() -> None:
    assert 1 / LOOK_SECONDS + 1 / Limits().watch <= 1.0


def test_a_nudge_ends_a_wait_and_is_no_stop() -> None:
    stop = StopSignal()
    stop.nudge()
    assert not stop.wait(30.0)
    stop.set()
    assert stop.wait(30.0)
    assert stop.wait(30.0)


def test_an_edit_begins_within_moments_of_its_hook_though_the_worker_sleeps(road: Road) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="First")
    road.drain()
    waits = []
    for number in range(5):
        threading.Event().wait(0.4)  # it has fallen asleep
        road.stash.scene_update(scene, title=f"Title {number}")
        begun = time.monotonic()
        eventually(lambda: item.title == f"Title {number}", timeout=20)  # noqa: B023 (asked before the next)
        waits.append(time.monotonic() - begun)
    assert min(waits) < LOOK_SECONDS / 4, waits
