"""What came from one side is no news on the other: a day of both directions comes to rest."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from hooks.handlers import FIELDS_WITHOUT_EFFECT
from tests.from_plex.house import HOUR, LOOK, MINUTE, home, plays, synced
from tests.installed_plugin import recorded_stdin
from tests.resident.bench import Bench, MakeBench

WRITES = ("sceneAddPlay", "sceneSaveActivity", "sceneUpdate")


class Echo:
    """A bench whose Stash fires a hook for each rating that is set, ours too."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.pairs = [synced(bench, f"{n}.mp4") for n in range(3)]
        self.heard: dict[int, int | None] = {scene: None for scene, _ in self.pairs}

    def rating(self, scene: int) -> int | None:
        return self.bench.stash.library.scenes[scene].rating100

    def live(self, seconds: float) -> None:
        """Time passes, with the hooks of all edits."""
        for _ in range(int(seconds // LOOK)):
            self.bench.pass_time(LOOK)
            for scene, before in self.heard.items():
                if self.rating(scene) != before:
                    self.heard[scene] = self.rating(scene)
                    self.bench.hook(scene)
            self.bench.pass_time(MINUTE)

    def written(self) -> Counter[str]:
        """How often each side was written to."""
        fields = self.bench.stash.requests.by_field
        counted = Counter({name: fields[name] for name in WRITES})
        counted["PUT"] = self.bench.plex.requests.count("PUT")
        return counted


def act(echo: Echo, rng: random.Random) -> None:
    """One thing that a user does on one of the sides."""
    bench, (scene, item) = echo.bench, rng.choice(echo.pairs)
    match rng.randrange(6):
        case 0 | 1:
            bench.edit(scene, rating100=rng.choice((None, 20, 60, 100)))
            echo.heard[scene] = echo.rating(scene)
        case 2:
            bench.plex.user.rate(item, rng.choice((None, 2, 6, 10)))
        case 3:
            bench.plex.user.watch(item)
        case 4:
            bench.plex.user.stop_at(item, 300_000)
            late = bench.clock.now - rng.randrange(9_000)
            bench.plex.user.watch(item, max(late, item.added_at))
        case _:
            bench.stash.library.scenes[scene].resume_time = float(rng.randrange(100))


@pytest.mark.parametrize("keeps", [True, False], ids=["keep edits", "Stash wins"])
@pytest.mark.parametrize("seed", range(3))
def test_a_day_of_both_directions_comes_to_rest(
    make_bench: MakeBench, seed: int, keeps: bool
) -> None:
    bench = home(
        make_bench, plays_from_plex=True, ratings_from_plex=True, preserve_plex_edits=keeps
    )
    echo, rng = Echo(bench), random.Random(seed)
    for _ in range(24):
        act(echo, rng)
        echo.live(HOUR)
    echo.live(2 * HOUR)
    before = echo.written()
    played = {scene: plays(bench, scene) for scene, _ in echo.pairs}
    rated = {scene: echo.rating(scene) for scene, _ in echo.pairs}
    echo.live(6 * HOUR)
    assert echo.written() == before
    assert played == {scene: plays(bench, scene) for scene, _ in echo.pairs}
    assert rated == {scene: echo.rating(scene) for scene, _ in echo.pairs}
    assert sum(map(len, played.values())) == len(bench.plex.library.history)


def test_a_rating_goes_back_and_forth_only_as_often_as_users_rate(bench: Bench) -> None:
    bench.stash.set_api_key("a key outlives the session")
    bench.stash.settings |= {"ratings_from_plex": True, "skip_rating": True}
    echo = Echo(bench)
    _scene, item = echo.pairs[0]
    writes = bench.plex.requests.count("PUT")
    bench.plex.user.rate(item, 8)
    echo.live(3 * HOUR)
    assert echo.written()["sceneUpdate"] == 1
    assert bench.plex.requests.count("PUT") == writes


def test_no_hook_of_stash_tells_of_plays() -> None:
    stdin = [doc for step, doc in recorded_stdin() if step.startswith("sceneAddPlay")]
    assert stdin == []
    assert {"play_count", "resume_time", "last_played_at"} <= FIELDS_WITHOUT_EFFECT
