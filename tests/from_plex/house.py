"""A bench on which users watch in Plex, with what Stash shows of it."""

from __future__ import annotations

from simulators.plex.items import Item
from simulators.stash.records import epoch
from sync_queue.state import FromPlexNote
from tests.resident.bench import Bench, MakeBench

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
LOOK = 10 * MINUTE
HISTORY = "/status/sessions/history/all"


def home(make_bench: MakeBench, **settings: object) -> Bench:
    """A bench whose session in Stash does not expire."""
    bench = make_bench(**settings)
    bench.stash.set_api_key("a key outlives the session")
    return bench


def synced(bench: Bench, name: str = "Harbour Lights.mp4", **fields: object) -> tuple[int, Item]:
    """A scene whose item was written and read back."""
    scene, item = bench.add(name, **fields)
    bench.edit(scene, title=name.removesuffix(".mp4"))
    bench.pass_time(MINUTE)
    assert bench.outcome(scene) == "synced"
    return scene, item


def looks(bench: Bench, times: int = 2) -> None:
    """Let so many looks pass: the first one after switching on only shows."""
    bench.pass_time(times * LOOK + MINUTE)


def plays(bench: Bench, scene: int) -> list[int]:
    """The moments of a scene's plays in Stash, oldest first."""
    return sorted(map(epoch, bench.stash.library.scenes[scene].play_history))


def said(bench: Bench) -> FromPlexNote:
    """What Status says of the looks."""
    return bench.manager.state.load(FromPlexNote)


def asked(bench: Bench, path: str = HISTORY) -> int:
    """How often Plex was asked for something."""
    return sum(request.path == path for request in bench.plex.requests)
