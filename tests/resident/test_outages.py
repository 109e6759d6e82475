"""Plex restarts, is slow, loses replies, has a full disk: all edits arrive, none is buried."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from simulators.faults import Kind
from simulators.plex.items import Item
from sync_queue import schema
from sync_queue.state import BreakerState
from tests.resident.bench import Bench
from worker.circuit_breaker import CircuitBreaker
from worker.loop import Ended

MINUTE = 60.0
HOUR = 3600.0
NOT_IDENTITY = "^(?!/identity)"


def edits(bench: Bench, count: int, title: str = "New") -> list[tuple[int, Item]]:
    """So many scenes, each just saved with a new title."""
    scenes = [bench.add(f"{n}.mp4") for n in range(count)]
    for scene, _ in scenes:
        bench.edit(scene, title=title)
    return scenes


def titles(scenes: list[tuple[int, Item]]) -> set[str]:
    return {item.title for _, item in scenes}


FAULTS: dict[str, dict[str, Any]] = {
    "the maintenance page": {"kind": Kind.MAINTENANCE},
    "status 500": {"kind": Kind.STATUS, "status": 500},
    "status 429": {"kind": Kind.STATUS, "status": 429},
    "a proxy's login page": {"kind": Kind.HTML},
    "garbage": {"kind": Kind.GARBAGE},
    "nothing": {"kind": Kind.EMPTY, "path": "metadata"},
    "a dropped connection": {"kind": Kind.CLOSE_BEFORE},
    "a reply lost after the write was applied": {"kind": Kind.CLOSE_AFTER},
    "half of an answer": {"kind": Kind.TRUNCATED, "method": "GET"},
    "a connection dropped in the middle of the body": {"kind": Kind.DROP_BODY, "method": "GET"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_plex_is_right_after_any_errors(bench: Bench, fault: str) -> None:
    scenes = edits(bench, 8)
    bench.plex.faults.add(times=None, **FAULTS[fault])
    bench.pass_time(5 * MINUTE)
    assert bench.stats.left == 8 or titles(scenes) == {"New"}
    assert not bench.letters()
    bench.plex.faults.clear()
    bench.pass_time(5 * MINUTE)
    assert titles(scenes) == {"New"}
    assert bench.stats.left == 0
    assert not bench.letters()
    assert not bench.hold().reason
    assert not bench.notice()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_single_fault_is_ridden_out_at_once(bench: Bench, fault: str) -> None:
    scenes = edits(bench, 3)
    bench.plex.faults.add(**FAULTS[fault])
    bench.run()
    assert titles(scenes) == {"New"}
    assert bench.states() == [schema.DONE] * 3


def test_a_task_asks_at_once_whether_plex_is_back(bench: Bench) -> None:
    scenes = edits(bench, 8)
    bench.plex.stop()
    bench.pass_time(5 * MINUTE)
    assert bench.breaker().wait(bench.clock()) > 0
    bench.plex.start()
    worker = bench.new_worker(when_idle=True)
    with pytest.raises(Ended):
        while True:
            worker.loop.step()
    assert bench.breaker().state == "closed"
    assert "New" in titles(scenes)


def test_a_stopped_plex_opens_the_breaker_and_is_probed_ever_more_rarely(bench: Bench) -> None:
    scenes = edits(bench, 8)
    bench.plex.stop()
    bench.run()
    assert bench.breaker().state == "open"
    assert bench.attempts() == [0] * 8
    probes: list[float] = []
    began = bench.clock.now
    while bench.clock.now < began + 10 * MINUTE:
        wait = bench.breaker().wait(bench.clock.now)
        bench.clock.now += wait
        probes.append(wait)
        bench.run()
    assert [round(wait) for wait in probes[:7]] == [5, 10, 20, 40, 60, 60, 60]
    bench.plex.start()
    assert bench.pass_time(2 * MINUTE, until=lambda: titles(scenes) == {"New"}) <= 60 + 5
    assert bench.breaker().state == "closed"


def test_an_open_breaker_admits_its_probe_only(bench: Bench) -> None:
    edits(bench, 8)
    bench.plex.faults.add(Kind.MAINTENANCE, times=None)
    bench.pass_time(5 * MINUTE)
    bench.plex.requests.clear()
    bench.edit(bench.add("Another.mp4")[0], title="New")
    bench.run()
    assert [request.path for request in bench.plex.requests] in ([], ["/identity"])


def test_chores_ask_nothing_of_a_plex_that_is_away_while_edits_wait(bench: Bench) -> None:
    written, _ = bench.add("Written.mp4")
    bench.edit(written, title="Waits to be read back")
    bench.edit(bench.add_scene("Parked.mp4"), title="Waits for its file")
    bench.run()
    scenes = edits(bench, 8)
    bench.plex.faults.add(Kind.MAINTENANCE, times=None)
    bench.run()
    bench.plex.requests.clear()
    bench.pass_time(10 * MINUTE)
    assert {request.path for request in bench.plex.requests} == {"/identity"}
    bench.plex.faults.clear()
    bench.pass_time(5 * MINUTE)
    assert titles(scenes) == {"New"}
    assert bench.unread() == 0


def test_a_breaker_that_stayed_open_keeps_no_parked_scene_asleep(bench: Bench) -> None:
    parked = bench.add_scene("Parked.mp4")
    bench.edit(parked, title="New")
    bench.run()
    with bench.manager.transaction():
        bench.manager.state.save(CircuitBreaker(BreakerState.OPEN, failures=5))
    bench.new_worker()
    item = bench.plex.add_movie(bench.section, "/media/videos/Parked.mp4")
    bench.pass_time(5 * MINUTE)
    assert item.title == "New"
    assert bench.breaker().state == "closed"


def test_a_plex_that_says_when_to_come_back_is_left_alone_until_then(bench: Bench) -> None:
    scenes = edits(bench, 8)
    bench.stash.set_api_key("a key outlives the session")
    bench.plex.faults.add(Kind.STATUS, status=503, retry_after=900, times=None)
    bench.run()
    bench.plex.faults.clear()
    bench.plex.requests.clear()
    bench.pass_time(14 * MINUTE)
    assert not bench.plex.requests
    bench.pass_time(5 * MINUTE)
    assert titles(scenes) == {"New"}


def test_the_breaker_outlives_its_worker(bench: Bench) -> None:
    scenes = edits(bench, 8)
    bench.plex.stop()
    bench.pass_time(5 * MINUTE)
    bench.plex.requests.clear()
    bench.new_worker()
    assert bench.run() > 1.0
    assert not bench.plex.requests
    bench.plex.start()
    bench.pass_time(2 * MINUTE)
    assert titles(scenes) == {"New"}


def test_after_an_outage_the_queue_drains_at_a_gently_rising_rate(bench: Bench) -> None:
    scenes = edits(bench, 40)
    bench.plex.stop()
    bench.pass_time(2 * MINUTE)
    bench.plex.start()
    bench.clock.now += 60.0
    drained = [0]
    while bench.stats.left:
        bench.clock.now += min(bench.run(), 1.0)
        drained.append(bench.states().count(schema.DONE))
    each_second = [after - before for before, after in itertools.pairwise(drained)]
    assert each_second == [1, 1, 2, 4, 8, 16, 8]
    assert titles(scenes) == {"New"}


def test_a_long_outage_is_said_in_stashs_log_and_taken_back(bench: Bench) -> None:
    scenes = edits(bench, 8)
    bench.plex.stop()
    bench.pass_time(4 * MINUTE)
    assert not bench.notice()
    bench.pass_time(4 * MINUTE)
    bench.said.clear()
    bench.hook(scenes[0][0])
    (said,) = bench.said
    assert "8 edits wait" in said
    bench.plex.start()
    bench.pass_time(2 * MINUTE)
    assert not bench.notice()


def test_a_plex_that_reads_but_cannot_write_makes_no_dead_letter(bench: Bench) -> None:
    scenes = edits(bench, 6)
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=500, times=None)
    # Other scenes need no write: Plex serves them all the time.
    for n in range(8):
        bench.edit(bench.add_scene(f"Not in Plex {n}.mp4"), title="Elsewhere")
        bench.pass_time(5 * MINUTE)
    assert not bench.letters()
    bench.plex.faults.clear()
    bench.pass_time(10 * MINUTE)
    assert titles(scenes) == {"New"}
    assert bench.stats.left == 0


FAILING_WRITES: dict[str, dict[str, Any]] = {
    "refused": {"kind": Kind.STATUS, "status": 500},
    "dropped": {"kind": Kind.CLOSE_BEFORE},
}


@pytest.mark.parametrize("fault", FAILING_WRITES)
def test_a_lone_edit_waits_ten_hours_for_a_plex_that_reads_but_cannot_write(
    bench: Bench, fault: str
) -> None:
    scene, item = bench.add()
    bench.plex.faults.add(method="PUT", times=None, **FAILING_WRITES[fault])
    bench.stash.set_api_key("a key outlives the session")
    bench.edit(scene, title="New")
    for _ in range(10):
        bench.pass_time(3 * MINUTE)
        bench.clock.now += HOUR
    assert not bench.letters()
    bench.plex.faults.clear()
    bench.pass_time(5 * MINUTE)
    assert item.title == "New"
    assert bench.stats.left == 0


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_lone_edit_at_which_plex_fails_for_more_than_a_day_is_given_up(
    bench: Bench, method: str
) -> None:
    scene, item = bench.add()
    bench.stash.set_api_key("a key outlives the session")
    bench.edit(scene, title="New")
    bench.plex.faults.add(Kind.STATUS, method=method, path="library/", status=500, times=None)
    for hours in range(30):
        assert not bench.letters() or hours > 24
        bench.pass_time(2 * MINUTE)
        bench.clock.now += HOUR
    assert [letter[:2] for letter in bench.letters()] == [(scene, "refused_by_plex")]
    bench.plex.faults.clear()
    bench.edit(scene, title="Newer")  # a newer edit supersedes the dead letter
    bench.pass_time(2 * MINUTE)
    assert item.title == "Newer"
    assert not bench.letters()


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_clock_that_jumps_by_days_gives_no_lone_edit_up(bench: Bench, method: str) -> None:
    scene, item = bench.add()
    bench.stash.set_api_key("a key outlives the session")
    bench.edit(scene, title="New")
    bench.plex.faults.add(Kind.STATUS, method=method, path="library/", status=500, times=None)
    bench.run()
    for _ in range(8):
        bench.clock.now += 2 * 24 * HOUR
        bench.pass_time(MINUTE)
    assert not bench.letters()
    bench.plex.faults.clear()
    bench.pass_time(5 * MINUTE)
    assert item.title == "New"


def test_one_scene_that_plex_always_fails_at_is_buried_and_harms_no_other(bench: Bench) -> None:
    poisoned, its_item = bench.add("Poisoned.mp4")
    bench.plex.faults.add(
        Kind.STATUS, path=f"/metadata/{its_item.rating_key}$", status=500, times=None
    )
    bench.edit(poisoned, title="New")
    scenes = edits(bench, 10)
    bench.pass_time(2 * MINUTE)
    for n in range(10):  # the library goes on living
        for scene, _ in scenes:
            bench.edit(scene, title=f"New {n}")
        bench.pass_time(2 * MINUTE)
    assert titles(scenes) == {"New 9"}
    (letter,) = bench.letters()
    assert letter[:2] == (poisoned, "refused_by_plex")
    kept = bench.manager.letters.recent()[0]
    assert kept.attempts == 5
    assert "PlexTemporaryError" in kept.stack_trace
    assert bench.outcome(poisoned) == "refused_by_plex"
    assert its_item.title == "Poisoned"


def test_an_edit_that_plex_refuses_is_buried_at_once_with_its_story(bench: Bench) -> None:
    scenes = edits(bench, 2)
    refused = scenes[0][1].rating_key
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=400, times=1)
    bench.run()
    (letter,) = bench.manager.letters.recent()
    assert (letter.reason, letter.attempts) == ("refused_by_plex", 1)
    assert letter.error_type == "PlexPermanentError"
    assert letter.stack_trace
    assert bench.stats.failed == 1
    assert {scenes[1][1].title} == {"New"}
    assert refused != scenes[1][1].rating_key


@pytest.mark.parametrize("path", ["", "/library/sections"])
def test_a_refusal_of_what_carries_nothing_of_a_scene_buries_none(bench: Bench, path: str) -> None:
    """As a proxy's TLS port answers 400 to plain http."""
    scenes = edits(bench, 8)
    bench.stash.set_api_key("a key outlives the session")
    bench.plex.faults.add(Kind.STATUS, path=path, status=400, times=None)
    bench.pass_time(10 * MINUTE)
    assert not bench.letters()
    bench.plex.faults.clear()
    bench.pass_time(HOUR)
    assert titles(scenes) == {"New"}


