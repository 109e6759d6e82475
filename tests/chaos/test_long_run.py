"""A hundred thousand jobs through one worker: it gets no slower, nor bigger, nor its file."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulators import resident
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from sync_queue.report import read_report
from tests.e2e.conftest import MakeRoad, Road, make_road
from tests.installed_plugin import eventually

__all__ = ["make_road"]

JOBS = int(os.environ.get("LONG_RUN_JOBS", "100000"))
ROUND = 500
CHANGED = 50
PAGE_BYTES = 4096

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(7_200),
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc"),
]


@dataclass(frozen=True)
class Round:
    """One round: seconds for its jobs; then the worker's memory and the database in bytes."""

    seconds: float
    memory: int
    database: int


def play(road: Road, scenes: list[int], number: int, pid: int) -> Round:
    """Some scenes change; every scene gets a job; all are done at the end."""
    data_dir = str(road.plugin.data_dir)
    for scene in scenes[number % 10 :: len(scenes) // CHANGED]:
        road.stash.library.touch(scene, title=f"Scene {scene}, round {number}")
    begun = time.monotonic()
    with QueueManager(data_dir) as manager:
        manager.jobs.put_all([scene_job(scene, "long run", time.time()) for scene in scenes])
    eventually(lambda: read_report(data_dir, time.time()).stats.left == 0, timeout=300)
    seconds = time.monotonic() - begun
    road.plex.requests.clear()
    road.stash.requests.clear()
    files = road.plugin.database.parent.glob("data.db*")
    resident_pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Round(seconds, resident_pages * PAGE_BYTES, sum(file.stat().st_size for file in files))


def test_a_long_life_changes_neither_rate_nor_memory_nor_file(make_road: MakeRoad) -> None:
    road = make_road()
    items = dict(road.add(f"{n % 20}/Video {n}.mp4", title=f"Video {n}") for n in range(ROUND))
    scenes = list(items)
    road.stash.scene_update(scenes[0], details="Starts the worker.")
    (pid,) = eventually(lambda: resident.workers(road.plugin.data_dir))
    play(road, scenes, 0, pid)  # the first sync of all
    rounds = [play(road, scenes, number, pid) for number in range(1, JOBS // ROUND + 1)]
    tenth = max(1, len(rounds) // 10)
    first, last = (sum(one.seconds for one in part) for part in (rounds[:tenth], rounds[-tenth:]))
    early, end = rounds[tenth], rounds[-1]
    print(  # noqa: T201 (the report is what a long run is for)
        f"{len(rounds) * ROUND} jobs: {tenth * ROUND / first:.0f} jobs/s at first,"
        f" {tenth * ROUND / last:.0f} at last, ratio {first / last:.2f};"
        f" memory {early.memory / 1e6:.1f} MB early, {end.memory / 1e6:.1f} MB at the end;"
        f" database {early.database / 1e6:.2f} MB early, {end.database / 1e6:.2f} MB at the end"
    )
    assert road.workers_ever() == [pid]
    assert first / last > 0.7
    assert end.memory < early.memory + 20e6
    assert end.database < 1.5 * early.database + 1e6
    assert all(items[scene].title.startswith(f"Scene {scene}, round") for scene in scenes[::10])
