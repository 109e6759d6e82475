"""Reading of a damaged database what nothing else knows: waiting jobs, pins, ignores."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from sync_queue import schema
from sync_queue.manager import QueueManager
from sync_queue.models import JobStatus, parse_job
from validation.errors import QueueError

# MemoryError is what Python makes of a damaged length.
UNREADABLE = (sqlite3.Error, QueueError, MemoryError)

JOBS = f"SELECT data, timestamp, prio FROM {schema.JOBS} WHERE status <= {JobStatus.LEASED}"
CONNECTION = "SELECT doc, seen_at FROM connection"


def copy_readable_rows(source: sqlite3.Connection, target: QueueManager) -> str:
    """Copy within the caller's transaction; returns how much that was, in words.

    A row that cannot be read ends its table's copy.
    """
    jobs = sum(put_job(target, row) for row in rows_of(source, JOBS))
    decided = copy_decisions(source, target)
    for doc, seen_at in rows_of(source, CONNECTION):
        values = {"connection": doc, "now": seen_at}
        if isinstance(doc, str) and isinstance(seen_at, float):
            target.connection.execute(schema.PUT_OLDER_CONNECTION, values)
    return f"{jobs} waiting edits, {decided} pins and ignores"


def rows_of(source: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query up to the first that cannot be read."""
    try:
        yield from source.execute(query)
    except UNREADABLE:
        return


def put_job(target: QueueManager, row: tuple[Any, ...]) -> bool:
    """Store a job of the damaged file, due immediately; False for one that makes no sense."""
    data, timestamp, prio = row
    try:
        job = parse_job(json.loads(data), timestamp)
    except (ValueError, TypeError, RecursionError):
        return False
    target.jobs.put(job, prio=prio if isinstance(prio, int) else 0)
    return True


def copy_decisions(source: sqlite3.Connection, target: QueueManager) -> int:
    """Copy what the user decided about scenes; returns for how many."""
    known = columns_of(target.connection)
    columns = [name for name in columns_of(source) if name in known]
    if "ignored" not in columns:
        return 0
    query = (
        f"SELECT scene_id, {', '.join(columns)} FROM scenes"
        " WHERE ignored OR pinned_item IS NOT NULL"
    )
    insert = (
        f"INSERT OR IGNORE INTO scenes (scene_id, {', '.join(columns)})"
        f" VALUES (?{', ?' * len(columns)}) ON CONFLICT (scene_id) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in columns)
    )
    count = 0
    for row in rows_of(source, query):
        if isinstance(row[0], int):
            target.connection.execute(insert, row)
            count += 1
    return count


def columns_of(database: sqlite3.Connection) -> list[str]:
    """The columns of the scenes' table that hold what the user decided."""
    names = [row[1] for row in rows_of(database, "PRAGMA table_info(scenes)")]
    return [name for name in names if name == "ignored" or name.startswith("pinned_")]
