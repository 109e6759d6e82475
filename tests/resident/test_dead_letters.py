"""A job that was given up is told: in the log, in Status, and in Stash's own log."""

from __future__ import annotations

import os

import pytest

from simulators.faults import Kind
from sync_queue import lock
from sync_queue.state import LastError
from tests.resident.bench import Bench, MakeBench
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


def test_a_dead_letter_that_was_reported_is_no_news_after_a_day(bench: Bench) -> None:
    bury(bench, bench.add()[0])
    bench.clock.now += 2 * DAY
    bench.run()
    assert bench.notice()  # nobody was told yet
    bench.hook(bench.add("Other.mp4")[0])
    bench.run()
    assert not bench.notice()
    assert bench.stats.failed == 1


@pytest.mark.parametrize("trouble", ["setup", "outage"])
def test_a_dead_letter_is_news_again_when_a_hold_is_over(bench: Bench, trouble: str) -> None:
    bury(bench, bench.add()[0])
    right = dict(bench.stash.settings)
    if trouble == "setup":
        bench.stash.settings["plex_url"] = ""
    else:
        bench.plex.faults.add(Kind.STATUS, status=503, times=None)
    bench.edit(bench.add("Other.mp4")[0], title="Other")
    bench.pass_time(HOUR)
    assert "could not be synced" not in bench.notice()
    bench.stash.settings = right
    bench.plex.faults.clear()
    bench.pass_time(HOUR)
    assert bench.stats.left == 0
    assert "could not be synced" in bench.notice()


def test_a_dead_letter_that_was_superseded_is_no_news(bench: Bench) -> None:
    scene, item = bench.add()
    bury(bench, scene)
    bench.edit(scene, details="Better.")
    bench.pass_time(120)
    assert item.fields["summary"] == "Better."
    assert not bench.notice()
    assert bench.stats.failed == 0


def test_the_cause_of_a_hold_is_reported_before_dead_letters(bench: Bench) -> None:
    bury(bench, bench.add()[0])
    bench.stash.settings["plex_url"] = ""
    bench.edit(bench.add("Other.mp4")[0], title="Other")
    bench.pass_time(60)
    assert "plex_url" in bench.notice()


def test_the_number_of_dead_letters_is_logged_at_the_start_and_when_it_changes(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bury(bench, bench.add()[0])

    def counted() -> list[str]:
        lines = [line.getMessage() for line in caplog.records]
        return [line.partition(".")[0] for line in lines if line.startswith("Dead letters:")]

    descriptor = lock.acquire(str(bench.data_dir))
    assert descriptor is not None
    limits = Limits(idle=-1.0, watch=0.01)
    version = installed_version(str(bench.plugin_dir))
    work(bench.manager, str(bench.plugin_dir), descriptor, limits, version, StopSignal())
    os.close(descriptor)
    assert counted() == ["Dead letters: 1"]
    bench.new_worker()
    for n in range(20):
        bench.edit(bench.add(f"{n}.mp4")[0], title="New")
    bench.run()
    assert counted() == ["Dead letters: 1"]
    bury(bench, bench.add("Refused.mp4")[0])
    for n in range(20, 40):
        bench.edit(bench.add(f"{n}.mp4")[0], title="New")
    bench.run()
    assert counted() == ["Dead letters: 1", "Dead letters: 2"]


@pytest.mark.slow
@pytest.mark.parametrize("days", [0, 3, 365])
@pytest.mark.parametrize("held", [False, True], ids=["idle", "held"])
def test_dead_letters_are_deleted_after_their_days(
    make_bench: MakeBench, days: int, held: bool
) -> None:
    bench = make_bench(dlq_retention_days=days)
    bury(bench, bench.add()[0])
    if held:
        bench.stash.settings["plex_url"] = ""
        bench.edit(bench.add("Other.mp4")[0], title="Other")
    bench.clock.now += ((days or 30) - 1) * DAY
    bench.pass_time(2 * HOUR)
    assert bench.stats.failed == 1
    bench.clock.now += DAY
    bench.pass_time(2 * HOUR)
    assert bench.stats.failed == 0
    assert bool(bench.hold().reason) is held


def test_a_worker_deletes_old_letters_at_its_start(bench: Bench) -> None:
    bury(bench, bench.add()[0])
    bench.clock.now += 31 * DAY
    bench.tell()
    bench.new_worker()
    bench.pass_time(60)
    assert bench.stats.failed == 0


def test_the_last_error_is_kept_until_its_job_is_done(bench: Bench) -> None:
    scene, _ = bench.add()
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=404)
    bench.edit(scene, title="New")
    bench.run()
    assert f"scene:{scene}" in bench.manager.state.load(LastError).sentence
    bench.new_worker()
    bench.pass_time(60)
    assert bench.stats.left == 0
    assert bench.manager.state.load(LastError) == LastError()
