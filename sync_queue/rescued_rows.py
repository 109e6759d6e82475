"""Reading of a damaged database what nothing else knows: waiting jobs, pins, ignores."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from sync_queue import schema
from sync_queue.manager import QueueManager
from sync_queue.models import JobStatus, parse_job
from sync_queue.scenes import Undone
from validation.errors import QueueError
from validation.records import Pin

# MemoryError is what Python makes of a damaged length.
UNREADABLE = (sqlite3.Error, QueueError, MemoryError)

JOBS = f"SELECT data, timestamp, prio FROM {schema.JOBS} WHERE status <= {JobStatus.LEASED}"
CONNECTION = "SELECT doc, seen_at FROM connection"
IGNORED = "SELECT scene_id FROM scenes WHERE ignored"
UNDONE = "SELECT scene_id, undone FROM scenes WHERE undone IN (1, 2)"
PINS = "SELECT server, rating_key, scene_id, file, added_at, part_ids FROM pins"
# A pin of version 1 has no file: the user is asked again.
PINS_OF_VERSION_1 = (
    "SELECT pinned_server, pinned_item, scene_id, '', 0, '[]' FROM scenes"
    " WHERE pinned_item IS NOT NULL"
)


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
    rows = [row for query in (PINS, PINS_OF_VERSION_1) for row in rows_of(source, query)]
    pins = [pin for row in rows if (pin := read_pin(row)) is not None]
    ignored = [row[0] for row in rows_of(source, IGNORED) if isinstance(row[0], int)]
    for pin in pins:
        target.scenes.pin(pin)
    for scene_id in ignored:
        target.scenes.ignore(scene_id)
    for scene_id, undone in rows_of(source, UNDONE):
        if isinstance(scene_id, int):
            target.scenes.leave_alone(scene_id, Undone(undone))
    return len(pins) + len(ignored)


def read_pin(row: tuple[Any, ...]) -> Pin | None:
    """A stored pin; ``None`` for one that makes no sense."""
    server, rating_key, scene_id, file, added_at, part_ids = row
    try:
        parts = tuple(map(int, json.loads(part_ids)))
    except (ValueError, TypeError, RecursionError):
        return None
    numbers = all(isinstance(value, int) for value in (rating_key, scene_id, added_at))
    if not numbers or not isinstance(server, str) or not isinstance(file, str):
        return None
    return Pin(server, rating_key, scene_id, file, added_at, parts)
