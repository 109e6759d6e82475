"""persist-queue's ``SQLiteAckQueue`` with due times, coalescing and safe claims.

The stock class hands a job out twice when a second process opens it, claims with a SELECT and a
separate UPDATE, returns a delayed job to the head of the line and walks every finished row. This
subclass keeps its table and its public methods and replaces what is unsafe between processes:
one-statement claims, retries in one transaction, settled jobs that cannot come back to life.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from persistqueue import SQLiteAckQueue
from persistqueue.serializers import json as json_serializer

from sync_queue import datadir, schema
from sync_queue.database import connect, identity_of, transaction
from sync_queue.models import ClaimedJob, QueueStats, SyncJob, parse_job
from sync_queue.trouble import TRANSLATED, DatabaseGone, DatabaseReplaced

# A worker may wait longer than a hook: nobody is looking at it.
BUSY_SECONDS = 10.0
# A due time further off than any wait we hand out comes from a clock that jumped.
LONGEST_DELAY = 6 * 3600.0
KEEP_FINISHED = 1000

CLAIM = f"""
UPDATE {schema.JOBS} SET status = {schema.RUNNING}
WHERE _id IN (
    SELECT _id FROM {schema.JOBS} WHERE status < 2 AND (due <= :now OR due > :now + :horizon)
    ORDER BY prio DESC, due, _id LIMIT :limit
) AND status < 2
RETURNING _id, data, attempts, interrupted, version, prio, due
"""


class JobQueue(SQLiteAckQueue):
    """The jobs table. One instance per process; only the lock's holder claims.

    ``connection`` is shared with the dead letters, the ledger and the index, so that what must
    agree is written in one ``transaction()``.
    """

    _SQL_CREATE = schema.CREATE_JOBS

    def __init__(self, data_dir: str) -> None:
        self.connection: sqlite3.Connection
        self.path = datadir.database_path(data_dir)
        directory = os.path.dirname(self.path)
        with TRANSLATED:
            datadir.make_private(directory)
        super().__init__(
            directory,
            auto_resume=False,
            multithreading=True,
            timeout=BUSY_SECONDS,
            serializer=json_serializer,
            db_file_name=datadir.DATABASE,
        )
        self.identity = identity_of(self.path)

    def _new_db_connection(
        self,
        path: str,
        _threads: bool,
        timeout: float,
    ) -> sqlite3.Connection:
        """The one connection, used by the library for reading and writing alike."""
        if "connection" not in self.__dict__:
            self.connection = connect(os.path.join(path, self.db_file_name), timeout)
            with transaction(self.connection):
                prepare_jobs(self.connection, self._sql_create)
        return self.connection

    def _count(self) -> int:
        """The library counts rows at each start; our counts come from ``stats``."""
        return 0

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction on the shared connection, rolled back on any error."""
        with self.tran_lock, transaction(self.connection):
            yield self.connection

    def put(self, item: SyncJob, *, due: float = 0.0, prio: int = 0, version: str = "") -> None:
        """Store a job, or fold it into the waiting job of the same key."""
        with self.transaction() as database:
            self.put_in(database, item, due=due, prio=prio, version=version)
        self.put_event.set()

    def put_in(
        self,
        database: sqlite3.Connection,
        item: SyncJob,
        *,
        due: float = 0.0,
        prio: int = 0,
        version: str = "",
    ) -> None:
        """``put`` within the caller's transaction."""
        values = {
            "job": self._serializer.dumps(item.as_json()).decode("ascii"),
            "now": item.enqueued_at or time.time(),
            "key": item.job_key,
            "due": due,
            "prio": prio,
            "version": version,
        }
        database.execute(schema.PUT_JOB, values)

    def claim(self, now: float, limit: int = 1) -> list[ClaimedJob]:
        """Lease up to ``limit`` due jobs, in order. A claim that finds nothing writes nothing.

        A stored job that cannot be read is set aside as failed with the error.
        """
        values = {"now": now, "horizon": LONGEST_DELAY, "limit": limit}
        claimed: list[ClaimedJob] = []
        with self.transaction() as database:
            rows = database.execute(CLAIM, values).fetchall()
            for row in sorted(rows, key=lambda row: (-row[5], row[6], row[0])):
                try:
                    job = parse_job(self._serializer.loads(row[1]))
                except (ValueError, AttributeError, TypeError) as error:
                    finish(database, row[0], schema.FAILED, now, f"unreadable job: {error}")
                else:
                    claimed.append(ClaimedJob(row[0], job, row[2], row[3], row[4] or ""))
        return claimed

    def complete_in(self, database: sqlite3.Connection, queue_id: int, now: float) -> bool:
        """Settle a leased job as done. False when it is not leased (any more)."""
        return finish(database, queue_id, schema.DONE, now, None)

    def bury_in(self, database: sqlite3.Connection, queue_id: int, now: float, error: str) -> bool:
        """Settle a leased job as failed. The caller writes its dead letter."""
        return finish(database, queue_id, schema.FAILED, now, error)

    def retry_in(
        self,
        database: sqlite3.Connection,
        leased: ClaimedJob,
        due: float,
        *,
        charge: bool,
        error: str | None = None,
    ) -> bool:
        """Give a leased job back, to be due at ``due`` (epoch seconds).

        A newer waiting job of the same key takes over: the leased one folds into it.
        """
        if not is_leased(database, leased.queue_id):
            return False
        if fold_into_waiting(database, leased.queue_id):
            return True
        database.execute(
            f"UPDATE {schema.JOBS} SET status = {schema.READY}, due = ?, attempts = ?, error = ?"
            " WHERE _id = ?",
            (due, leased.attempts + int(charge), error, leased.queue_id),
        )
        return True

    def resume_unack_tasks(self) -> None:
        """Take back the leases of a worker that died. Only under the worker's lock.

        Each is due at once; from its third interruption a job backs off, since it may be what
        kills the worker.
        """
        now = time.time()
        with self.transaction() as database:
            rows = database.execute(
                f"SELECT _id, interrupted FROM {schema.JOBS} WHERE status = {schema.RUNNING}"
            ).fetchall()
            for queue_id, interrupted in rows:
                if not fold_into_waiting(database, queue_id):
                    due = 0.0 if interrupted < 2 else now + min(3600.0, 30.0 * 2**interrupted)
                    database.execute(
                        f"UPDATE {schema.JOBS} SET status = {schema.READY}, due = ?,"
                        " interrupted = interrupted + 1 WHERE _id = ?",
                        (due, queue_id),
                    )

    def release_all(self) -> None:
        """Give every lease back unharmed: a worker that stops in good order."""
        with self.transaction() as database:
            rows = database.execute(
                f"SELECT _id FROM {schema.JOBS} WHERE status = {schema.RUNNING}"
            ).fetchall()
            for (queue_id,) in rows:
                if not fold_into_waiting(database, queue_id):
                    database.execute(
                        f"UPDATE {schema.JOBS} SET status = {schema.READY}, due = 0 WHERE _id = ?",
                        (queue_id,),
                    )

    def next_due(self, now: float) -> float | None:
        """The earliest due time of a waiting job (0 = at once), ``None`` when none waits.

        A due time beyond the horizon comes from a clock that jumped: it is due, as for a claim.
        """
        earliest: float | None
        latest: float | None
        earliest, latest = self.connection.execute(
            f"SELECT (SELECT min(due) FROM {schema.JOBS} WHERE status < 2),"
            f" (SELECT max(due) FROM {schema.JOBS} WHERE status < 2)"
        ).fetchone()
        return 0.0 if latest is not None and latest > now + LONGEST_DELAY else earliest

    def stats(self, now: float) -> QueueStats:
        """Jobs by state, counted in the table."""
        return count_jobs(self.connection, now)

    def trim(self, keep: int = KEEP_FINISHED) -> int:
        """Delete the oldest finished rows beyond ``keep``; returns how many went."""
        with self.transaction() as database:
            return database.execute(
                f"DELETE FROM {schema.JOBS} WHERE _id IN (SELECT _id FROM {schema.JOBS}"
                f" WHERE status >= {schema.DONE} ORDER BY _id DESC LIMIT 5000 OFFSET ?)",
                (keep,),
            ).rowcount

    def check_file(self) -> None:
        """See that the open file is still the one at its path; a few microseconds.

        SQLite itself goes on writing to a deleted file. Raises ``DatabaseGone`` or
        ``DatabaseReplaced``.
        """
        found = identity_of(self.path)
        if found is None:
            raise DatabaseGone(
                "The queue's database was deleted while it was in use. It is written again from"
                " what is still open. To start over, disable the plugin first."
            )
        if found != self.identity:
            raise DatabaseReplaced(
                "Another file was put in the place of the queue's database while it was in use."
                " The worker starts again with it and keeps the edits that waited. To restore a"
                " copy, disable the plugin first."
            )

    def data_version(self) -> int:
        """A number that changes with every commit of another process (microseconds to ask)."""
        version: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        return version


