"""A part of a server fails for a day: no dead letter, nothing else stops, all arrives later."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from simulators.faults import Faults, Kind
from simulators.plex.items import Item
from simulators.stash.pictures import png
from tests.resident.bench import PLEX_FOLDER, Bench, MakeBench

MINUTE, HOUR = 60.0, 3600.0
RED, BLUE = png(4, 4, (200, 0, 0)), png(4, 4, (0, 0, 200))
PICTURE = hashlib.sha1(BLUE, usedforsecurity=False).hexdigest()

# Each part of Plex: the method, path and query of its requests.
PLEX_PARTS: dict[str, dict[str, str]] = {
    "the first answer": {"path": "^/$"},
    "all but the first answer and identity": {"path": "^/[^i]"},
    "libraries": {"path": "^/library/sections$"},
    "searches": {"method": "GET", "path": "/all$", "body": "file="},
    "listings": {"method": "GET", "path": "/all$", "body": "sort="},
    "all reads of the library": {"method": "GET", "path": "^/library"},
    "items": {"method": "GET", "path": "^/library/metadata/[0-9,]+$"},
    "edits": {"method": "PUT"},
    "uploads": {"method": "POST"},
    "pictures": {"path": "/(posters|arts)"},
}
STASH_PARTS: dict[str, dict[str, Any]] = {
    "covers": {"path": "/screenshot"},
    "names": {"body": "files { path size duration } }"},
    "scenes": {"body": "findScenes"},
    "settings": {"body": "configuration"},
    "everything": {},
}
PLEX_FAULTS: dict[str, dict[str, Any]] = {
    "database is locked": {"kind": Kind.STATUS, "status": 503},
    "status 500": {"kind": Kind.STATUS, "status": 500},
    "garbage": {"kind": Kind.GARBAGE},
    "a page": {"kind": Kind.HTML},
    "a dropped connection": {"kind": Kind.CLOSE_BEFORE},
    "half of the body": {"kind": Kind.DROP_BODY},
}
STASH_FAULTS: dict[str, dict[str, Any]] = {
    "status 500": {"status": 500},
    "an error": {"error": "database is locked"},
    "a dropped connection": {"close": True},
    "garbage": {"garbage": True},
    "a page": {"html": True},
}


class House:
    """Edits of several kinds: a scene that Plex knew, new ones, and one that is not in Plex; or one
    edit that is alone."""

    def __init__(self, bench: Bench, *, alone: bool) -> None:
        self.bench = bench
        self.alone = alone
        bench.stash.set_api_key("a key outlives the session")
        known = bench.add("Known.mp4", cover=RED)
        bench.edit(known[0], title="Old")
        bench.run()
        self.scenes: list[tuple[int, Item]] = [bench.add("New.mp4", cover=RED)]
        if not alone:
            self.scenes += [known, bench.add("Other.mp4", cover=RED)]
            self.nowhere = bench.add_scene("Nowhere.mp4")
            # No path rule leads to this one: Stash is asked for its files of that name.
            name = "Lantern House - 2024-05-01 - Harbour Lights at Dawn.mp4"
            moved = f"{PLEX_FOLDER}/elsewhere/{name}"
            bench.plex.add_movie(bench.section, moved, size=712_345_678, duration=1_800_000)
            file = {"path": f"/other/{name}", "size": 712_345_678, "duration": 1800.0}
            self.elsewhere = bench.stash.library.add_scene("Elsewhere", files=[file])

    def edit(self, number: int) -> None:
        for scene, _ in self.scenes:
            self.bench.edit(scene, title=f"New {number}", cover=BLUE if number else RED)
        if not self.alone:
            self.bench.edit(self.nowhere, title=f"New {number}")
            self.bench.edit(self.elsewhere, title=f"New {number}")

    def live_for_a_day(self) -> None:
        """A day passes, in which users who are not alone go on saving."""
        self.edit(0)
        for hour in range(24):
            self.bench.pass_time(MINUTE)
            self.bench.clock.now += HOUR - MINUTE
            if not self.alone and hour % 6 == 3:
                self.edit(hour)
        self.edit(24)

    def is_delivered(self) -> bool:
        shown = {(item.title, item.selected_poster) for _, item in self.scenes}
        return shown == {("New 24", PICTURE)} and not self.bench.stats.left


def check(bench: Bench, faults: Faults, fault: dict[str, Any], *, alone: bool) -> None:
    """A day with a fault, and an hour without."""
    house = House(bench, alone=alone)
    bench.new_worker()
    planned = faults.add(times=None, **fault)
    house.live_for_a_day()
    assert planned.hits or alone  # one edit does not need every part
    assert not bench.letters()
    faults.clear()
    bench.hook(house.scenes[0][0])
    bench.pass_time(HOUR, until=house.is_delivered)
    assert house.is_delivered()
    assert not bench.letters()
    assert not bench.hold().reason


def cases(parts: dict[str, Any], faults: dict[str, Any]) -> list[ParameterSet]:
    """Each part with each fault, alone and among others; the first fault among others is quick."""
    return [
        pytest.param(
            {**parts[part], **faults[fault]},
            alone,
            id=f"{part}-{fault}{'-alone' * alone}",
            marks=[pytest.mark.slow] * (alone or fault != next(iter(faults))),
        )
        for part in parts
        for fault in faults
        for alone in (False, True)
    ]


@pytest.mark.parametrize(("fault", "alone"), cases(PLEX_PARTS, PLEX_FAULTS))
def test_a_part_of_plex_that_fails_for_a_day_makes_no_dead_letter(
    make_bench: MakeBench, fault: dict[str, Any], alone: bool
) -> None:
    bench = make_bench(skip_posters=False)
    check(bench, bench.plex.faults, fault, alone=alone)


@pytest.mark.parametrize(("fault", "alone"), cases(STASH_PARTS, STASH_FAULTS))
def test_a_part_of_stash_that_fails_for_a_day_makes_no_dead_letter(
    make_bench: MakeBench, fault: dict[str, Any], alone: bool
) -> None:
    bench = make_bench(skip_posters=False)
    check(bench, bench.stash.faults, fault, alone=alone)


@pytest.mark.parametrize("server", ["plex", "stash"])
def test_pictures_that_fail_stop_no_text(make_bench: MakeBench, server: str) -> None:
    bench = make_bench(skip_posters=False)
    house = House(bench, alone=False)
    if server == "plex":
        bench.plex.faults.add(Kind.STATUS, path="/(posters|arts)", status=500, times=None)
    else:
        bench.stash.faults.add(path="/screenshot", status=500, times=None)
    house.edit(1)
    bench.pass_time(MINUTE)
    assert {item.title for _, item in house.scenes} == {"New 1"}
    assert bench.outcome(house.nowhere) in ("not_in_plex", "ambiguous")
