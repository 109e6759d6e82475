"""A job that was given up is told: in the log, in Status, and in Stash's own log."""

from __future__ import annotations

import os

import pytest

from simulators.plex.faults import Kind
from sync_queue import lock
from tests.resident.bench import Bench
from worker.resident import Limits, installed_version, work
from worker.stop_signals import StopSignal

HOUR = 3600.0
DAY = 24 * HOUR


def bury(bench: Bench, scene: int) -> None:
    """Plex refuses an edit of this scene."""
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=400)
    bench.edit(scene, details=f"Refused at {bench.clock.now}")
    bench.run()


def test_a_new_dead_letter_is_said_in_stashs_log_once_an_hour(bench: Bench) -> None:
    bury(bench, bench.add()[0])
    other = bench.add("Other.mp4")[0]
    bench.said.clear()
    for _ in range(5):
        bench.edit(other, title="Other")
        bench.pass_time(60)
    (said,) = bench.said
    assert "could not be synced" in said
    bench.clock.now += HOUR
    bench.hook(other)
    assert len(bench.said) == 2


def test_a_dead_letter_is_no_news_after_a_day(bench: Bench) -> None:
    bury(bench, bench.add()[0])
    assert bench.notice()
    bench.clock.now += DAY + 60
    bench.run()
    assert not bench.notice()
    assert bench.stats.failed == 1


def test_a_dead_letter_that_was_superseded_is_no_news(bench: Bench) -> None:
    scene, item = bench.add()
    bury(bench, scene)
    bench.edit(scene, details="Better.")
    bench.pass_time(120)
    assert item.fields["summary"] == "Better."
    assert not bench.notice()
    assert bench.stats.failed == 0


def test_what_holds_everything_up_is_said_before_dead_letters(bench: Bench) -> None:
    bury(bench, bench.add()[0])
    bench.stash.settings["plex_url"] = ""
    bench.edit(bench.add("Other.mp4")[0], title="Other")
    bench.pass_time(60)
    assert "plex_url" in bench.notice()


def test_dead_letters_are_counted_in_the_log_at_start_and_every_ten_jobs(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bury(bench, bench.add()[0])

    def counted() -> int:
        return sum("Dead letters: 1" in line.getMessage() for line in caplog.records)

    descriptor = lock.acquire(str(bench.data_dir))
    assert descriptor is not None
    limits = Limits(idle=-1.0, watch=0.01)
    version = installed_version(str(bench.plugin_dir))
    work(bench.manager, str(bench.plugin_dir), descriptor, limits, version, StopSignal())
    os.close(descriptor)
    assert counted() == 1
    bench.new_worker()
    for n in range(20):
        bench.edit(bench.add(f"{n}.mp4")[0], title="New")
    bench.run()
    assert counted() == 3


def test_old_dead_letters_are_deleted(bench: Bench) -> None:
    bury(bench, bench.add()[0])
    bench.clock.now += 29 * DAY
    bench.run()
    assert bench.stats.failed == 1
    bench.clock.now += 2 * DAY
    bench.run()
    assert bench.stats.failed == 0


def test_the_last_error_is_kept_until_its_job_is_done(bench: Bench) -> None:
    scene, _ = bench.add()
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=404)
    bench.edit(scene, title="New")
    bench.run()
    last = bench.manager.state.get("last_error")
    assert f"scene:{scene}" in str(last["sentence"])
    bench.new_worker()
    bench.pass_time(60)
    assert bench.stats.left == 0
    assert not bench.manager.state.get("last_error")
