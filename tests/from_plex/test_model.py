"""Whatever happens between two looks, each view is in Stash exactly once."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from sync_queue.models import SYNC_ALL, scene_job
from tests.from_plex.house import DAY, HOUR, LOOK, MINUTE, plays
from tests.resident.bench import PLEX_FOLDER, bench

NAMES = ("One.mp4", "Two.mp4", "Three.mp4")
films = st.sampled_from(range(len(NAMES)))


class House(RuleBasedStateMachine):
    """Two Plex servers with the same files, one Stash, and a worker that may die at any time.

    ``viewed`` has every view by scene; ``owed`` those that Stash has to have in the end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rooms = ExitStack()
        self.bench = self.rooms.enter_context(bench(plays_from_plex=True, skip_posters=True))
        self.bench.stash.set_api_key("a key outlives the session")
        self.scenes = [self.bench.add_scene(name) for name in NAMES]
        self.other = PlexSimulator(clock=self.bench.clock).start()
        self.rooms.callback(self.other.stop)
        self.servers = [self.bench.plex, self.other]
        self.sections = [self.bench.section]
        self.sections.append(
            self.other.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
        )
        self.viewed: list[Counter[int]] = [Counter() for _ in NAMES]
        self.owed: list[dict[int, Item]] = [{} for _ in NAMES]
        self.used: set[int] = set()
        for server, section in zip(self.servers, self.sections, strict=True):
            for name in NAMES:
                server.add_movie(section, f"{PLEX_FOLDER}/{name}")
        for number in (1, 0):
            self.use(number)

    def teardown(self) -> None:
        for number in (0, 1):
            self.finish(number)
        for scene, viewed, owed in zip(self.scenes, self.viewed, self.owed, strict=True):
            held = Counter(plays(self.bench, scene))
            assert held <= viewed, "a play that was no view, or a view that was counted twice"
            missing = {at: item for at, item in owed.items() if at not in held}
            lost = {at for at, item in missing.items() if self.is_there(item)}
            assert not lost
        self.rooms.close()

    def is_there(self, item: Item) -> bool:
        """Whether the item was not made again since."""
        return any(server.library.items.get(item.rating_key) is item for server in self.servers)

    def item(self, film: int) -> tuple[PlexSimulator, Item]:
        """The film on the server in use."""
        server, section = self.servers[self.in_use], self.sections[self.in_use]
        file = f"{PLEX_FOLDER}/{NAMES[film]}"
        return server, next(item for item in section.items.values() if item.files[0] == file)

    def finish(self, number: int) -> None:
        """Time enough for all that is left on one server."""
        self.bench.clock.now = max(self.bench.clock.now, *self.used, 0) + HOUR
        self.use(number)
        self.bench.clock.now += DAY
        self.bench.pass_time(3 * LOOK)

    @rule(number=st.sampled_from((0, 1)))
    def use(self, number: int) -> None:
        """The settings name one of the servers, whose items are brought up to date."""
        self.in_use = number
        server = self.servers[number]
        self.bench.stash.settings |= {"plex_url": server.url, "plex_token": server.token}
        self.bench.pass_time(LOOK)
        self.sync()

    @rule()
    def sync(self) -> None:
        self.bench.tell()
        jobs = [scene_job(scene, SYNC_ALL, self.bench.clock()) for scene in self.scenes]
        self.bench.manager.jobs.put_all(jobs)
        self.bench.pass_time(MINUTE)

    @rule(film=films, ago=st.sampled_from((0, 1, 5, 700, 4_000, 90_000)))
    def watch(self, film: int, ago: int) -> None:
        """A view, which a device may report late."""
        server, item = self.item(film)
        at = int(self.bench.clock.now) - ago
        while at in self.used:
            at += 1
        self.used.add(at)
        server.user.watch(item, at)
        self.viewed[film][at] += 1
        if at >= item.added_at:
            self.owed[film][at] = item

    @rule(film=films, watched=st.booleans())
    def mark(self, film: int, watched: bool) -> None:
        server, item = self.item(film)
        server.user.mark_watched(item, watched=watched)

    @rule(minutes=st.sampled_from((1, 10, 25)))
    def wait(self, minutes: int) -> None:
        self.bench.pass_time(minutes * MINUTE)

    @rule(seconds=st.sampled_from((-2 * HOUR, -90.0, 3 * HOUR)))
    def set_clock(self, seconds: float) -> None:
        self.bench.clock.now += seconds

    @rule()
    def restart(self) -> None:
        self.bench.new_worker()

    @rule(film=films, mutation=st.sampled_from(("sceneAddPlay", "play_history")))
    def die_between_two_writes(self, film: int, mutation: str) -> None:
        """Stash has the play, and the worker dies before it hears of that."""
        self.watch(film, 0)
        self.bench.stash.faults.add("close_after", body=mutation)
        self.bench.pass_time(2 * LOOK)
        self.bench.stash.faults.clear()
        self.bench.new_worker()

    @rule(reuse_keys=st.booleans(), seed=st.integers(0, 5))
    def rebuild(self, reuse_keys: bool, seed: int) -> None:
        """A library is deleted and made anew: old keys may be other films."""
        server, section = self.servers[self.in_use], self.sections[self.in_use]
        server.disk.rebuild(section, reuse_keys=reuse_keys, reuse_part_ids=reuse_keys, seed=seed)

    @invariant()
    def each_play_is_one_view(self) -> None:
        for scene, viewed in zip(self.scenes, self.viewed, strict=True):
            assert Counter(plays(self.bench, scene)) <= viewed


@pytest.mark.timeout(600)
def test_each_view_is_in_stash_exactly_once() -> None:
    run_state_machine_as_test(
        House, settings=settings(max_examples=15, stateful_step_count=15, deadline=None)
    )
