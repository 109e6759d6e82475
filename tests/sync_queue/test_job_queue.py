"""The queue's rules, one by one, on real SQLite with the clock in the test's hand."""

from __future__ import annotations

import gc
import os
import pickle
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sync_queue import claims, job_counts, lock, schema
from sync_queue.dlq import DeadLetter
from sync_queue.job_counts import QueueStats
from sync_queue.manager import QueueManager
from sync_queue.models import ClaimedJob, JobStatus, SyncJob
from sync_queue.trouble import DatabaseReplaced, DatabaseUnwritable
from tests.installed_plugin import ROOT

NOW = 1_800_000_000.0
HOUR = 3600.0


def job(number: int, *, at: float = NOW, kind: str = "Scene.Update.Post") -> SyncJob:
    return SyncJob(number, kind, at, f"scene:{number}")


def claim_one(manager: QueueManager, now: float = NOW) -> ClaimedJob:
    (leased,) = manager.jobs.claim(now)
    return leased


def claimed_ids(manager: QueueManager, now: float = NOW, limit: int = 100) -> list[int]:
    return [leased.job.scene_id for leased in manager.jobs.claim(now, limit)]


def statuses(manager: QueueManager) -> list[int]:
    rows = manager.connection.execute(f"SELECT status FROM {schema.JOBS} ORDER BY _id").fetchall()
    return [status for (status,) in rows]


def letter(leased: ClaimedJob, at: float = NOW) -> DeadLetter:
    return DeadLetter(leased.job, "invalid", "InvalidScene", "no title", "", 1, failed_at=at)


# --- storing


def test_a_job_comes_back_as_it_was_put(manager: QueueManager) -> None:
    put = SyncJob(7, "Scene.Create.Post 映画 \ud83c", NOW, "scene:7")
    manager.jobs.put(put)
    leased = claim_one(manager)
    assert leased.job == put
    assert leased.attempts == 0


def test_events_of_one_scene_coalesce_into_one_waiting_job(manager: QueueManager) -> None:
    manager.jobs.put(job(1, at=NOW, kind="Scene.Create.Post"))
    manager.jobs.put(job(2))
    manager.jobs.put(job(1, at=NOW + 5))
    manager.jobs.put(job(1, at=NOW + 9))
    assert statuses(manager) == [0, 0]
    first = claim_one(manager, NOW + 10)
    assert first.job.enqueued_at == NOW  # the first event's time
    assert first.job.update_type == "Scene.Update.Post"  # the newest event's kind


