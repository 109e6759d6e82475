"""Matching's cost among files of one name: own CPU per scene, with few and with many namesakes.

A real SyncWorker over real HTTP, stepped by hand in the main thread, whose processor time alone is
counted: the simulated servers answer in other threads. Prints milliseconds and the ratio of many
to few. Ends with status 1 when a ratio is above its limit, or when one new file in Plex wakes more
than its own scene.

    python benchmarks/matching_cost.py [--few 100] [--many 10000]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.resident.bench import PLEX_FOLDER, STASH_FOLDER, Bench, bench

SCENES = 15  # of one batch: fewer than a refresh of the index is worth
MINUTE = 60.0
# A hundred times as many namesakes may cost so many times as much: look-ups in a larger index, and
# counting its items once a batch.
LIMIT = 3.0
# Where Stash's files lie, by how Plex's paths are found.
LAYOUTS = {"by a path rule": STASH_FOLDER, "by equal paths": PLEX_FOLDER, "by folder": "/other"}


def main() -> int:
    """Measure each layout; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=10_000)
    given = parser.parse_args()
    print(f"{'files of one name':24} {given.few:>10} {given.many:>10}   ratio")
    broken = 0
    for layout, folder in LAYOUTS.items():
        few, many = (cost(folder, count) for count in (given.few, given.many))
        ratio = many / few
        broken += ratio > LIMIT
        print(f"{layout:24} {few:7.2f} ms {many:7.2f} ms   {ratio:.2f} (limit {LIMIT:.0f})")
    woken = [woken_by_one(count) for count in (given.few, given.many)]
    broken += woken != [1, 1]
    print(f"{'scenes that wake':24} {woken[0]:10} {woken[1]:10}   (limit 1)")
    return int(broken > 0)


def place(number: int) -> str:
    """The path below the mount: a folder whose name says something, and the name of all files."""
    letters = f"{number:05}".translate(str.maketrans("0123456789", "abcdefghij"))
    return f"Northlight/Orchard {letters}/video.mp4"


def add_scene(made: Bench, folder: str, number: int) -> int:
    """A scene whose file is called like all others, in a folder of its own."""
    file = {
        "path": f"{folder}/{place(number)}",
        "size": 1_000 + number,
        "duration": 60.0 + number,
    }
    return made.stash.library.add_scene(f"Scene {number}", files=[file])


def add_item(made: Bench, number: int) -> None:
    """The item of such a file."""
    made.plex.add_movie(
        made.section,
        f"{PLEX_FOLDER}/{place(number)}",
        size=1_000 + number,
        duration=60_000 + 1_000 * number,
    )


def cost(folder: str, count: int) -> float:
    """Milliseconds of own processor time for a new scene among ``count`` files of its name."""
    rule = f"{STASH_FOLDER} => {PLEX_FOLDER}" if folder == STASH_FOLDER else ""
    with bench(path_map=rule) as made:
        for number in range(count):
            add_item(made, number)
        scenes = [add_scene(made, folder, number) for number in range(2 * SCENES)]
        made.enqueue(*scenes[:SCENES])  # lists the library
        made.run()
        made.enqueue(*scenes[SCENES:])
        begun = time.thread_time()
        made.run()
        spent = time.thread_time() - begun
        outcomes = {made.outcome(scene) for scene in scenes}
        if outcomes != {"synced"}:
            raise RuntimeError(f"not every scene was synced: {outcomes}")
        return 1000 * spent / SCENES


def woken_by_one(count: int) -> int:
    """The scenes that one new file in Plex wakes among ``count`` that wait for one of its name."""
    with bench() as made:
        for number in range(count):
            made.enqueue(add_scene(made, STASH_FOLDER, number))
        made.run()
        made.pass_time(10 * MINUTE)
        before = made.stats.completed
        add_item(made, 42)
        made.pass_time(3 * MINUTE)
        return made.stats.completed - before


if __name__ == "__main__":
    sys.exit(main())
