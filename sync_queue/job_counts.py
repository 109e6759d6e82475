"""Counting jobs, on any connection that can read the table. Standard library only."""

from __future__ import annotations

import sqlite3

from sync_queue.models import JobStatus, QueueStats
from sync_queue.schema import JOBS, WAITS

# A due time further off than any wait we hand out comes from a clock that jumped: it is due.
LONGEST_DELAY = 6 * 3600.0

COUNT = f"""
SELECT
    count(*) FILTER (WHERE {WAITS}),
    (SELECT count(*) FROM {JOBS} WHERE {WAITS} AND due > :now AND due <= :now + :horizon),
    count(*) FILTER (WHERE status = {JobStatus.LEASED}),
    count(*) FILTER (WHERE status = {JobStatus.DONE}),
    count(*) FILTER (WHERE status = {JobStatus.FAILED})
FROM {JOBS}
"""


def count_jobs(database: sqlite3.Connection, now: float) -> QueueStats:
    """Jobs by state."""
    values = {"now": now, "horizon": LONGEST_DELAY}
    waiting, delayed, leased, done, failed = database.execute(COUNT, values).fetchone()
    return QueueStats(waiting - delayed, delayed, leased, done, failed)