def test_a_new_event_makes_a_delayed_job_due_and_forgives_its_tries(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    manager.jobs.retry(claim_one(manager), NOW + HOUR, charge=True)
    assert claimed_ids(manager) == []
    manager.jobs.put(job(1))
    leased = claim_one(manager)
    assert leased.attempts == 0


def test_a_put_for_later_does_not_delay_a_job_that_is_due(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    manager.jobs.put(job(1), due=NOW + HOUR)
    manager.jobs.put(job(2), due=NOW + HOUR)
    manager.jobs.put(job(2), due=NOW + 2 * HOUR)
    assert claimed_ids(manager) == [1]
    assert claimed_ids(manager, NOW + HOUR) == [2]


def test_a_put_for_later_keeps_the_tries_of_a_waiting_job(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    manager.jobs.retry(claim_one(manager), NOW + 60, charge=True)
    manager.jobs.put(job(1), due=NOW + HOUR)
    assert claim_one(manager, NOW + 60).attempts == 1


def test_an_event_during_the_run_makes_one_more_job(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    running = claim_one(manager)
    manager.jobs.put(job(1))
    manager.jobs.put(job(1))
    assert statuses(manager) == [JobStatus.LEASED, JobStatus.WAITING]
    assert manager.complete(running)
    again = claim_one(manager)
    assert manager.complete(again)
    assert statuses(manager) == [JobStatus.DONE] * 2


def test_a_settled_job_does_not_swallow_the_next_event(manager: QueueManager) -> None:
    for _ in range(3):
        manager.jobs.put(job(1))
        assert manager.complete(claim_one(manager))
    assert manager.get_stats(NOW) == QueueStats(0, 0, 0, 3, 0)


def test_many_jobs_are_stored_together_or_not_at_all(manager: QueueManager) -> None:
    with pytest.raises(TypeError):
        manager.jobs.put_all([job(1), replace(job(2), update_type=b"no JSON")])  # type: ignore[arg-type]
    assert statuses(manager) == []
    manager.jobs.put_all([job(n) for n in range(1, 501)], prio=1)
    assert claimed_ids(manager, limit=1000) == list(range(1, 501))


# --- claiming


def test_jobs_are_claimed_by_priority_then_due_time_then_age(manager: QueueManager) -> None:
    manager.jobs.put(job(1), due=NOW - 1)
    manager.jobs.put(job(2), due=NOW - 9)
    manager.jobs.put(job(3))
    manager.jobs.put(job(4), due=NOW - 5, prio=1)
    manager.jobs.put(job(5), prio=-1)
    manager.jobs.put(job(6))
    # A claim takes jobs of one priority: the highest that is due.
    assert [claimed_ids(manager) for _ in range(4)] == [[4], [3, 6, 2, 1], [5], []]
    manager.jobs.release_all()
    manager.jobs.put(job(5), prio=9)
    assert claimed_ids(manager, limit=1) == [5]


def test_a_claim_takes_no_more_than_its_limit(manager: QueueManager) -> None:
    manager.jobs.put_all([job(n) for n in range(1, 8)])
    assert claimed_ids(manager, limit=3) == [1, 2, 3]
    assert claimed_ids(manager, limit=3) == [4, 5, 6]
    assert claimed_ids(manager, limit=3) == [7]
    assert claimed_ids(manager, limit=3) == []
    assert manager.get_stats(NOW).in_progress == 7


def test_delayed_jobs_block_no_other(manager: QueueManager) -> None:
    for number in range(1, 301):
        manager.jobs.put(job(number), due=NOW + number)
    manager.jobs.put(job(999))
    assert claimed_ids(manager) == [999]
    assert claimed_ids(manager) == []
    assert claimed_ids(manager, NOW + 1.5) == [1]
    assert manager.jobs.next_due(NOW + 1.5) == NOW + 2


def test_a_due_time_beyond_every_delay_is_due(manager: QueueManager) -> None:
    manager.jobs.put(job(1), due=NOW + 365 * 24 * HOUR)  # put when the clock was a year ahead
    manager.jobs.put(job(2), due=NOW + HOUR)
    assert manager.get_stats(NOW) == QueueStats(1, 1, 0, 0, 0)
    assert manager.jobs.next_due(NOW) == 0.0
    assert claimed_ids(manager) == [1]
    assert manager.jobs.next_due(NOW) == NOW + HOUR


def test_a_clock_that_starts_in_1970_delays_nothing_for_ever(manager: QueueManager) -> None:
    manager.jobs.put(job(1), due=NOW + HOUR)
    assert claimed_ids(manager, 12.0) == [1]


def test_next_due_is_none_when_nothing_waits(manager: QueueManager) -> None:
    assert manager.jobs.next_due(NOW) is None
    manager.jobs.put(job(1))
    assert manager.jobs.next_due(NOW) == 0.0
    claim_one(manager)
    assert manager.jobs.next_due(NOW) is None


def test_a_claim_that_finds_nothing_writes_nothing(manager: QueueManager) -> None:
    manager.jobs.put(job(1), due=NOW + HOUR)
    other = sqlite3.connect(manager.jobs.file)
    wal = manager.jobs.file + "-wal"
    with open(wal, "rb") as file:
        before = other.execute("PRAGMA data_version").fetchone(), file.read()
    for _ in range(10):
        assert manager.jobs.claim(NOW, 100) == []
        manager.get_stats(NOW)
        manager.jobs.next_due(NOW)
    with open(wal, "rb") as file:
        assert (other.execute("PRAGMA data_version").fetchone(), file.read()) == before
    other.close()


# --- settling


def test_a_job_is_settled_once(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    leased = claim_one(manager)
    assert manager.complete(leased)
    assert not manager.complete(leased)
    assert not manager.jobs.retry(leased, 0.0)
    assert not manager.jobs.bury(leased)
    assert statuses(manager) == [JobStatus.DONE]


def test_a_job_that_was_given_back_is_not_settled_any_more(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    leased = claim_one(manager)
    manager.jobs.release_all()
    assert not manager.complete(leased)
    assert not manager.jobs.retry(leased, NOW + HOUR)
    assert claim_one(manager).job == leased.job


def test_a_retry_waits_and_counts_only_what_is_charged(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    assert manager.jobs.retry(claim_one(manager), NOW + 5, charge=False)
    assert manager.jobs.retry(claim_one(manager, NOW + 5), NOW + 9, charge=True)
    assert claimed_ids(manager, NOW + 8) == []
    leased = claim_one(manager, NOW + 9)
    assert leased.attempts == 1
    assert manager.jobs.retry(leased, NOW + 20, charge=True)
    assert claim_one(manager, NOW + 20).attempts == 2


def test_a_retry_folds_into_the_newer_event(manager: QueueManager) -> None:
    manager.jobs.put(job(1, at=NOW))
    leased = claim_one(manager)
    manager.jobs.put(job(1, at=NOW + 5))
    assert manager.jobs.retry(leased, NOW + HOUR, charge=True)
    assert statuses(manager) == [JobStatus.DONE, JobStatus.WAITING]
    newer = claim_one(manager, NOW + 6)  # due at once: the newer event does not wait
    assert (newer.attempts, newer.job.enqueued_at) == (0, NOW + 5)
    assert not manager.complete(leased)


def test_a_buried_job_is_a_dead_letter_and_no_job(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    leased = claim_one(manager)
    number = manager.bury(leased, letter(leased), "2026-01-01T00:00:00Z")
    assert manager.get_stats(NOW) == QueueStats(0, 0, 0, 0, 1)
    found = manager.letters.get(number)
    assert found is not None
    assert (found.job, found.reason, found.message) == (leased.job, "invalid", "no title")
    assert claimed_ids(manager) == []


def test_a_newer_edit_that_succeeds_supersedes_the_dead_letter(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    leased = claim_one(manager)
    manager.bury(leased, letter(leased), "")
    manager.jobs.put(job(1))
    assert manager.letters.count() == 1
    assert manager.complete(claim_one(manager))
    assert manager.letters.count() == 0


# --- unreadable rows


POISON = {
    "pickle": pickle.dumps({"scene_id": 1}),
    "text": '{"scene_id": 1, "job_key": "scene:1"',
    "bytes": b"\xff\xfe\x00",
    "a list": b"[1, 2]",
    "no key": b'{"scene_id": 1}',
    "a wrong id": b'{"scene_id": "one", "job_key": "scene:1"}',
    "nothing": None,
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("data", POISON.values(), ids=POISON.keys())
def test_a_row_that_cannot_be_read_is_set_aside(manager: QueueManager, data: object) -> None:
    insert = f"INSERT INTO {schema.JOBS} (data, timestamp, status, key) VALUES (?, ?, 0, ?)"
    manager.connection.execute(insert, (data, NOW, "scene:1"))
    manager.jobs.put(job(2))
    assert claimed_ids(manager, limit=1) == [2]
    assert statuses(manager) == [JobStatus.FAILED, JobStatus.LEASED]


@pytest.mark.parametrize("data", [POISON["pickle"], POISON["text"], POISON["bytes"], None])
def test_a_new_event_replaces_a_waiting_row_that_cannot_be_read(
    manager: QueueManager, data: object
) -> None:
    insert = f"INSERT INTO {schema.JOBS} (data, timestamp, status, key) VALUES (?, ?, 0, ?)"
    manager.connection.execute(insert, (data, NOW, "scene:1"))
    manager.jobs.put(job(1))


@pytest.mark.parametrize("data", [POISON["pickle"], POISON["text"], POISON["bytes"], None])
def test_folding_survives_rows_that_cannot_be_read(manager: QueueManager, data: object) -> None:
    manager.jobs.put(job(1))
    leased = claim_one(manager)
    insert = f"INSERT INTO {schema.JOBS} (data, timestamp, status, key) VALUES (?, ?, 0, ?)"
    manager.connection.execute(insert, (data, NOW, "scene:1"))
    assert manager.jobs.retry(leased, NOW + 5)
    manager.connection.execute(f"UPDATE {schema.JOBS} SET data = ? WHERE status = 2", (data,))
    manager.jobs.put(job(1))
    manager.jobs.release_all()


# --- interruptions


def die_at(manager: QueueManager, scene: int) -> list[int]:
    """A worker works until it dies at that scene's job; the scenes that are given up for it."""
    while claimed := manager.jobs.claim(NOW, 9):
        for leased in claimed:
            manager.jobs.begin(leased)
            if leased.job.scene_id == scene:
                return [killer.job.scene_id for killer in manager.jobs.take_back()]
            manager.complete(leased)
    raise AssertionError(f"scene {scene} has no job")


def test_a_lease_of_a_dead_worker_is_due_at_once(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    claim_one(manager)
    manager.jobs.resume_unack_tasks()
    claim_one(manager)


def test_the_second_death_at_a_job_gives_it_up_and_no_other(manager: QueueManager) -> None:
    manager.jobs.put_all(job(number) for number in range(1, 10))
    assert die_at(manager, 5) == []
    assert [leased.job.scene_id for leased in manager.jobs.claim(NOW, 9)] == [6, 7, 8, 9]
    manager.jobs.release_all()
    assert die_at(manager, 5) == [5]
    assert manager.jobs.stats(NOW) == QueueStats(0, 0, 0, 8, 1)
    assert manager.jobs.claim(NOW, 9) == []


def test_a_batch_whose_reading_kills_the_worker_is_read_job_by_job(manager: QueueManager) -> None:
    manager.jobs.put_all(job(number) for number in range(1, 101))
    manager.jobs.claim(NOW, 100)
    assert manager.jobs.take_back() == []
    claims = [[leased.job.scene_id for leased in manager.jobs.claim(NOW, 100)] for _ in range(101)]
    assert claims == [[number] for number in range(1, 101)] + [[]]


def test_a_job_that_ended_is_no_longer_under_suspicion(manager: QueueManager) -> None:
    manager.jobs.put_all([job(1), job(2)])
    die_at(manager, 2)
    manager.jobs.retry(claim_one(manager), NOW)
    assert die_at(manager, 2) == []


def test_a_worker_that_stops_in_good_order_accuses_and_acquits_nobody(
    manager: QueueManager,
) -> None:
    manager.jobs.put(job(1))
    for _ in range(3):
        manager.jobs.begin(claim_one(manager))
        manager.jobs.release_all()
    assert die_at(manager, 1) == []
    for _ in range(3):
        manager.jobs.begin(claim_one(manager))
        manager.jobs.release_all()
    assert die_at(manager, 1) == [1]


def test_a_job_that_was_interrupted_is_claimed_alone_after_the_others(
    manager: QueueManager,
) -> None:
    manager.jobs.put_all([job(1), job(2)])
    manager.jobs.claim(NOW, 2)
    manager.jobs.resume_unack_tasks()
    manager.jobs.put_all([job(3), job(4)])
    claims = [[leased.job.scene_id for leased in manager.jobs.claim(NOW, 9)] for _ in range(4)]
    assert claims == [[3, 4], [1], [2], []]


def test_a_job_that_kills_workers_cannot_hide_behind_a_newer_event(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    for killed in ([], [1], [1]):
        manager.jobs.begin(claim_one(manager))
        manager.jobs.put(job(1))
        assert [one.job.scene_id for one in manager.jobs.take_back()] == killed
        assert manager.jobs.next_due(NOW) == 0.0  # the newer edit may be harmless


def test_opening_a_queue_leaves_the_leases_of_others_alone(manager: QueueManager) -> None:
    manager.jobs.put(job(1))
    leased = claim_one(manager)
    with QueueManager(manager.data_dir) as other:
        assert other.jobs.claim(NOW) == []
        assert other.get_stats(NOW).in_progress == 1
    assert manager.complete(leased)


# --- counting and trimming


def test_counts_come_from_the_table_and_not_from_a_process(manager: QueueManager) -> None:
    with QueueManager(manager.data_dir) as other:
        other.jobs.put_all([job(n) for n in range(1, 6)])
        other.jobs.put(job(6), due=NOW + 60)
        assert manager.get_stats(NOW) == other.get_stats(NOW) == QueueStats(5, 1, 0, 0, 0)
        assert manager.jobs.size == other.jobs.size == len(other.jobs) == 6
        leased = manager.jobs.claim(NOW, 2)
        other.complete(leased[0])
        assert manager.get_stats(NOW) == other.get_stats(NOW) == QueueStats(3, 1, 1, 1, 0)
        assert manager.jobs.qsize() == 4
        assert not manager.jobs.empty()


def test_finished_rows_are_trimmed_and_others_are_not(manager: QueueManager) -> None:
    manager.jobs.put_all([job(n) for n in range(1, 41)])
    for leased in manager.jobs.claim(NOW, 30):
        manager.complete(leased)
    claim_one(manager)
    assert manager.jobs.trim(keep=10) == 20
    assert manager.jobs.trim(keep=10) == 0
    assert manager.get_stats(NOW) == QueueStats(9, 0, 1, 10, 0)
    assert claimed_ids(manager) == list(range(32, 41))


def test_a_long_history_costs_nothing(manager: QueueManager) -> None:
    def plan(statement: str) -> str:
        values = {"now": NOW, "horizon": 1.0, "limit": 1, "id": 1, "interrupted": 0}
        rows = manager.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
        return " | ".join(row[3] for row in rows)

    for claim in (claims.CLAIM, claims.CLAIM_SUSPECT):
        assert re.findall(r"SCAN \w+(?: USING INDEX \w+)?", plan(claim)) == [
            f"SCAN {schema.JOBS} USING INDEX job_order"
        ]
    assert "INDEX job_due (due>? AND due<?)" in plan(job_counts.COUNT)
    assert "COVERING INDEX job_status" in plan(job_counts.COUNT)
    assert "INDEX job_waiting (key=?)" in plan(claims.FOLD)


def test_another_process_is_noticed_by_a_cheap_question(manager: QueueManager) -> None:
    before = manager.jobs.data_version()
    manager.jobs.put(job(1))
    assert manager.jobs.data_version() == before  # our own commits are no news
    with QueueManager(manager.data_dir) as other:
        other.jobs.put(job(2))
    assert manager.jobs.data_version() != before


@pytest.mark.parametrize("name", ["data.db", "data.db-shm", "worker.lock"])
def test_a_file_that_was_removed_or_replaced_under_the_queue_is_noticed(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "queue").mkdir()
    os.close(lock.open_lock(str(tmp_path)))
    with QueueManager(str(tmp_path)) as manager:
        manager.jobs.put(job(1))
        file, aside = tmp_path / "queue" / name, tmp_path / "aside"
        manager.check_files()
        file.rename(aside)
        with pytest.raises(DatabaseReplaced, match=name):
            manager.check_files()
        shutil.copy(aside, file)
        with pytest.raises(DatabaseReplaced, match=name):
            manager.check_files()
        aside.replace(file)
        manager.check_files()


def test_a_transaction_within_another_is_a_part_of_it(manager: QueueManager) -> None:
    with pytest.raises(ZeroDivisionError), manager.transaction():
        manager.jobs.put(job(1))
        with manager.transaction():
            manager.jobs.put(job(2))
        _ = 1 / 0
    assert statuses(manager) == []
    with manager.transaction(), manager.transaction():
        manager.jobs.put(job(3))
    assert claimed_ids(manager) == [3]


@pytest.mark.posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_database_is_for_the_owner_only_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with QueueManager(str(tmp_path / "data")) as manager:
            manager.jobs.put(job(1))
            made = [tmp_path / "data", *(tmp_path / "data").rglob("*")]
            assert {path.name for path in made} == {
                "data", "queue", "data.db", "data.db-wal", "data.db-shm",
            }  # fmt: skip
            modes = {path.name: path.stat().st_mode & 0o777 for path in made}
    finally:
        os.umask(before)
    assert modes.pop("data") == modes.pop("queue") == 0o700
    assert set(modes.values()) == {0o600}


CLOSE_UNDER_A_THREAD = """
import sys, threading, time
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job

manager = QueueManager(sys.argv[1])
begun = threading.Event()

def work():
    try:
        while True:
            manager.jobs.put(scene_job(1, "edit", 1.0))
            for leased in manager.jobs.claim(2e9, 5):
                manager.complete(leased)
            begun.set()
    except Exception as error:
        print(type(error).__name__)

threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
begun.wait()
manager.jobs.close()
for thread in threads:
    thread.join()
"""


def test_closing_under_a_working_thread_does_not_crash_the_process(tmp_path: Path) -> None:
    for attempt in range(3):
        run = subprocess.run(
            [sys.executable, "-c", CLOSE_UNDER_A_THREAD, str(tmp_path / str(attempt))],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.split() == ["ProgrammingError"] * 2


def test_a_queue_that_cannot_be_opened_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the directory should be")
    with pytest.raises(DatabaseUnwritable):
        QueueManager(str(tmp_path / "data"))
    gc.collect()
    (tmp_path / "other" / "queue" / "data.db").mkdir(parents=True)
    with pytest.raises(DatabaseUnwritable):
        QueueManager(str(tmp_path / "other"))
    gc.collect()  # an error in a destructor would fail this test


@pytest.mark.parametrize("name", ["data.db", "data.db-wal", "data.db-shm"])
def test_nothing_is_committed_after_a_file_of_the_database_was_replaced(
    manager: QueueManager, name: str
) -> None:
    manager.jobs.put(job(1))
    replaced = Path(manager.jobs.file).with_name(name)
    with pytest.raises(DatabaseReplaced), manager.transaction():
        manager.jobs.put(job(2))
        replaced.rename(replaced.with_name("elsewhere"))
    replaced.with_name("elsewhere").rename(replaced)
    assert manager.jobs.stats(NOW).pending == 1
