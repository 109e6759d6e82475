"""Innocent jobs at which workers were killed twice come back by themselves, once."""

from __future__ import annotations

from sync_queue.jobs import DEADLY
from tests.resident.bench import Bench
from worker.deaths import take_back_leases

HOUR = 3600.0


def die(bench: Bench) -> None:
    """The worker is killed at the first job that it has."""
    bench.manager.jobs.begin(bench.manager.jobs.claim(bench.clock(), 9)[0])
    take_back_leases(bench.manager, bench.clock())
    bench.new_worker()


def test_a_job_that_was_given_up_is_tried_again_an_hour_later(bench: Bench) -> None:
    bench.stash.set_api_key("a key outlives the session")
    scene, item = bench.add()
    bench.edit(scene, title="New")
    die(bench)
    die(bench)
    assert [letter[:2] for letter in bench.letters()] == [(scene, "refused_by_plex")]
    assert "Some edits could not be synced" in bench.notice()
    bench.pass_time(HOUR / 2)
    assert item.title != "New"
    bench.pass_time(2 * HOUR)
    assert item.title == "New"
    assert not bench.letters()


def test_a_job_at_which_three_workers_died_waits_for_the_user(bench: Bench) -> None:
    bench.stash.set_api_key("a key outlives the session")
    scene, item = bench.add()
    bench.edit(scene, title="New")
    die(bench)
    die(bench)
    ((letter),) = bench.manager.letters.recent()
    bench.manager.jobs.suspect(letter.job, DEADLY)
    die(bench)
    assert "save the scene, or run Retry Failed" in bench.letters()[0][2]
    bench.pass_time(5 * HOUR)
    assert item.title != "New"
    bench.edit(scene, title="Newer")
    bench.run()
    assert item.title == "Newer"
    assert not bench.letters()
