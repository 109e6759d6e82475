"""The number of requests to Plex by cause: counted by the simulated Plex, beside its limits.

A real SyncWorker over real HTTP, stepped by hand, with a clock of its own: counts, not times.
Ends with status 1 when a budget is broken.

    python benchmarks/plex_requests.py [--scenes 1000]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simulators.stash.pictures import png
from sync_queue.models import LIBRARY_PRIO, SYNC_ALL, scene_job
from tests.resident.bench import PLEX_FOLDER, Bench, bench
from worker.undo import Scope, UndoWriter

# A worker asks once for the server itself and its libraries.
CONNECTING = ("/", "/library/sections")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
RULES: Mapping[str, object] = {
    **{"title_template": "[{studio} – ]{title}", "content_rating": "XXX", "labels": "Stash"},
    **{"collect_performers": True, "collect_parent_studios": True, "performer_tags": True},
    **{"collect_tags": "Series", "label_tags": "VR", "collection_prefix": "studio=Studio: ;"},
}
BATCH = 200
UNDONE = 60


@dataclass(frozen=True)
class Row:
    """One budget: ``measured`` requests (a share per scene for the verification)."""

    case: str
    measured: float
    allowed: float
    what: str = ""

    @property
    def kept(self) -> bool:
        return self.measured <= self.allowed

    def __str__(self) -> str:
        mark = "ok" if self.kept else "BROKEN"
        return f"{self.case:58} {self.measured:9.4g} {self.allowed:9.4g}  {mark:6} {self.what}"


def main() -> int:
    """Measure every case; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--scenes", type=int, default=1000, help="size of the unchanged library")
    scenes = parser.parse_args().scenes
    print(f"{'requests to Plex':58} {'measured':>9} {'allowed':>9}")
    broken = 0
    for row in rows(scenes):
        print(row)
        broken += not row.kept
    return int(broken > 0)


def rows(scenes: int) -> Iterator[Row]:
    """Every budget in turn."""
    yield from one_scene()
    yield from rules()
    yield from images()
    yield from undoing()
    yield from two_libraries()
    yield verification()
    yield from taken_over()
    yield from library(scenes)


def settle(made: Bench) -> None:
    """Let a day pass: everything is synced, read back and listed."""
    made.pass_time(DAY)


def sync_all(made: Bench, scenes: Sequence[int]) -> None:
    """The jobs of Sync All."""
    jobs = [scene_job(scene, SYNC_ALL, made.clock()) for scene in scenes]
    made.manager.jobs.put_all(jobs, prio=LIBRARY_PRIO)


def asked(made: Bench, act: Callable[[], object]) -> Counter[str]:
    """The requests that follow from ``act``, by method and path, without what comes later."""
    made.plex.requests.clear()
    act()
    made.run()
    return Counter(f"{request.method} {request.path}" for request in made.plex.requests)


def listed(counted: Counter[str]) -> str:
    """For the table: which requests these were."""
    return ", ".join(f"{n} {name}" if n > 1 else name for name, n in counted.items())


def without_connecting(counted: Counter[str]) -> Counter[str]:
    """The requests for the scene itself."""
    once = {f"GET {path}" for path in CONNECTING}
    return Counter({name: n for name, n in counted.items() if name not in once})


def reads(counted: Counter[str]) -> Counter[str]:
    """Those that change nothing."""
    return Counter({name: n for name, n in counted.items() if name.startswith("GET ")})


def row(case: str, counted: Counter[str], allowed: int) -> Row:
    return Row(case, counted.total(), allowed, listed(counted))


