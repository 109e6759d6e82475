"""A job that kills its worker is found by the second death, and costs nobody else anything."""

from __future__ import annotations

import sqlite3
from functools import partial

import pytest

from simulators.faults import Fault, Kind
from sync_queue import schema
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually
from tests.recovery.crashes import Crashes, Nursery

pytestmark = pytest.mark.posix

POISON = 7


class Library:
    """Scenes with an edit each, one of which kills every worker at a certain request."""

    def __init__(self, road: Road, scenes: int) -> None:
        self.road = road
        self.crashes = Crashes(road, seed=1, scenes=scenes)
        self.scenes = sorted(self.crashes.items)
        self.poison = self.crashes.items[POISON]

    def writing_kills(self) -> Fault:
        query = rf"\bid={self.poison.rating_key}\b"
        return self.road.plex.faults.add(
            Kind.DELAY, method="PUT", body=query, seconds=60.0, times=None
        )

    def reading_kills(self) -> Fault:
        body = rf"findScenes.*\b{POISON}\b"
        return self.road.stash.faults.add(
            Kind.DELAY, path="graphql", body=body, seconds=60.0, times=None
        )

    def titles(self) -> dict[int, str]:
        return {n: self.crashes.items[n].title for n in self.scenes if n != POISON}

    def wanted(self) -> dict[int, str]:
        return {n: self.crashes.titles[n] for n in self.scenes if n != POISON}

    def work(self, nursery: Nursery, deadly: Fault) -> int:
        """Start workers until all is settled or one is left; returns how many were killed."""
        deaths = 0
        while self.waiting():
            pid = nursery.start("worker")
            eventually(partial(self.is_met, deadly, deaths), timeout=40)
            if nursery.kill(pid):
                deaths = deadly.hits
            assert deaths < 5
        return deaths

    def is_met(self, deadly: Fault, before: int) -> bool:
        return deadly.hits > before or not self.waiting()

    def waiting(self) -> int:
        return sum(row["status"] <= schema.RUNNING for row in self.road.plugin.rows())

    def letters(self) -> list[tuple[int, str]]:
        database = sqlite3.connect(self.road.plugin.database)
        try:
            return database.execute("SELECT scene_id, message FROM dead_letters").fetchall()
        finally:
            database.close()


@pytest.mark.parametrize("at", ["writing", "reading"])
@pytest.mark.parametrize(
    ("scenes", "rounds"),
    [
        (30, 1),
        pytest.param(200, 25, marks=[pytest.mark.soak, pytest.mark.timeout(3600)], id="50 deaths"),
    ],
)
def test_a_job_that_kills_its_worker_is_a_dead_letter_after_two_deaths(
    road: Road, at: str, scenes: int, rounds: int
) -> None:
    library = Library(road, scenes)
    deadly = library.writing_kills() if at == "writing" else library.reading_kills()
    with Nursery(road) as nursery:
        for _ in range(rounds):
            deadly.hits = 0
            for scene in library.scenes:
                library.crashes.edit(scene)
            assert library.work(nursery, deadly) == 2
            assert library.titles() == library.wanted()
            ((scene, sentence),) = library.letters()
            assert scene == POISON
            assert sentence.startswith("The worker ended unexpectedly 2 times while it synced this")
