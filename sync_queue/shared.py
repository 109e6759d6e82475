"""The queue as a task uses it: beside a worker, which alone creates and migrates the database."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sync_queue import datadir, lock, rescue, schema
from sync_queue.database import read_only
from sync_queue.manager import SCHEMA_VERSION, QueueManager
from sync_queue.operations import BUSY_SECONDS
from sync_queue.trouble import DatabaseDamaged
from validation.errors import QueueError

# A worker that has just started makes the tables within moments.
PATIENCE_SECONDS = 10.0


@contextmanager
def shared_queue(data_dir: str) -> Iterator[QueueManager]:
    """Open the database beside whoever drains it. Whoever uses it puts jobs and claims none.

    Without a database yet, or with an older one, the worker's lock is taken for a moment to make
    it. Raises ``QueueError``.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_current(datadir.database_path(data_dir)):
        descriptor = lock.acquire(data_dir, patience=0.1)
        if descriptor is not None:
            try:
                rescue.open_queue(data_dir).queue.close()
            finally:
                lock.release(descriptor)
                os.close(descriptor)
        elif time.monotonic() > deadline:
            raise QueueError(
                "The worker has not prepared the database yet: wait a moment and run this again."
            )
    with QueueManager(data_dir) as manager:
        yield manager


def due_jobs(manager: QueueManager, prio: int, now: float) -> int:
    """How many jobs of a priority are due or being worked on."""
    count: int = manager.connection.execute(
        f"SELECT count(*) FROM {schema.JOBS} WHERE prio = ? AND status <= {schema.RUNNING}"
        " AND due <= ?",
        (prio, now),
    ).fetchone()[0]
    return count


def hurry(manager: QueueManager, prio: int) -> None:
    """Let the waiting jobs of a priority be due at once: a person has asked for them again."""
    with manager.queue.transaction() as database:
        database.execute(f"UPDATE {schema.JOBS} SET due = 0 WHERE prio = ? AND status < 2", (prio,))


def is_waiting(manager: QueueManager, job_key: str) -> bool:
    """Whether a job of this key waits or is being worked on."""
    row = manager.connection.execute(
        f"SELECT 1 FROM {schema.JOBS} WHERE key = ? AND status <= {schema.RUNNING}", (job_key,)
    ).fetchone()
    return row is not None


def is_current(path: str) -> bool:
    """Whether the database is there with the tables that this code knows (or newer ones, which
    ``QueueManager`` refuses). A damaged one is not: whoever drains brings it back first."""
    if not os.path.exists(path):
        return False
    database = read_only(path, BUSY_SECONDS)
    try:
        found: int = database.execute("PRAGMA user_version").fetchone()[0]
    except DatabaseDamaged:
        return False
    finally:
        database.close()
    return found >= SCHEMA_VERSION
