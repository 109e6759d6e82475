"""Everything goes wrong at once, among real processes; in the end nothing is lost and all right."""

from __future__ import annotations

import os
import time

import pytest

from simulators.plex.server import TagMode
from sync_queue.manager import QueueManager
from tests.chaos.processes import Chaos
from tests.e2e.conftest import MakeRoad, make_road

__all__ = ["make_road"]

pytestmark = pytest.mark.posix

SEED = int(os.environ.get("CHAOS_SEED", "20270101"))
LENGTH = int(os.environ.get("CHAOS_LENGTH", "1500"))
LENGTHS = [
    pytest.param(10, 20, id="short", marks=pytest.mark.timeout(120)),
    pytest.param(60, LENGTH, id="long", marks=[pytest.mark.soak, pytest.mark.timeout(3_600)]),
]


@pytest.mark.parametrize("tag_mode", ["replace", pytest.param("append", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("scenes", "acts"), LENGTHS)
def test_nothing_is_lost_and_nothing_is_wrong(
    make_road: MakeRoad, scenes: int, acts: int, tag_mode: TagMode
) -> None:
    begun = time.monotonic()
    road = make_road(tag_mode, debug_logging=True, skip_posters=False)
    chaos = Chaos(road, scenes, SEED)
    for _ in range(acts):
        chaos.act()
    chaos.calm_down()
    report = chaos.finish()
    road.stop_worker()
    with QueueManager(str(road.plugin.data_dir)) as manager:
        report.dead_letters = [str(letter) for letter in manager.letters.recent(100)]
        leases = manager.get_stats(time.time()).in_progress
    report.seconds = time.monotonic() - begun
    print(report)  # noqa: T201 (the report is what a long run is for)
    assert not report.lost
    assert not report.wrong
    assert not report.double
    assert not report.dead_letters
    assert not leases
    assert not road.plex.requests.whole_section_edits
