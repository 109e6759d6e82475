"""Plex is slow: everything arrives, Plex gets time to catch up, and nobody is taken for stuck."""

from __future__ import annotations

import sys

import pytest

from plex.client import PlexClient
from simulators.faults import Kind
from simulators.plex.items import Item
from sync_queue import schema
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually
from tests.resident.bench import Bench
from tests.resident.hand_started import HandStarted


def naps_of(bench: Bench) -> list[float]:
    """The seconds for which the worker pauses from now on."""
    naps: list[float] = []
    bench.worker.sleep = naps.append
    return naps


def edited(bench: Bench, count: int) -> list[Item]:
    """So many scenes, each just saved with a new title: their items."""
    scenes = [bench.add(f"{n}.mp4") for n in range(count)]
    for scene, _ in scenes:
        bench.edit(scene, title="New")
    return [item for _, item in scenes]


def test_a_plex_that_slows_down_is_left_alone_before_the_next_write(bench: Bench) -> None:
    naps = naps_of(bench)
    items = edited(bench, 8)
    bench.plex.faults.add(Kind.DELAY, method="PUT", nth=5, times=1, seconds=1.1)
    bench.run()
    assert [item.title for item in items] == ["New"] * 8
    (nap,) = naps
    assert 1.1 <= nap <= 5.0


def test_at_ordinary_speeds_and_after_a_lone_edit_nobody_pauses(bench: Bench) -> None:
    naps = naps_of(bench)
    edited(bench, 5)
    bench.run()
    bench.plex.faults.add(Kind.DELAY, method="PUT", seconds=1.1)
    scene, item = bench.add("Lone.mp4")
    bench.edit(scene, title="New")
    bench.run()
    assert item.title == "New"
    assert naps == []


def test_a_drain_in_which_every_answer_nearly_comes_too_late_ends_right(bench: Bench) -> None:
    edited(bench, 1)
    bench.run()
    bench.worker.servers.plex(bench.worker.servers.settings.config).close()
    bench.worker.session._plex = PlexClient(  # shorter than a person may set it
        bench.plex.url, bench.plex.token or "", read_timeout=0.5, sleep=lambda _: None
    )
    bench.plex.faults.add(Kind.DELAY, method="PUT", nth=2, times=1, seconds=0.8)  # too late
    bench.plex.faults.add(Kind.DELAY, path="^(?!/identity)", times=None, seconds=0.35)
    items = edited(bench, 3)
    bench.pass_time(60.0)
    assert [item.title for item in items] == ["New"] * 3
    assert bench.states().count(schema.DONE) == 4
    assert not bench.letters()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="processes are POSIX here")
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
