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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from persistqueue import SQLiteAckQueue
from persistqueue.serializers import json as json_serializer

from sync_queue import datadir, jobs_table, schema
from sync_queue.database import connect, identity_of, is_same_file, transaction
from sync_queue.models import ClaimedJob, QueueStats, SyncJob, parse_job
from sync_queue.trouble import TRANSLATED, DatabaseGone, DatabaseReplaced

# A worker may wait longer than a hook: nobody is looking at it.
BUSY_SECONDS = 10.0
KEEP_FINISHED = 1000


class JobQueue(SQLiteAckQueue):
    """The jobs table. One instance per process; only the lock's holder claims.

    ``connection`` is shared with the dead letters, the ledger and the index, so that what must
    agree is written in one ``transaction()``. ``used_at`` is when the last one ended, by the
    monotonic clock: a worker that still writes is not stuck.
    """

    _SQL_CREATE = schema.CREATE_JOBS

    def __init__(self, data_dir: str) -> None:
        self.connection: sqlite3.Connection
        self.used_at = time.monotonic()
        self.file = datadir.database_path(data_dir)
        directory = os.path.dirname(self.file)
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
        self.identity = identity_of(self.file)

    def _new_db_connection(
        self,
        path: str,
        _threads: bool,
        timeout: float,
    ) -> sqlite3.Connection:
        """The one connection, used by the library for reading and writing alike."""
        if "connection" not in self.__dict__:
            database = connect(os.path.join(path, self.db_file_name), timeout)
            try:
                with transaction(database):
                    jobs_table.prepare(database, self._sql_create)
            except BaseException:
                database.close()
                raise
            self.connection = database
        return self.connection

    def close(self) -> None:
        """Close the connection once no thread is in a transaction on it.

        A thread that does not come out of one keeps it: closing it there crashes the process.
        """
        if "connection" in self.__dict__ and self.tran_lock.acquire(timeout=BUSY_SECONDS):
            try:
                self.connection.close()
            finally:
                self.tran_lock.release()

    def _count(self) -> int:
        """The library counts rows at each start; ``size`` counts when it is asked."""
        return 0

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction on the shared connection, rolled back on any error."""
        with self.tran_lock, transaction(self.connection):
            yield self.connection
        self.used_at = time.monotonic()

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
        claimed: list[ClaimedJob] = []
        with self.transaction() as database:
            while rows := jobs_table.claim(database, now, limit - len(claimed)):
                for row in rows:
                    try:
                        job = parse_job(self._serializer.loads(row[1]))
                    except (ValueError, TypeError, AttributeError, RecursionError) as error:
                        reason = f"unreadable job: {error}"
                        jobs_table.finish(database, row[0], schema.FAILED, now, reason)
                    else:
                        claimed.append(ClaimedJob(row[0], job, row[2], row[3], row[4] or ""))
        return claimed

    def complete_in(self, database: sqlite3.Connection, queue_id: int, now: float) -> bool:
        """Settle a leased job as done. False when it is not leased (any more)."""
        return jobs_table.finish(database, queue_id, schema.DONE, now, None)

    def bury_in(self, database: sqlite3.Connection, queue_id: int, now: float, error: str) -> bool:
        """Settle a leased job as failed. The caller writes its dead letter."""
        return jobs_table.finish(database, queue_id, schema.FAILED, now, error)

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
        return jobs_table.give_back(database, leased.queue_id, due, charge=charge, error=error)

    def resume_unack_tasks(self) -> None:
        """Take back the leases of a worker that died. Only under the worker's lock.

        Each is due at once; from its third interruption a job backs off, since it may be what
        kills the worker.
        """
        with self.transaction() as database:
            jobs_table.take_back(database, time.time())

    def release_all(self) -> None:
        """Give every lease back unharmed: a worker that stops in good order."""
        with self.transaction() as database:
            for queue_id, _ in jobs_table.leases(database):
                jobs_table.give_back(database, queue_id, 0.0)

    def _pop(  # type: ignore[override]  # as the library's own class overrides its base
        self, rowid: int | None = None, next_in_order: bool = False, raw: bool = False
    ) -> dict[str, object] | None:
        """What the inherited ``get`` hands out: the next due job."""
        if rowid is not None or next_in_order:
            raise ValueError("jobs are handed out in their own order only")
        for leased in self.claim(time.time()):
            item = self._unack_cache[leased.queue_id] = leased.job.as_json()
            job = leased.job
            raw_item = {"pqid": leased.queue_id, "data": item, "timestamp": job.enqueued_at}
            return raw_item if raw else item
        return None

    def _mark_ack_status(self, key: int, status: str) -> None:
        """What the inherited ``ack``, ``ack_failed`` and ``nack`` do: only leases are settled."""
        with self.transaction() as database:
            if int(status) == schema.READY:
                jobs_table.give_back(database, key, 0.0)
            else:
                jobs_table.finish(database, key, int(status), time.time(), None)

    @property
    def size(self) -> int:
        """Waiting jobs, counted in the table and not in this process."""
        stats = self.stats(0.0)
        return stats.pending + stats.delayed

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
        return 0.0 if latest is not None and latest > now + jobs_table.LONGEST_DELAY else earliest

    def waiting(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of ``keys`` (a page of them) that have a waiting job."""
        marks = ", ".join("?" * len(keys))
        rows = self.connection.execute(
            f"SELECT key FROM {schema.JOBS} WHERE status < 2 AND key IN ({marks})", keys
        )
        return frozenset(row[0] for row in rows)

    def stats(self, now: float) -> QueueStats:
        """Jobs by state, counted in the table."""
        return jobs_table.count(self.connection, now)

    def trim(self, keep: int = KEEP_FINISHED) -> int:
        """Delete finished rows but the newest ``keep``, at most 5000; returns how many went."""
        with self.transaction() as database:
            return jobs_table.trim(database, keep)

    def check_file(self) -> None:
        """See that the open file is still the one at its path; a few microseconds.

        SQLite itself goes on writing to a deleted file. Raises ``DatabaseGone`` or
        ``DatabaseReplaced``.
        """
        found = identity_of(self.file)
        if found is None:
            raise DatabaseGone(
                "The queue's database was deleted while it was in use. It is written again from"
                " what is still open. To start over, disable the plugin first."
            )
        if found != self.identity:
            if not is_same_file(self.connection, self.file):
                raise DatabaseReplaced(
                    "Another file was put in the place of the queue's database while it was in"
                    " use. The worker goes on with it and keeps the edits that waited. To restore"
                    " a copy, disable the plugin first."
                )
            self.identity = found

    def data_version(self) -> int:
        """A number that changes with every commit of another process (microseconds to ask)."""
        version: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        return version
