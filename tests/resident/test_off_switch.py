"""Paused, switched off or removed: the worker stops before its next write."""

from __future__ import annotations

import pytest

from sync_queue import schema
from tests.resident.bench import STASH_FOLDER, Bench
from worker.loop import Ended
from worker.permission import DISABLED, REMOVED, SETTINGS_SECONDS, WAITING_SETTINGS_SECONDS

SECONDS_BETWEEN_LOOKS = 0.25


def drain_while(bench: Bench, action: str) -> tuple[float, list[float]]:
    """Drain 40 jobs; five seconds after the first, ``action`` happens. When, and Plex's writes."""
    scenes = [bench.add(f"{n}.mp4")[0] for n in range(40)]
    for scene in scenes:
        bench.stash.library.touch(scene, title=f"New {scene}")
    bench.enqueue(*scenes)
    switches = {
        "pause": lambda: bench.stash.settings.update(paused=True),
        "disable": lambda: bench.stash.enable(False),
        "remove": lambda: (bench.plugin_dir / "PlexSync.py").unlink(),
    }
    bench.clock.tick = SECONDS_BETWEEN_LOOKS
    begun = bench.clock.now
    bench.clock.after(5.0, switches[action])
    try:
        bench.run()
    finally:
        bench.clock.tick = 0.0
    return begun + 5.0, [request.at for request in bench.plex.requests.writes()]


@pytest.mark.parametrize(
    ("action", "why"), [("pause", ""), ("disable", DISABLED), ("remove", REMOVED)]
)
def test_a_switch_while_draining_is_obeyed_within_ten_seconds(
    bench: Bench, action: str, why: str
) -> None:
    if why:
        with pytest.raises(Ended, match=why):
            drain_while(bench, action)
        switched, writes = bench.clock.now, [r.at for r in bench.plex.requests.writes()]
    else:
        switched, writes = drain_while(bench, action)
    assert 0 < len(writes) < 40
    assert max(writes) <= switched + SETTINGS_SECONDS + 5.0
    assert bench.states().count(schema.DONE) == len(writes)
    assert bench.states().count(schema.READY) == 40 - len(writes)


def test_a_paused_worker_writes_nothing_and_says_so(bench: Bench) -> None:
    scene, item = bench.add()
    bench.stash.settings["paused"] = True
    bench.edit(scene, title="New")
    bench.pass_time(3600)
    assert bench.plex.requests.writes() == []
    assert item.title == "Harbour Lights"
    assert bench.states() == [schema.READY]
    assert bench.hold().reason == "paused"


def test_work_goes_on_by_itself_after_a_pause(bench: Bench) -> None:
    scene, item = bench.add()
    bench.stash.settings["paused"] = True
    bench.edit(scene, title="New")
    bench.pass_time(600)
    bench.stash.settings["paused"] = False
    passed = bench.pass_time(600, until=lambda: item.title == "New")
    assert passed <= WAITING_SETTINGS_SECONDS
    assert not bench.hold().reason


def test_a_pause_that_ends_with_nothing_to_write_is_forgotten(bench: Bench) -> None:
    scene = bench.add_scene("New.mp4")
    bench.stash.settings["paused"] = True
    bench.edit(scene)
    bench.run()
    assert bench.hold().reason
    bench.stash.settings.update(paused=False, exclude_paths=f"{STASH_FOLDER}/**")
    bench.pass_time(120)
    assert bench.outcome(scene) == "filtered"
    assert not bench.hold().reason


def test_a_paused_worker_repairs_nothing_in_plex_either(bench: Bench) -> None:
    scene, item = bench.add()
    bench.plex.library.ignored_edits = {"userRating"}
    bench.edit(scene, rating100=80)
    bench.run()
    bench.stash.settings["paused"] = True
    bench.plex.requests.clear()
    bench.pass_time(300)
    assert bench.plex.requests.writes() == []
    bench.stash.settings["paused"] = False
    bench.pass_time(300)
    assert item.fields["userRating"] == "8.0"
