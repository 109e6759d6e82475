"""A machine that sleeps for hours at random moments: nothing is given up, nothing stays undone.

It may fall asleep at every look at the clock: within a hook, a claim, a listing, a write, a wait.
A request that was on its way is lost then.
"""

from __future__ import annotations

import os
import random
from itertools import count
from typing import Any

import pytest

from plex.index import PAGE_SIZE, Ask
from simulators.faults import Kind
from simulators.plex.items import Item
from sync_queue import schema
from sync_queue.models import scene_job
from tests.resident.bench import Bench, MakeBench
from tests.resident.conftest import make_bench
from worker.awake import STUCK_SECONDS, TimeAwake

__all__ = ["make_bench"]

SEED = int(os.environ.get("CHAOS_SEED", "20270101"))
MINUTE, HOUR = 60.0, 3600.0
NIGHTS = [
    pytest.param(8, id="short"),
    pytest.param(1_000, id="long", marks=[pytest.mark.soak, pytest.mark.timeout(1800)]),
]


class Nights:
    """Lets the bench's machine sleep for hours, one look in ``often`` at the clock."""

    def __init__(self, bench: Bench, seed: int, often: int = 40) -> None:
        self.bench = bench
        self.rng = random.Random(seed)
        self.often = often
        self.count = 0
        bench.clock.slept = self.sleep

    def sleep(self) -> float:
        """Hours in which nothing of the machine moved, now and then."""
        if self.rng.randrange(self.often):
            return 0.0
        self.count += 1
        server = self.rng.choice(["plex", "stash", "neither"])
        if server == "plex":
            self.bench.plex.faults.add(self.rng.choice([Kind.CLOSE_BEFORE, Kind.CLOSE_AFTER]))
        elif server == "stash":
            self.bench.stash.faults.add(path="graphql", close=True)
        return self.rng.uniform(0.5, 14.0) * HOUR

    def are_over(self) -> None:
        """The machine stays awake from now on, and nothing else goes wrong."""
        self.bench.clock.slept = lambda: 0.0
        self.bench.plex.faults.clear()
        self.bench.stash.faults.clear()


@pytest.mark.parametrize("nights", NIGHTS)
def test_a_machine_that_sleeps_at_random_delivers_every_edit(
    make_bench: MakeBench, nights: int
) -> None:
    bench = make_bench()
    bench.stash.set_api_key("a key outlives the session")
    scenes = [bench.add(f"Video {number}.mp4") for number in range(6)]
    nowhere = bench.add_scene("Nowhere.mp4")
    sleeping = Nights(bench, SEED)
    edits = 0
    while sleeping.count < nights:
        edits += 1
        scene, _ = sleeping.rng.choice(scenes)
        bench.edit(scene, title=f"Title {edits} of {scene}")
        if edits % 5 == 0:
            bench.spool(scene)
            bench.hook(nowhere)
        bench.pass_time(sleeping.rng.choice([1.0, 30.0, 600.0]))
        assert not bench.letters()
    sleeping.are_over()
    bench.hook(nowhere)
    bench.pass_time(HOUR, until=lambda: not bench.stats.left)
    assert not bench.stats.left
    assert not bench.letters()
    assert not bench.hold().reason
    shown = {scene: bench.stash.library.scenes[scene].title for scene, _ in scenes}
    assert {scene: item.title for scene, item in scenes} == shown
    assert bench.outcome(nowhere) in ("not_in_plex", "ambiguous")


def lone_edit(bench: Bench, fault: dict[str, Any]) -> tuple[int, Item]:
    scene, item = bench.add()
    bench.stash.set_api_key("a key outlives the session")
    bench.plex.faults.add(times=None, **fault)
    bench.edit(scene, title="New")
    return scene, item


@pytest.mark.parametrize("method", ["PUT", "GET"])
@pytest.mark.parametrize("hours", [2.0, 9.0, 72.0])
def test_sleep_is_no_part_of_the_day_after_which_a_lone_edit_is_given_up(
    make_bench: MakeBench, hours: float, method: str
) -> None:
    bench = make_bench()
    fault: dict[str, Any] = {
        "kind": Kind.STATUS,
        "method": method,
        "path": "library/",
        "status": 500,
    }
    _, item = lone_edit(bench, fault)
    for _ in range(20):  # 20 days; awake for three minutes of each
        bench.pass_time(3 * MINUTE)
        bench.clock.now += hours * HOUR
    assert bench.attempts() == [0]
    assert not bench.letters()
    bench.plex.faults.clear()
    bench.pass_time(10 * MINUTE)
    assert item.title == "New"


def test_a_listing_goes_on_where_the_machine_fell_asleep(make_bench: MakeBench) -> None:
    bench = make_bench()
    for number in range(2 * PAGE_SIZE + 5):
        bench.plex.add_movie(bench.section, f"/media/videos/{number}.mp4")
    bench.run()
    client = bench.worker.servers.plex(bench.worker.servers.settings.config)
    index = bench.worker.servers.file_index(client)
    nights = count(0.0, 9 * HOUR)
    index._monotonic = lambda: next(nights)
    index.refresh(bench.clock(), (), Ask.EVERYTHING)
    assert bench.manager.index.items(client.server, bench.section.key) == 2 * PAGE_SIZE + 5


def test_no_night_is_taken_for_a_thread_that_is_stuck() -> None:
    rng, awake = random.Random(SEED), TimeAwake(7.5)
    now = step = 0.0
    for _ in range(20_000):
        now += 2.5 if rng.random() < 0.9 else rng.uniform(0.1, 14.0) * HOUR
        if rng.random() < 0.2:
            step = now
        assert awake.without_a_step(now - step, now) < STUCK_SECONDS


def test_a_lease_that_slept_is_settled_once(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.stash.set_api_key("a key outlives the session")
    scene, item = bench.add()
    bench.run()
    bench.edit(scene, title="New")
    (leased,) = bench.manager.jobs.claim(bench.clock(), 1)
    bench.clock.now += 60 * HOUR
    assert bench.manager.jobs.claim(bench.clock(), 1) == []
    bench.manager.jobs.put(scene_job(scene, "Scene.Update.Post", bench.clock()))
    assert bench.manager.complete(leased)
    bench.run()
    assert item.title == "New"
    assert set(bench.states()) == {schema.DONE}
