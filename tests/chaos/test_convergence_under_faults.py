"""Edits on both sides under every fault, in a worker whose clock jumps: in the end Plex is right.

The worker is stepped by hand and its clock is the test's, so that a day of outages takes seconds.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

from simulators.plex.server import TagMode
from tests.chaos.model import Model
from tests.chaos.report import Report, double_writes
from tests.chaos.weather import Weather
from tests.resident.bench import Bench, MakeBench
from tests.resident.conftest import make_bench
from worker.deaths import take_back_leases

__all__ = ["make_bench"]

SEED = int(os.environ.get("CHAOS_SEED", "20270101"))
HOUR, YEAR = 3600.0, 365.25 * 86_400.0
SIZES = [
    pytest.param(12, 40, id="short"),
    pytest.param(
        2_000, 3_000, id="2000 scenes", marks=[pytest.mark.soak, pytest.mark.timeout(3_600)]
    ),
]


class Trial:
    """A bench, the model of what Plex has to show, and what may happen between two naps."""

    def __init__(self, bench: Bench, scenes: int, seed: int) -> None:
        self.bench = bench
        self.rng = random.Random(seed)
        self.report = Report(seed)
        self.weather = Weather(bench.plex, bench.stash, self.rng)
        self.model = Model(bench.stash.library, self.rng, removals=scenes < 100)
        for number in range(scenes):
            scene, item = bench.add(f"{number % 7}/Video {number}.mp4", title="")
            self.model.add(scene, item)
        for scene in self.rng.sample(list(self.model.items), scenes // 2):
            self.save(scene)
        self.bench.pass_time(HOUR)
        self.strangers = [
            bench.plex.add_movie(bench.section, f"/media/videos/other/Video {number}.mp4")
            for number in range(20)
        ]
        self.acts: list[tuple[int, Callable[[], None]]] = [
            (12, self.edit),
            (2, self.edit_without_hook),
            (2, self.person_adds_a_tag),
            (5, self.spoil_plex),
            (2, self.spoil_stash),
            (2, self.plex_restarts),
            (1, self.stash_forgets_sessions),
            (2, self.worker_dies),
            (1, self.clock_jumps),
            (6, self.time_passes),
        ]

    def act(self) -> None:
        """Something happens."""
        weights = [weight for weight, _ in self.acts]
        (act,) = self.rng.choices([act for _, act in self.acts], weights)
        act()
        self.report.happened[act.__name__.replace("_", " ")] += 1

    def some_scene(self) -> int:
        return self.rng.choice(list(self.model.items))

    def save(self, scene: int) -> None:
        self.model.values[scene] = values = self.model.new_values()
        self.bench.edit(scene, **self.model.as_records(scene, values))

    def edit(self) -> None:
        self.save(self.some_scene())

    def edit_without_hook(self) -> None:
        """The sweep finds it: in a scene that was synced before, whatever the clock did since."""
        self.bench.clock.now += 2.0  # Stash's times are whole seconds
        scene = self.rng.choice(list(self.model.values))
        self.model.values[scene] = values = self.model.new_values()
        self.bench.stash.library.touch(scene, **self.model.as_records(scene, values))

    def person_adds_a_tag(self) -> None:
        scene = self.some_scene()
        item = self.model.items[scene]
        tag = f"A person's {len(self.model.persons_tags)}"
        self.model.persons_tags.setdefault(scene, set()).add(tag)
        self.bench.plex.edit(item, tags={"genre": [*item.tags["genre"], tag]})

    def spoil_plex(self) -> None:
        self.weather.spoil_plex()

    def spoil_stash(self) -> None:
        self.weather.spoil_stash()

    def plex_restarts(self) -> None:
        """Away for a while, in the middle of what the worker does."""
        clock, plex = self.bench.clock, self.bench.plex
        clock.after(self.rng.random() * 5, plex.stop)
        clock.after(self.rng.random() * 600 + 5, plex.start)

    def stash_forgets_sessions(self) -> None:
        self.bench.stash.expire_sessions()

    def worker_dies(self) -> None:
        """As after SIGKILL: leases stay, nothing was given back."""
        jobs = self.bench.manager.jobs
        leased = jobs.claim(self.bench.clock.now, self.rng.randrange(4))
        for at_hand in leased[:1]:
            jobs.begin(at_hand)
        self.bench.new_worker()
        take_back_leases(self.bench.manager, self.bench.clock.now)

    def clock_jumps(self) -> None:
        clock = self.bench.clock
        clock.now = self.rng.choice([clock.now + 5 * YEAR, clock.now - HOUR, clock.now + HOUR])

    def time_passes(self) -> None:
        self.bench.pass_time(self.rng.choice([1.0, 30.0, 600.0]))

    def calm_down(self) -> None:
        """All faults end, a page of Stash is opened, and hours pass."""
        self.weather.clear()
        self.bench.clock.now += HOUR  # what is planned happens now
        self.bench.clock()
        self.bench.tell()
        deadline = self.bench.clock.now + 24 * HOUR
        while self.bench.clock.now < deadline and (
            self.bench.stats.left or self.model.differences()
        ):
            self.bench.pass_time(HOUR)

    def finish(self) -> Report:
        report = self.report
        report.faults_met = self.weather.met
        report.lost = self.model.differences()
        report.wrong = self.model.wrong_items(self.bench.plex.items())
        report.double = double_writes(self.bench.plex.requests, ())
        report.dead_letters = [f"{one}" for one in self.bench.letters()]
        return report


@pytest.mark.parametrize("tag_mode", ["replace", "append"])
@pytest.mark.parametrize(("scenes", "acts"), SIZES)
def test_plex_shows_the_newest_edit_of_every_scene(
    make_bench: MakeBench, scenes: int, acts: int, tag_mode: TagMode
) -> None:
    begun = time.monotonic()
    bench = make_bench()
    bench.plex.library.append_tags = tag_mode == "append"
    bench.clock.tick = 0.001
    trial = Trial(bench, scenes, SEED)
    strangers = [dict(bench.plex.snapshot()[item.rating_key]) for item in trial.strangers]
    for _ in range(acts):
        trial.act()
    trial.calm_down()
    report = trial.finish()
    report.seconds = time.monotonic() - begun
    print(report)  # noqa: T201 (the report is what a long run is for)
    assert not report.lost
    assert not report.wrong
    assert not report.double
    assert not report.dead_letters
    assert strangers == [bench.plex.snapshot()[item.rating_key] for item in trial.strangers]
    assert not bench.plex.requests.whole_section_edits
    bench.plex.requests.clear()
    bench.enqueue(*trial.model.values)
    bench.pass_time(HOUR)
    assert bench.plex.requests.writes() == []