def test_an_item_that_vanishes_before_the_write_is_looked_for_again(bench: Bench) -> None:
    scene, item = bench.add()
    bench.edit(scene, title="New")
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=404, times=3)
    bench.run()
    assert bench.stats.delayed == 1
    assert bench.breaker().failures == 0
    bench.pass_time(HOUR)
    assert item.title == "New"
    assert not bench.letters()


def test_a_job_that_waits_for_its_time_delays_no_other(bench: Bench) -> None:
    waiting, _ = bench.add("Waiting.mp4")
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=404, times=1)
    bench.edit(waiting, title="New")
    bench.run()
    scene, item = bench.add("Other.mp4")
    bench.edit(scene, title="At once")
    bench.run()
    assert item.title == "At once"
    assert bench.stats.delayed == 1


JUMPS = {"forwards": 10 * 365 * 86_400.0, "back to 1970": -1_798_000_000.0}


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_delays_nothing_for_ever(bench: Bench, jump: str) -> None:
    scenes = edits(bench, 8)
    bench.stash.set_api_key("a key outlives the session")
    bench.plex.faults.add(Kind.MAINTENANCE, times=None)
    bench.pass_time(10 * MINUTE)
    bench.clock.now += JUMPS[jump]
    bench.plex.faults.clear()
    for scene, _ in scenes[:2]:
        bench.edit(scene, title="New")
    assert bench.pass_time(HOUR, until=lambda: titles(scenes) == {"New"}) <= 10 * MINUTE


@pytest.mark.parametrize(
    ("hours", "scenes_waiting"),
    [(1, 40), pytest.param(24, 5000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])],
)
def test_hours_without_plex_end_with_every_edit_there(
    bench: Bench, hours: int, scenes_waiting: int
) -> None:
    scenes = edits(bench, scenes_waiting)
    bench.plex.stop()
    bench.pass_time(hours * HOUR)
    assert not bench.letters()
    bench.plex.start()
    bench.pass_time(10 * MINUTE)
    assert titles(scenes) == {"New"}
    assert bench.stats.left == 0
    assert not bench.letters()