def one_scene() -> Iterator[Row]:
    """New, changed and unchanged."""
    with bench() as made:
        scene, _ = made.add()
        first = asked(made, lambda: made.edit(scene, title="First"))
        connecting = first - without_connecting(first)
        yield row("connecting, once per worker", connecting, len(CONNECTING))
        yield row("new scene, first sync", without_connecting(first), 3)
        another, item = made.add("Another.mp4")
        yield row("another new scene", asked(made, lambda: made.edit(another, title="Two")), 3)
        settle(made)
        changed = asked(made, lambda: made.edit(scene, title="Second", details="More."))
        yield row("scene known, something changed", changed, 2)
        settle(made)
        yield row("scene known, saved without effect", asked(made, lambda: made.edit(scene)), 1)
        made.plex.edit(item, {"tagline": "A user's"})
        counted = asked(made, lambda: made.edit(another))
        yield row("scene known, a user's own value in Plex", counted, 1)


def rules() -> Iterator[Row]:
    """A scene under every rule at once: no request more."""
    with bench(**RULES) as made:
        first, _ = made.add("First.mp4")
        asked(made, lambda: made.edit(first, title="Connect"))
        scene, _ = made.add(performers=["Ada", "Bo"], tags=["Series", "VR"], studio="After Dark")
        new = asked(made, lambda: made.edit(scene, title="New"))
        yield row("new scene under every rule", new, 3)
        settle(made)
        changed = asked(made, lambda: made.edit(scene, title="Changed", date="2024-05-01"))
        yield row("scene known, changed under every rule", changed, 2)
        settle(made)
        again = asked(made, lambda: made.edit(scene))
        yield row("scene known, saved without effect under every rule", again, 1)


def images() -> Iterator[Row]:
    """A cover as poster, and as background."""
    with bench(skip_posters=False, sync_background=True) as made:
        first, _ = made.add("First.mp4", cover=png(color=(1, 1, 1)))
        asked(made, lambda: made.edit(first, title="Connect"))
        scene, _ = made.add(cover=png(color=(2, 2, 2)))
        new = asked(made, lambda: made.edit(scene, title="New"))
        yield row("new scene with poster and background", new, 3 + 2)
        settle(made)
        cover = png(color=(3, 3, 3))
        changed = asked(made, lambda: made.edit(scene, title="Changed", cover=cover))
        yield row("scene known, changed with its cover", changed, 2 + 2)
        settle(made)
        again = asked(made, lambda: made.edit(scene))
        yield row("scene known, saved with the same cover", again, 1)


def undoing() -> Iterator[Row]:
    """An undo of one scene, and of many with pictures in a library with an agent."""
    with bench() as made:
        scene, _ = made.add()
        asked(made, lambda: made.edit(scene, title="New"))
        settle(made)
        counted = asked(made, lambda: carry_out(made, Scope(scene=scene)))
        yield row("undo of one scene", without_connecting(counted), 2)
    with bench(skip_posters=False, sync_background=True) as made:
        section = made.plex.add_section("Movies", locations=[f"{PLEX_FOLDER}/m"])
        scenes = []
        for number in range(UNDONE):
            name = f"m/{number}.mp4"
            scenes.append(made.add_scene(name, cover=png(color=(number, 1, 1))))
            made.plex.add_movie(section, f"{PLEX_FOLDER}/{name}")
        made.enqueue(*scenes)
        asked(made, made.run)
        settle(made)
        counted = asked(made, lambda: carry_out(made, Scope()))
        allowed = 2 * UNDONE + 2 * 2 * UNDONE
        yield share(f"undo of {UNDONE} items with two pictures", counted, UNDONE, allowed / UNDONE)


def carry_out(made: Bench, scope: Scope) -> None:
    """The undo, without the task around it."""
    made.tell()
    servers = made.new_worker().servers
    servers.read_settings()
    for _one in UndoWriter(made.manager, servers, scope, made.clock).run():
        pass


