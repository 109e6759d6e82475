"""The worker's loop: it wakes at once, sleeps without spinning, and writes nothing when idle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from simulators.faults import Kind
from simulators.plex.items import Item
from sync_queue import schema
from sync_queue.models import scene_job
from tests.installed_plugin import eventually
from tests.resident.bench import Bench
from worker.loop import LONGEST_NAP

MINUTE = 60.0
HOUR = 3600.0


@pytest.fixture
def running(bench: Bench) -> Iterator[Bench]:
    """A bench whose worker runs in its own thread, on the bench's clock."""
    bench.worker.start()
    yield bench
    bench.worker.stop()


def has_title(item: Item, title: str) -> bool:
    return item.title == title


def files_of(folder: Path) -> dict[Path, tuple[int, int]]:
    """Size and time of change of every file."""
    return {
        file: (file.stat().st_size, file.stat().st_mtime_ns)
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_an_event_ends_the_nap(running: Bench) -> None:
    scene, item = running.add()
    running.edit(scene, title="First")
    eventually(lambda: item.title == "First")
    for n in range(3):
        eventually(lambda: running.states()[-1] == schema.DONE)
        running.edit(scene, title=f"Take {n}")
        eventually(partial(has_title, item, f"Take {n}"), timeout=LONGEST_NAP / 10)


def test_a_spooled_event_ends_the_nap(running: Bench) -> None:
    scene, item = running.add()
    running.edit(scene, title="First")
    eventually(lambda: item.title == "First")
    running.stash.library.touch(scene, title="Spooled")
    running.spool(scene)
    eventually(lambda: item.title == "Spooled", timeout=LONGEST_NAP / 10)
    eventually(lambda: not running.manager.spooled())


def test_an_event_that_is_stored_while_the_worker_looks_is_not_slept_through(
    running: Bench,
) -> None:
    first, _ = running.add("First.mp4")
    running.edit(first, title="First")
    eventually(lambda: running.states() == [schema.DONE])
    # The worker is in the middle of a sweep that takes longer than anything when the event comes.
    scene, item = running.add()
    running.stash.faults.add(body="page", delay=0.5)
    asked = running.stash.requests.total
    running.clock.now += 2 * HOUR
    running.edit(first, title="Second")
    eventually(lambda: running.stash.requests.total > asked + 1)
    running.edit(scene, title="Meanwhile")
    eventually(lambda: item.title == "Meanwhile", timeout=5)


def test_the_worker_sleeps_until_a_delayed_job_is_due(bench: Bench) -> None:
    scene, _ = bench.add()
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=404)
    bench.edit(scene, title="New")
    wait = bench.run()
    due = bench.manager.jobs.next_due(bench.clock.now)
    assert due is not None
    assert wait == pytest.approx(due - bench.clock.now)


def test_a_job_is_done_when_its_time_has_come(bench: Bench) -> None:
    scene, item = bench.add()
    bench.manager.jobs.put(scene_job(scene, "later", bench.clock.now), due=bench.clock.now + 300)
    bench.stash.library.touch(scene, title="Later")
    assert bench.pass_time(HOUR, until=lambda: item.title == "Later") == 300


def test_an_idle_worker_writes_nothing_to_disk(bench: Bench) -> None:
    bench.stash.set_api_key("a key outlives the session")
    scene, item = bench.add()
    bench.edit(scene, title="New")
    bench.edit(bench.add_scene("Parked.mp4"), title="Not in Plex")
    bench.pass_time(20 * MINUTE)
    assert item.title == "New"
    before, changes = files_of(bench.data_dir), bench.manager.connection.total_changes
    asked = bench.stash.requests.total, len(bench.plex.requests)
    bench.pass_time(3 * HOUR)  # three sweeps, and a look for the parked scene every minute
    assert bench.stash.requests.total > asked[0]
    assert len(bench.plex.requests) > asked[1]
    assert bench.manager.connection.total_changes == changes
    assert files_of(bench.data_dir) == before


def test_a_worker_is_idle_only_when_no_job_waits(bench: Bench) -> None:
    scene, _ = bench.add()
    bench.edit(scene, title="New")
    bench.run()
    eventually(lambda: bench.run() and bench.worker.idle_seconds() > 0.05)
    idle = bench.worker.idle_seconds()
    bench.manager.jobs.put(scene_job(scene, "later", bench.clock.now), due=bench.clock.now + HOUR)
    bench.run()
    assert bench.worker.idle_seconds() < idle


def test_one_due_job_is_done_first_among_ten_thousand_that_wait(bench: Bench) -> None:
    now = bench.clock.now
    with bench.manager.transaction():
        for n in range(10_000):
            job = scene_job(100_000 + n, "later", now)
            bench.manager.jobs.put(job, due=now + HOUR)
    scene, item = bench.add()
    bench.edit(scene, title="New")
    bench.worker.loop.step()
    assert item.title == "New"


def test_stop_gives_back_what_was_not_begun_even_while_plex_hangs(bench: Bench) -> None:
    scenes = [bench.add(f"{n}.mp4")[0] for n in range(5)]
    slow = bench.plex.faults.add(Kind.DELAY, method="PUT", seconds=3.0, times=None)
    bench.enqueue(*scenes)
    for scene in scenes:
        bench.stash.library.touch(scene, title="New")
    bench.worker.start()
    eventually(lambda: slow.hits)
    bench.worker.stop(patience=0.2)
    assert bench.worker.is_alive()  # the stop did not wait for Plex
    assert schema.RUNNING not in bench.states()
    assert bench.states().count(schema.READY) == 5
    eventually(lambda: not bench.worker.is_alive())  # what the abandoned thread does then is moot
    assert bench.states().count(schema.READY) == 5


def test_a_listing_that_takes_long_is_no_stuck_worker(bench: Bench) -> None:
    still = eventually(lambda: (seconds := bench.worker.seconds_since_step()) > 0.05 and seconds)
    with bench.manager.transaction():
        pass
    assert bench.worker.seconds_since_step() < still


def test_the_thread_that_syncs_is_a_daemon(running: Bench) -> None:
    (thread,) = [one for one in threading.enumerate() if one.name == "SyncWorker"]
    assert thread.daemon


def test_an_event_of_a_job_that_was_taken_but_not_begun_leads_to_one_more_sync(
    bench: Bench,
) -> None:
    scenes = [bench.add(f"{n}.mp4") for n in range(10)]
    for scene, _ in scenes:
        bench.edit(scene, title="Old")
    last, item = scenes[-1]
    bench.clock.tick = 0.1
    bench.clock.after(1.0, lambda: bench.edit(last, title="New"))
    bench.worker.loop.step()  # takes all ten
    bench.clock.tick = 0.0
    assert bench.states() == [schema.DONE] * 10 + [schema.WAITING]
    assert item.title == "Old"
    bench.run()
    assert item.title == "New"


def test_many_events_of_one_scene_are_one_job(bench: Bench) -> None:
    scene, item = bench.add()
    for n in range(50):
        bench.edit(scene, title=f"Take {n}")
    bench.run()
    assert bench.states() == [schema.DONE]
    assert item.title == "Take 49"
    assert len(bench.plex.requests.writes()) == 1
