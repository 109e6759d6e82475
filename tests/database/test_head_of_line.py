"""Many jobs that wait delay nobody, and neither does a clock that cannot be trusted."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_queue import claims, schema
from sync_queue.job_counts import LONGEST_DELAY
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from tests.database.stock import NOON

WAITING, FINISHED = 10_000, 2_000
YEAR = 365 * 24 * 3600.0


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueueManager]:
    """A queue of ten thousand jobs whose time has not come, half of them more urgent by priority,
    and of some finished ones.
    """
    with QueueManager(str(tmp_path_factory.mktemp("crowded"))) as manager:
        manager.jobs.put_all([scene_job(n, "hook", NOON) for n in range(FINISHED)])
        leases = manager.jobs.claim(NOON, FINISHED)
        with manager.transaction():
            for leased in leases:
                manager.complete(leased)
            for n in range(WAITING):
                job = scene_job(100_000 + n, "hook", NOON)
                manager.jobs.put(job, due=NOON + 60.0 + n % 3600, prio=n % 2)
        yield manager


def test_ten_thousand_delayed_jobs_do_not_delay_one_that_is_due(crowded: QueueManager) -> None:
    began = time.perf_counter()
    assert crowded.jobs.next_due(NOON) == NOON + 60.0
    crowded.jobs.put(scene_job(7, "hook", NOON))
    claimed = crowded.jobs.claim(NOON, 100)
    took = time.perf_counter() - began
    crowded.complete(claimed[0])

    assert [leased.job.scene_id for leased in claimed] == [7]
    assert took < 1.0


@pytest.mark.parametrize(
    "statement",
    [
        claims.CLAIM,
        f"SELECT min(due) FROM {schema.JOBS} WHERE status < 2",
        f"SELECT max(due) FROM {schema.JOBS} WHERE status < 2",
        schema.PUT_JOB,
    ],
    ids=["claim", "next due", "latest due", "put"],
)
def test_no_question_to_the_queue_walks_the_whole_table(
    crowded: QueueManager, statement: str
) -> None:
    values = dict.fromkeys(
        ("now", "horizon", "limit", "job", "key", "due", "prio", "version"), 1
    ) | {"job": "{}"}
    plan = [row[3] for row in crowded.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]

    assert not [
        step
        for step in plan
        if schema.JOBS in step and not any(word in step for word in ("INDEX", "PRIMARY KEY"))
    ], plan
    assert not [step for step in plan if "TEMP B-TREE" in step and "ORDER BY" in step], plan


def test_a_claim_steps_through_few_rows(crowded: QueueManager) -> None:
    """Counted in steps of SQLite's machine, which no busy computer changes."""

    def steps(act: Callable[[], object]) -> int:
        count = 0

        def tick() -> int:
            nonlocal count
            count += 1
            return 0

        crowded.connection.set_progress_handler(tick, 10)
        try:
            act()
        finally:
            crowded.connection.set_progress_handler(None, 0)
        return count * 10

    asked = steps(lambda: crowded.jobs.next_due(NOON))
    nothing = steps(lambda: crowded.jobs.claim(NOON, 100))

    assert asked < 100
    assert nothing < 20 * WAITING


clocks = st.floats(min_value=0.0, max_value=NOON + 50 * YEAR)


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueueManager]:
    with QueueManager(str(tmp_path_factory.mktemp("clocks"))) as manager:
        yield manager


@given(stored_at=clocks, delay=st.floats(0.0, 3600.0), now=clocks)
def test_a_job_is_due_within_the_longest_delay_after_any_jump_of_the_clock(
    queue: QueueManager, stored_at: float, delay: float, now: float
) -> None:
    queue.jobs.put(scene_job(1, "hook", stored_at), due=stored_at + delay)

    due = queue.jobs.next_due(now)
    later = now if due is None or due <= now else due
    claimed = queue.jobs.claim(later, 10)
    queue.complete(claimed[0])

    assert len(claimed) == 1
    assert later <= now + LONGEST_DELAY


@pytest.mark.parametrize("now", [0.0, 5.0, NOON - 20 * YEAR, NOON + 20 * YEAR])
def test_a_lease_is_taken_back_whatever_the_clock_says(queue: QueueManager, now: float) -> None:
    queue.jobs.put(scene_job(2, "hook", NOON))
    assert len(queue.jobs.claim(NOON, 10)) == 1

    queue.jobs.resume_unack_tasks()
    claimed = queue.jobs.claim(now, 10)
    queue.complete(claimed[0])

    assert [leased.job.scene_id for leased in claimed] == [2]


def test_a_worker_that_sleeps_looks_again_at_a_job_from_a_clock_that_jumped(
    queue: QueueManager,
) -> None:
    queue.jobs.put(scene_job(3, "hook", NOON), due=NOON + 30 * YEAR)

    assert queue.jobs.next_due(NOON) == 0.0
    assert queue.work_waits(NOON)
    (leased,) = queue.jobs.claim(NOON, 10)
    queue.complete(leased)


def test_the_plan_of_a_claim_survives_analyze(crowded: QueueManager) -> None:
    copy = sqlite3.connect(":memory:")
    crowded.connection.backup(copy)
    copy.execute("ANALYZE")
    values = {"now": NOON, "horizon": LONGEST_DELAY, "limit": 100}
    plan = " ".join(row[3] for row in copy.execute(f"EXPLAIN QUERY PLAN {claims.CLAIM}", values))
    copy.close()

    assert "job_order" in plan
