"""Sync All, killed again and again, ends with every scene written once for each of its versions."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from sync_queue.manager import QueueManager
from sync_queue.shared import shared_queue
from tasks import sync_library
from tests.installed_plugin import ROOT, eventually
from tests.tasks.conftest import Library

pytestmark = pytest.mark.posix


def start(library: Library) -> subprocess.Popen[bytes]:
    """Sync All in a process of its own."""
    command = [sys.executable, str(ROOT / "process_queue.py"), "sync-all", "--json"]
    return subprocess.Popen(
        [*command, "--data-dir", str(library.data_dir)],
        env={**os.environ, **library.environ},
        stdout=subprocess.DEVNULL,
    )


def kill_once(library: Library, rng: random.Random, scenes: int) -> None:
    """Start Sync All and kill it: sometimes while it plans, mostly while it writes."""
    process = start(library)
    done = len(library.edits())
    wanted = done + rng.randrange(1, max(2, (scenes - done) // 2))
    asked = library.stash.requests.total

    def far_enough() -> bool:
        """It may have finished before."""
        if process.poll() is not None:
            return True
        return library.stash.requests.total > asked if plans else len(library.edits()) >= wanted

    plans = rng.random() < 0.2
    eventually(far_enough, 60)
    process.send_signal(signal.SIGKILL)
    process.wait()


def lease_all(manager: QueueManager) -> None:
    """Lease every job, as a worker may have it when it dies."""
    while manager.jobs.claim(time.time(), 9):
        pass


def check(library: Library, scenes: int, kills: int, seed: int) -> None:
    rng = random.Random(seed)
    pairs = library.fill(scenes, details="Docks.")
    for _kill in range(kills):
        kill_once(library, rng, scenes)
    library.run("sync_all")
    library.run("retry_failed")  # a scene at which two of them were killed is a dead letter
    assert Counter(library.edits()) == Counter(item.rating_key for _, item in pairs)
    assert {item.fields["summary"] for _, item in pairs} == {"Docks."}
    assert set(library.outcomes().values()) == {"synced"}
    library.plex.requests.clear()
    library.clock.skip()
    changed = rng.sample(pairs, scenes // 4)
    for scene, _ in changed:
        library.stash.library.touch(scene, details="Night.")
    kill_once(library, rng, len(changed))
    library.run("sync_all")
    library.run("retry_failed")  # a scene at which two of them were killed is a dead letter
    assert Counter(library.edits()) == Counter(item.rating_key for _, item in changed)
    assert Counter(item.fields["summary"] for _, item in pairs) == Counter(
        {"Docks.": scenes - len(changed), "Night.": len(changed)}
    )


def test_a_scene_at_which_a_worker_died_is_not_late_when_sync_all_is_run_again(
    library: Library,
) -> None:
    pairs = library.fill(3, details="Docks.")
    request = library.request("sync_all")
    with shared_queue(request.resolve()) as manager:
        sync_library.put_scenes(request, manager, time.time(), [])
        lease_all(manager)  # for the worker that dies now
    result = library.run("sync_all")
    assert result.left == 0
    assert Counter(library.edits()) == Counter(item.rating_key for _, item in pairs)


@pytest.mark.timeout(120)
def test_five_kills_over_two_hundred_scenes(library: Library) -> None:
    check(library, scenes=200, kills=5, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2))
def test_fifty_kills_over_two_thousand_scenes(library: Library, seed: int) -> None:
    check(library, scenes=2000, kills=50, seed=seed)
