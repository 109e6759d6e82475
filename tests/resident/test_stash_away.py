"""Stash restarts, forgets a session, asks for a login: jobs wait, and the next hook heals it."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from simulators.stash.pictures import png
from simulators.stash.server import StashSimulator
from sync_queue import lock, schema
from tests.resident.bench import Bench, MakeBench
from worker.loop import End
from worker.resident import Limits, has_work, installed_version, work
from worker.stop_signals import StopSignal

MINUTE, HOUR = 60.0, 3600.0


def test_an_expired_session_waits_for_the_next_hook(bench: Bench) -> None:
    scene, item = bench.add()
    bench.stash.expire_sessions()
    bench.stash.library.touch(scene, title="New")
    bench.enqueue(scene)
    bench.pass_time(30 * MINUTE)
    assert bench.states() == [schema.READY]
    assert bench.hold().reason == "waiting_for_stash"
    assert "login" in bench.hold().sentence
    bench.hook(scene)
    bench.run()
    assert item.title == "New"
    assert not bench.hold().reason
    assert not bench.letters()


def test_stash_on_another_port_is_found_by_the_next_hook(bench: Bench) -> None:
    scene, item = bench.add()
    bench.edit(scene, title="Old")
    bench.run()
    bench.stash.stop()
    bench.stash.library.touch(scene, title="New")
    bench.enqueue(scene)
    bench.pass_time(5 * MINUTE)
    assert bench.hold().reason == "waiting_for_stash"
    moved = StashSimulator(
        bench.plugin_dir.parent,
        config_dir=bench.stash.host.config_dir,
        credentials=("ann", "word"),
        now=bench.clock,
    ).start()
    moved.settings = bench.stash.settings
    moved.site.stash.library.scenes = bench.stash.library.scenes
    bench.stash, old = moved, bench.stash
    assert moved.url != old.url
    bench.hook(scene)
    bench.run()
    assert item.title == "New"


def test_jobs_go_on_after_stash_restarted_in_the_middle_of_a_drain(bench: Bench) -> None:
    items = [bench.add(f"{n}.mp4") for n in range(20)]
    for scene, _ in items:
        bench.edit(scene, title="New")
    bench.clock.tick = 0.5
    bench.clock.after(8.0, bench.stash.stop)
    bench.pass_time(2 * MINUTE)
    assert 0 < bench.states().count(schema.DONE) < 20
    assert bench.states().count(schema.READY) == 20 - bench.states().count(schema.DONE)
    bench.stash.start()
    bench.pass_time(2 * MINUTE)
    assert {item.title for _, item in items} == {"New"}
    assert not bench.letters()


@pytest.mark.parametrize("source", ["stash", "setting", "environment"])
def test_an_api_key_is_preferred_to_the_session(bench: Bench, source: str) -> None:
    scene, item = bench.add()
    bench.stash.set_api_key("the-api-key-of-stash")
    if source == "setting":
        bench.stash.settings["stash_api_key"] = "the-api-key-of-stash"
    bench.edit(scene, title="First")
    bench.run()
    bench.stash.expire_sessions()
    if source == "environment":
        bench.new_worker(environ={"STASH_API_KEY": "the-api-key-of-stash"})
    bench.stash.library.touch(scene, title="Second")
    bench.enqueue(scene)
    bench.run()
    assert item.title == "Second"


def test_a_revoked_api_key_falls_back_to_the_session(bench: Bench) -> None:
    scene, item = bench.add()
    bench.stash.set_api_key("the-api-key-of-stash")
    bench.stash.settings["stash_api_key"] = "the-api-key-of-stash"
    bench.edit(scene, title="First")
    bench.run()
    bench.stash.set_api_key("another")
    bench.edit(scene, title="Second")
    bench.run()
    assert item.title == "Second"


TROUBLES: dict[str, Callable[[Bench], object]] = {
    "GraphQL errors": lambda bench: bench.stash.faults.add(
        path="graphql", error="database is locked", times=None
    ),
    "a proxy's page": lambda bench: bench.stash.faults.add(html=True, status=502, times=None),
    "broken JSON": lambda bench: bench.stash.faults.add(garbage=True, times=None),
    "closed connections": lambda bench: bench.stash.faults.add(close=True, times=None),
    "half an answer": lambda bench: bench.stash.faults.add(
        path="graphql", error="timeout", null_at=("findScenes",), times=None
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_error_of_stash_ends_a_job(bench: Bench, trouble: str) -> None:
    scenes = [bench.add(f"{n}.mp4") for n in range(3)]
    for scene, _ in scenes:
        bench.edit(scene, title="New")
    TROUBLES[trouble](bench)
    bench.pass_time(30 * MINUTE)
    assert bench.states() == [schema.READY] * 3
    assert not bench.letters()
    assert bench.plex.requests.writes() == []
    bench.stash.faults.clear()
    bench.pass_time(2 * MINUTE)
    assert {item.title for _, item in scenes} == {"New"}


def test_one_cover_that_stash_cannot_give_delays_no_other_scene(make_bench: MakeBench) -> None:
    bench = make_bench(skip_posters=False)
    broken, its_item = bench.add("Broken.mp4")
    scenes = [bench.add(f"{n}.mp4") for n in range(3)]
    bench.stash.faults.add(path=f"/scene/{broken}/screenshot", status=500, times=None)
    for scene, _ in [(broken, its_item), *scenes]:
        bench.edit(scene, title="New")
    bench.run()
    assert {item.title for _, item in scenes} == {"New"}
    assert its_item.title == "New"
    assert not bench.hold().reason
    for number in range(9):  # the other covers change too
        for scene, _ in scenes:
            bench.edit(scene, title=f"{number}", cover=png(4, 4, (number, 0, 0)))
        bench.pass_time(10 * MINUTE)
    assert [letter[0] for letter in bench.letters()] == [broken]
    assert "cover" in bench.letters()[0][2]


def test_a_cover_that_comes_late_is_waited_for(make_bench: MakeBench) -> None:
    bench = make_bench(skip_posters=False)
    scene, item = bench.add(cover=None)
    bench.stash.faults.add(path=f"/scene/{scene}/screenshot", status=500, times=2)
    bench.edit(scene, title="New")
    bench.pass_time(10 * MINUTE)
    assert bench.stats.left == 0
    assert not bench.letters()
    assert item.title == "New"


def test_a_scene_that_is_gone_ends_quietly_and_plex_is_left_alone(bench: Bench) -> None:
    scene, item = bench.add()
    other, its_item = bench.add("Other.mp4")
    bench.edit(scene, title="New")
    bench.run()
    bench.plex.requests.clear()
    bench.stash.library.scenes.pop(scene)
    bench.hook(scene, kind="Scene.Destroy.Post")
    bench.edit(other, title="Other")
    bench.run()
    assert bench.states()[-2:] == [schema.DONE] * 2
    assert item.title == "New"
    assert its_item.title == "Other"
    assert bench.manager.scenes.outcome(scene) is None
    assert not bench.letters()


def test_one_scene_that_stash_fails_at_delays_no_other(bench: Bench) -> None:
    scenes = [bench.add(f"{n}.mp4") for n in range(60)]
    broken = scenes[17][0]
    # As a list of ids in JSON, or asked for by name: "s18: findScene".
    bench.stash.faults.add(
        body=rf'"{broken}"|\bs{broken}: findScene', error="converting NULL to string", times=None
    )
    for scene, _ in scenes:
        bench.edit(scene, title="New")
    bench.pass_time(5 * MINUTE)
    assert {item.title for scene, item in scenes if scene != broken} == {"New"}
    assert bench.stats.delayed == 1
    assert not bench.hold().reason
    assert not bench.letters()
    bench.edit(scenes[0][0], title="Newer")
    bench.run()
    assert scenes[0][1].title == "Newer"
    bench.stash.faults.clear()
    bench.pass_time(15 * MINUTE)
    assert scenes[17][1].title == "New"


def test_edits_wait_for_a_stash_that_is_too_old_and_the_user_is_told(bench: Bench) -> None:
    scene, item = bench.add()
    new, bench.stash.library.version = bench.stash.library.version, "v0.26.2"
    bench.stash.faults.add(body="PlexSyncScene", status=422, times=None)
    bench.edit(scene, title="New")
    bench.pass_time(3 * HOUR)
    sentence = "PlexSync needs Stash 0.27 or newer; this is 0.26.2."
    assert (bench.hold().reason, bench.hold().sentence) == ("setup", sentence)
    bench.hook(scene)
    assert any(sentence in said for said in bench.said)
    assert not bench.letters()
    bench.stash.library.version = new
    bench.stash.faults.clear()
    bench.hook(scene)
    bench.pass_time(61.0)
    assert item.title == "New"
    assert not bench.hold().reason


def test_a_query_that_a_new_stash_does_not_know_is_no_sign_of_age(bench: Bench) -> None:
    scene, _ = bench.add()
    bench.stash.faults.add(body="PlexSyncScene", status=422, times=None)
    bench.edit(scene, title="New")
    bench.pass_time(10 * MINUTE)
    assert bench.hold().reason == "waiting_for_stash"


@pytest.fixture
def untold(bench: Bench) -> Bench:
    """A job waits, and nobody has told where Stash is."""
    bench.enqueue(bench.add()[0])
    bench.manager.connection.execute("DELETE FROM connection")
    return bench


def play_worker(bench: Bench) -> tuple[bool, bool]:
    """Run a worker to its end: whether it wants to come back, and whether it left the lock."""
    descriptor = lock.acquire(str(bench.data_dir))
    assert descriptor is not None
    try:
        version = installed_version(str(bench.plugin_dir))
        comes_back = work(
            bench.manager,
            str(bench.plugin_dir),
            descriptor,
            Limits(watch=0.01),
            version,
            StopSignal(),
        )
        return comes_back, not lock.worker_alive(str(bench.data_dir))
    finally:
        os.close(descriptor)


def test_a_worker_without_an_address_of_stash_leaves_the_queue_to_the_next(
    untold: Bench,
) -> None:
    assert play_worker(untold) == (False, True)
    assert untold.hold().reason == "waiting_for_stash"
    assert untold.states() == [schema.READY]
    untold.tell()
    untold.new_worker()
    untold.run()
    assert untold.states() == [schema.DONE]
    assert not untold.hold().reason


def test_it_comes_back_when_a_hook_stored_an_edit_while_it_ended(untold: Bench) -> None:
    assert not has_work(untold.manager, End.WAITING)
    untold.hook(1)
    assert has_work(untold.manager, End.WAITING)


def test_a_worker_that_knows_a_stash_that_is_away_waits_for_it(bench: Bench) -> None:
    bench.enqueue(bench.add()[0])
    bench.stash.stop()
    bench.pass_time(10 * MINUTE)
    assert bench.hold().reason == "waiting_for_stash"
