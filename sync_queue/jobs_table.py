"""What can be done with rows of the jobs table. The caller owns the transaction."""

from __future__ import annotations

import sqlite3
from typing import Any

from sync_queue import schema
from sync_queue.models import QueueStats

# A due time further off than any wait we hand out comes from a clock that jumped: it is due.
LONGEST_DELAY = 6 * 3600.0
# From this interruption on a job backs off: it may be what kills the worker.
SUSPICIOUS_INTERRUPTION = 3

CLAIM = f"""
UPDATE {schema.JOBS} SET status = {schema.RUNNING}
WHERE _id IN (
    SELECT _id FROM {schema.JOBS} WHERE status < 2 AND (due <= :now OR due > :now + :horizon)
    ORDER BY prio DESC, due, _id LIMIT :limit
) AND status < 2
RETURNING _id, data, attempts, interrupted, version, prio, due
"""

COUNT = f"""
SELECT
    count(*) FILTER (WHERE status < 2),
    (SELECT count(*) FROM {schema.JOBS}
        WHERE status < 2 AND due > :now AND due <= :now + :horizon),
    count(*) FILTER (WHERE status = {schema.RUNNING}),
    count(*) FILTER (WHERE status = {schema.DONE}),
    count(*) FILTER (WHERE status = {schema.FAILED})
FROM {schema.JOBS}
"""


def prepare(database: sqlite3.Connection, create_table: str) -> None:
    """Create version 1 of the schema, or upgrade a stock table in place."""
    database.execute(create_table)
    present = {row[1] for row in database.execute(f"PRAGMA table_info({schema.JOBS})")}
    for name, declaration in schema.EXTRA_COLUMNS:
        if name not in present:
            database.execute(f"ALTER TABLE {schema.JOBS} ADD COLUMN {name} {declaration}")
    for statement in (*schema.CREATE_INDEXES, schema.CREATE_CONNECTION, schema.CREATE_NOTICE):
        database.execute(statement)


def claim(database: sqlite3.Connection, now: float, limit: int) -> list[tuple[Any, ...]]:
    """Lease up to ``limit`` due rows, by priority, due time and age."""
    values = {"now": now, "horizon": LONGEST_DELAY, "limit": limit}
    rows = database.execute(CLAIM, values).fetchall()
    return sorted(rows, key=lambda row: (-row[5], row[6], row[0]))


def finish(
    database: sqlite3.Connection, queue_id: int, status: int, now: float, error: str | None
) -> bool:
    """Settle a leased job; one that is not leased stays as it is."""
    cursor = database.execute(
        f"UPDATE {schema.JOBS} SET status = ?, done_at = ?, error = ?"
        f" WHERE _id = ? AND status = {schema.RUNNING}",
        (status, now, error, queue_id),
    )
    return cursor.rowcount == 1


def give_back(
    database: sqlite3.Connection,
    queue_id: int,
    due: float,
    *,
    charge: bool = False,
    error: str | None = None,
) -> bool:
    """Let a leased job wait until ``due``; one that is not leased stays as it is.

    A newer waiting job of the same key takes over: the leased one folds into it.
    """
    row = database.execute(
        f"SELECT interrupted FROM {schema.JOBS} WHERE _id = ? AND status = {schema.RUNNING}",
        (queue_id,),
    ).fetchone()
    if row is None:
        return False
    if not fold(database, queue_id, row[0]):
        database.execute(
            f"UPDATE {schema.JOBS} SET status = {schema.READY}, due = ?, attempts = attempts + ?,"
            " error = ? WHERE _id = ?",
            (due, int(charge), error, queue_id),
        )
    return True


def take_back(database: sqlite3.Connection, now: float) -> int:
    """End the leases of a worker that died; returns how many. Each counts an interruption."""
    rows = leases(database)
    for queue_id, before in rows:
        interrupted = before + 1
        if not fold(database, queue_id, interrupted):
            due = now + backoff(interrupted) if interrupted >= SUSPICIOUS_INTERRUPTION else 0.0
            database.execute(
                f"UPDATE {schema.JOBS} SET status = {schema.READY}, due = ?, interrupted = ?"
                " WHERE _id = ?",
                (due, interrupted, queue_id),
            )
    return len(rows)


def backoff(interrupted: int) -> float:
    """Seconds that a job waits after so many interruptions: 2 min, 4 min, up to an hour."""
    return min(3600.0, 15.0 * 2.0 ** min(interrupted, 16))


def leases(database: sqlite3.Connection) -> list[tuple[int, int]]:
    """Id and interruptions of each leased job."""
    return database.execute(
        f"SELECT _id, interrupted FROM {schema.JOBS} WHERE status = {schema.RUNNING} ORDER BY _id"
    ).fetchall()


def fold(database: sqlite3.Connection, queue_id: int, interrupted: int) -> bool:
    """Close a leased job in favour of a newer waiting one of its key; False when there is none."""
    values = {"id": queue_id, "interrupted": interrupted}
    if database.execute(schema.FOLD_JOB, values).rowcount == 0:
        return False
    database.execute(
        f"UPDATE {schema.JOBS} SET status = {schema.DONE}, error = 'superseded' WHERE _id = ?",
        (queue_id,),
    )
    return True


def count(database: sqlite3.Connection, now: float) -> QueueStats:
    """Jobs by state, on any connection that can read the table."""
    values = {"now": now, "horizon": LONGEST_DELAY}
    waiting, delayed, running, done, failed = database.execute(COUNT, values).fetchone()
    return QueueStats(waiting - delayed, delayed, running, done, failed)


def trim(database: sqlite3.Connection, keep: int) -> int:
    """Delete finished rows but the newest ``keep``, at most 5000; returns how many went."""
    return database.execute(
        f"DELETE FROM {schema.JOBS} WHERE _id IN (SELECT _id FROM {schema.JOBS}"
        f" WHERE status >= {schema.DONE} ORDER BY _id DESC LIMIT 5000 OFFSET ?)",
        (keep,),
    ).rowcount
