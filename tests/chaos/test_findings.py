"""What chaos runs found, each as the smallest story that shows it."""

from __future__ import annotations

import logging

import pytest

from sync_queue.state import BreakerState
from tests.resident.bench import Bench
from tests.resident.conftest import bench, make_bench

__all__ = ["bench", "make_bench"]


@pytest.mark.parametrize("stash_is_away", [False, True])
def test_a_worker_that_starts_in_an_outage_does_not_take_unread_settings_for_empty_ones(
    bench: Bench, caplog: pytest.LogCaptureFixture, stash_is_away: bool
) -> None:
    scenes = [bench.add(f"{number}.mp4")[0] for number in range(6)]
    bench.plex.stop()
    for scene in scenes:
        bench.edit(scene, title="New")
    bench.run()
    assert bench.breaker().state is BreakerState.OPEN
    bench.new_worker()
    bench.clock.now += 60.0
    if stash_is_away:
        bench.stash.stop()
    with caplog.at_level(logging.WARNING):
        bench.worker.loop.step()
    assert "address is not set" not in caplog.text
    assert bench.hold().reason == ("waiting_for_stash" if stash_is_away else "")