def two_libraries() -> Iterator[Row]:
    """A scene that is in the second library only, with no path rule to say which."""
    with bench(path_map="") as made:
        asked(made, lambda: made.edit(made.add()[0], title="Connect"))
        other = made.plex.add_section("More", locations=["/media/more"], agent="none")
        made.plex.add_movie(other, "/media/more/x.mp4")
        scene = made.add_scene("Elsewhere.mp4")
        made.plex.add_movie(other, "/media/more/Elsewhere.mp4", size=700_000_000)
        made.new_worker()
        counted = without_connecting(asked(made, lambda: made.edit(scene, title="New")))
        searched = sum(n for name, n in counted.items() if name.endswith("/all"))
        yield Row(
            "new scene in another library: beyond the listings", counted.total() - searched, 2,
            listed(counted),
        )  # fmt: skip


def verification() -> Row:
    """Reading back the written values, per scene."""
    with bench() as made:
        scenes = [made.add(f"{number}.mp4")[0] for number in range(BATCH)]
        made.enqueue(*scenes)
        made.run()
        made.pass_time(10 * MINUTE)
        made.plex.requests.clear()
        for scene in scenes:
            made.edit(scene, title=f"Edited {scene}")
        made.pass_time(10 * MINUTE)
        batched = sum("," in request.path for request in made.plex.requests)
        written = made.plex.requests.count("PUT")
        assert written == BATCH, f"{written} writes for {BATCH} scenes"
        # Half of the batched reads are those before the writes: one for each batch of fifty.
        before = BATCH / 50
        return Row(
            f"verification, per scene, of {BATCH}", (batched - before) / BATCH, 0.02,
            f"{batched} batched reads, {before:.0f} of them before the writes; "
            f"{len(made.plex.requests) / BATCH:.2f} requests a scene in all",
        )  # fmt: skip


def taken_over() -> Iterator[Row]:
    """Views and star ratings, looked for during an hour in which nothing happened."""
    for name, pages in (("plays_from_plex", 1), ("ratings_from_plex", 1)):
        with bench(**{name: True}) as made:
            made.stash.set_api_key("a key outlives the session")
            for number in range(BATCH):
                scene, item = made.add(f"{number}.mp4")
                made.enqueue(scene)
                for ago in range(4):
                    made.plex.user.watch(item, made.clock() + ago)
            made.run()
            made.pass_time(HOUR)
            made.plex.requests.clear()
            made.pass_time(HOUR)
            counted = Counter(f"{one.method} {one.path}" for one in made.plex.requests)
            yield row(f"{name}, an hour without a view", counted, 6 * pages)


def library(scenes: int) -> Iterator[Row]:
    """A whole library: for the first time, unchanged, and after Plex's library was rebuilt."""
    with bench() as made:
        paths = {
            made.add_scene(name): f"{PLEX_FOLDER}/{name}"
            for name in (f"{number % 50}/Video {number}.mp4" for number in range(scenes))
        }
        sync = partial(sync_all, made, list(paths))
        for path in paths.values():
            made.plex.add_movie(made.section, path)
        first = asked(made, sync)
        yield share(f"{scenes} scenes, first Sync All", first, scenes, 1.1)
        settle(made)
        again = asked(made, sync)
        yield share(f"{scenes} unchanged scenes, Sync All", again, scenes, 0.025)
        yield row("    writes", again - reads(again), 0)
        made.plex.disk.rebuild(made.section)
        settle(made)
        again = asked(made, sync)
        yield share(f"{scenes} scenes, library rebuilt, Sync All", again, scenes, 1.1)
        written = sum("/" in item.title for item in made.plex.items())  # the agent's has none
        yield Row("    items without their scene's title", scenes - written, 0)


def share(case: str, counted: Counter[str], scenes: int, allowed: float) -> Row:
    """Requests per scene."""
    kinds = Counter(f"{name.split()[0]} {kind_of(name)}" for name in counted.elements())
    return Row(f"{case}: per scene", counted.total() / scenes, allowed, listed(kinds))


def kind_of(name: str) -> str:
    """The path without the numbers of items."""
    return re.sub(r"(?<=metadata/)[\d,]+", "…", name.split()[1])


if __name__ == "__main__":
    sys.exit(main())
