"""The queue alone: events stored, jobs claimed and settled, with more and more finished rows.

Ratios decide, not seconds: a queue that walks its finished rows would get slower by the row.
Ends with status 1 when a claim costs more than three times as much with 100,000 finished rows, or
when 10,000 delayed jobs hold up one that is due by a second.

    python benchmarks/queue_rates.py [--finished 100000]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sync_queue import schema
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job

JOBS = 2_000
DELAYED = 10_000
BATCH = 100
WORST_RATIO = 3.0
LONGEST_WAIT = 1.0


def main() -> int:
    """Measure; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--finished", type=int, default=100_000)
    finished = parser.parse_args().finished
    with tempfile.TemporaryDirectory(prefix="plexsync-bench-") as folder:
        empty = cycle(folder + "/empty")
        full = cycle(folder + "/full", finished)
        waited = behind_delayed(folder + "/delayed")
    ratio = full / empty
    print(f"claim and settle, empty queue:             {empty * 1e6:8.0f} µs a job")
    print(f"claim and settle, {finished:7} finished rows:   {full * 1e6:8.0f} µs a job")
    print(f"ratio {ratio:.2f} (at most {WORST_RATIO:.0f})")
    print(f"a due job behind {DELAYED} delayed ones: {waited * 1e3:.1f} ms (less than 1000)")
    return int(ratio > WORST_RATIO or waited > LONGEST_WAIT)


def cycle(data_dir: str, finished: int = 0) -> float:
    """Seconds for each job, claimed by the hundred and settled one by one."""
    with QueueManager(data_dir) as manager:
        fill(manager, finished)
        now = time.time()
        manager.jobs.put_all([scene_job(n, "bench", now) for n in range(1, JOBS + 1)])
        begun, done = time.perf_counter(), 0
        while jobs := manager.jobs.claim(now, BATCH):
            for job in jobs:
                done += manager.complete(job)
        seconds = time.perf_counter() - begun
    assert done == JOBS, f"{done} jobs settled"
    return seconds / JOBS


def fill(manager: QueueManager, finished: int) -> None:
    """Rows of jobs that ended long ago, as an untrimmed queue has them."""
    insert = f"INSERT INTO {schema.JOBS} (data, timestamp, status, key) VALUES (?, ?, ?, ?)"
    rows = (("{}", 0.0, schema.DONE, f"old:{number}") for number in range(finished))
    with manager.transaction():
        manager.connection.executemany(insert, rows)


def behind_delayed(data_dir: str) -> float:
    """Seconds until a due job is claimed when many that are not due were there first."""
    with QueueManager(data_dir) as manager:
        now = time.time()
        for number in range(1, DELAYED + 1):
            with manager.transaction():
                job = scene_job(number, "bench", now)
                manager.jobs.put(job, due=now + 3600.0)
        manager.jobs.put(scene_job(DELAYED + 1, "bench", now))
        begun = time.perf_counter()
        (claimed,) = manager.jobs.claim(now, BATCH)
        assert claimed.job.scene_id == DELAYED + 1
        return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