def prepare_jobs(database: sqlite3.Connection, create_table: str) -> None:
    """Create version 1 of the schema, or upgrade a stock table in place."""
    database.execute(create_table)
    present = {row[1] for row in database.execute(f"PRAGMA table_info({schema.JOBS})")}
    for name, declaration in schema.EXTRA_COLUMNS:
        if name not in present:
            database.execute(f"ALTER TABLE {schema.JOBS} ADD COLUMN {name} {declaration}")
    for statement in (*schema.CREATE_INDEXES, schema.CREATE_CONNECTION, schema.CREATE_NOTICE):
        database.execute(statement)


def is_leased(database: sqlite3.Connection, queue_id: int) -> bool:
    """Whether the job is leased at this moment."""
    row = database.execute(
        f"SELECT 1 FROM {schema.JOBS} WHERE _id = ? AND status = {schema.RUNNING}", (queue_id,)
    ).fetchone()
    return row is not None


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


def fold_into_waiting(database: sqlite3.Connection, queue_id: int) -> bool:
    """Close a leased job in favour of a newer waiting one of its key; False when there is none."""
    key, older = database.execute(
        f"SELECT key, CAST(data AS TEXT) FROM {schema.JOBS} WHERE _id = ?", (queue_id,)
    ).fetchone()
    if database.execute(schema.FOLD_JOB, {"key": key, "older": older}).rowcount == 0:
        return False
    database.execute(
        f"UPDATE {schema.JOBS} SET status = {schema.DONE}, error = 'superseded' WHERE _id = ?",
        (queue_id,),
    )
    return True


def count_jobs(database: sqlite3.Connection, now: float) -> QueueStats:
    """Jobs by state, on any connection that can read the table."""
    counts = dict.fromkeys(("pending", "delayed", "in_progress", "completed", "failed"), 0)
    rows = database.execute(
        f"""SELECT CASE
            WHEN status < 2 AND (due <= :now OR due > :now + :horizon) THEN 'pending'
            WHEN status < 2 THEN 'delayed'
            WHEN status = {schema.RUNNING} THEN 'in_progress'
            WHEN status = {schema.DONE} THEN 'completed' ELSE 'failed' END AS state, count(*)
        FROM {schema.JOBS} GROUP BY state""",
        {"now": now, "horizon": LONGEST_DELAY},
    )
    counts.update(dict(rows.fetchall()))
    return QueueStats(**counts)
