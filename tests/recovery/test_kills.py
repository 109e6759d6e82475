"""SIGKILL at random moments: no event lost, no lease stuck, Plex equals Stash at the end."""

from __future__ import annotations

from itertools import cycle, islice

import pytest

from simulators.faults import Kind
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually
from tests.recovery.crashes import Crashes, Nursery

pytestmark = pytest.mark.posix

SLOW = pytest.mark.soak, pytest.mark.timeout(3600)


@pytest.mark.parametrize(
    ("seed", "kills"),
    [(1, 20), *(pytest.param(seed, 200, marks=SLOW) for seed in range(2, 6))],
)
def test_killed_workers_and_tasks_lose_nothing(road: Road, seed: int, kills: int) -> None:
    road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.01, times=None)
    crashes = Crashes(road, seed, scenes=12)
    with Nursery(road) as nursery:
        for what in islice(cycle(("worker", "task", "worker")), kills):
            crashes.crash(nursery, what)
    assert crashes.kills >= kills * 0.7  # the others were done before
    crashes.recover()
    crashes.assert_nothing_is_lost()


def test_a_killed_task_is_run_again_and_goes_on(road: Road) -> None:
    crashes = Crashes(road, seed=7, scenes=5)
    for _ in range(20):
        crashes.edit()
    hung = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=25.0, nth=3)
    with Nursery(road) as nursery:
        pid = nursery.start("task", road.stash.task_stdin(mode="process_queue"))
        eventually(lambda: hung.hits, timeout=20)
        assert nursery.kill(pid)
        assert crashes.leases() >= 1
    hung.over.set()
    again = road.stash.run_task("Process Queue")
    assert again.output["left"] == 0
    crashes.assert_nothing_is_lost()
