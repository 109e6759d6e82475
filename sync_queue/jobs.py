"""The jobs: persist-queue's ``SQLiteAckQueue`` with due times, coalescing and safe claims.

The library's contribution is the table's format, which its stock class can open and read. That
class hands a job out twice when a second process opens it, and claims with a SELECT and a separate
UPDATE. It returns a delayed job to the head of the line and walks every finished row. This subclass
keeps the public methods and replaces what is unsafe between processes.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from persistqueue import SQLiteAckQueue
from persistqueue.serializers import json as json_serializer

from sync_queue import schema
from sync_queue.claims import CLAIM, CLAIM_SUSPECT, FOLD
from sync_queue.database import transaction
from sync_queue.job_counts import LONGEST_DELAY, QueueStats, count_jobs
from sync_queue.models import ClaimedJob, JobStatus, SyncJob, parse_job
from sync_queue.schema import JOBS, WAITS

# A worker may wait longer than a hook: no user waits for it.
BUSY_SECONDS = 10.0
KEEP_FINISHED = 1000
TRIM_AT_MOST = 5000
# A job at which so many workers died in a row is given up: it is what kills them.
DEADLY = 2
UNREADABLE_JOB = (ValueError, TypeError, AttributeError, RecursionError)


class JobQueue(SQLiteAckQueue):
    """The jobs table on a connection that is shared with all other tables.

    Every verb works within the caller's ``transaction()``, or makes one of its own. ``used_at``
    is when the last one ended, by the monotonic clock: a worker that still writes is not stuck.
    ``check_files`` is asked before and after each commit: one into a file that others do not share
    would damage theirs.
    """

    _SQL_CREATE = schema.CREATE_JOBS

    def __init__(
        self,
        connection: sqlite3.Connection,
        file: str,
        check_files: Callable[[], None] = lambda: None,
    ) -> None:
        self.connection = connection
        self.file = file
        self.check_files = check_files
        self.used_at = time.monotonic()
        directory, name = os.path.split(file)
        super().__init__(
            directory, auto_resume=False, serializer=json_serializer, db_file_name=name
        )
        self.tran_lock = threading.RLock()  # type: ignore[assignment]  # theirs cannot be nested

    def _new_db_connection(
        self, path: str, multithreading: bool, timeout: float
    ) -> sqlite3.Connection:
        """The one connection, used by the library for reading and writing alike."""
        del path, multithreading, timeout
        return self.connection

    def close(self) -> None:
        """Close the connection once no thread is in a transaction on it.

        A thread that does not come out of one keeps it: closing it there crashes the process.
        """
        if self.tran_lock.acquire(timeout=BUSY_SECONDS):
            try:
                self.connection.close()
            finally:
                self.tran_lock.release()

    def _count(self) -> int:
        """The library counts rows at each start; ``size`` counts when it is asked."""
        return 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction, rolled back on any error. Within another one it is a part of that:
        an error has to leave the outermost."""
        with self.tran_lock, transaction(self.connection, self.check_files):
            yield
        self.used_at = time.monotonic()

    # -- storing and claiming -----------------------------------------------------------------

    def put(self, item: SyncJob, *, due: float = 0.0, prio: int = 0) -> None:
        """Store a job, or fold it into the waiting job of the same key."""
        doc = self._serializer.dumps(item.as_json()).decode("ascii")
        now = item.enqueued_at or time.time()
        values = {"job": doc, "now": now, "key": item.job_key, "due": due, "prio": prio}
        with self.transaction():
            self.connection.execute(schema.PUT_JOB, values)
        self.put_event.set()

    def put_all(self, items: Iterable[SyncJob], *, prio: int = 0) -> None:
        """Store many jobs, or none of them."""
        with self.transaction():
            for item in items:
                self.put(item, prio=prio)

    def claim(self, now: float, limit: int = 1) -> list[ClaimedJob]:
        """Lease up to ``limit`` due jobs of one priority, the highest that is due, in order.

        A claim that finds nothing writes nothing. A stored job that cannot be read is failed.
        """
        values = {"now": now, "horizon": LONGEST_DELAY, "limit": limit}
        with self.transaction():
            while rows := (
                self.connection.execute(CLAIM, values).fetchall()
                or self.connection.execute(CLAIM_SUSPECT, values).fetchall()
            ):
                rows.sort(key=lambda row: (row[4], row[0]))
                claimed = [job for row in rows if (job := self.read(row)) is not None]
                if claimed:
                    return claimed
        return []

    def read(self, row: tuple[Any, ...]) -> ClaimedJob | None:
        """A leased row as a job; an unreadable one is settled as failed."""
        queue_id, data, timestamp, attempts, _ = row
        try:
            job = parse_job(self._serializer.loads(data), timestamp)
        except UNREADABLE_JOB:
            self.settle(queue_id, JobStatus.FAILED)
            return None
        return ClaimedJob(queue_id, job, attempts)

    def begin(self, leased: ClaimedJob) -> None:
        """Note that the worker is at this job now: if it dies, this job may have killed it."""
        with self.transaction():
            self.connection.execute(
                f"UPDATE {JOBS} SET interrupted = 1 WHERE _id = ? AND interrupted = 0",
                (leased.queue_id,),
            )

    # -- settling -----------------------------------------------------------------------------

    def settle(self, queue_id: int, status: JobStatus) -> bool:
        """End a lease as done or failed; False for a job that is not leased (any more)."""
        with self.transaction():
            cursor = self.connection.execute(
                f"UPDATE {JOBS} SET status = :status, interrupted = max(0, interrupted - 1)"
                f" WHERE _id = :id AND status = {JobStatus.LEASED}",
                {"status": status, "id": queue_id},
            )
        return cursor.rowcount == 1

    def complete(self, leased: ClaimedJob) -> bool:
        """Settle a leased job as done. False when it is not leased (any more)."""
        return self.settle(leased.queue_id, JobStatus.DONE)

    def bury(self, leased: ClaimedJob) -> bool:
        """Settle a leased job as failed. The caller writes its dead letter."""
        return self.settle(leased.queue_id, JobStatus.FAILED)

    def retry(self, leased: ClaimedJob, due: float, *, charge: bool = False) -> bool:
        """Give a leased job back that was tried, to be due at ``due`` (epoch seconds; 0 =
        immediately). The worker survived it.

        A newer waiting job of the same key takes over: the leased one folds into it.
        """
        return self.give_back(leased.queue_id, due, charge=charge, survived=True)

    def give_back(
        self, queue_id: int, due: float = 0.0, *, charge: bool = False, survived: bool = False
    ) -> bool:
        """Give a leased job back; False for a job that is not leased. Unless the worker
        ``survived`` a try, the job stays as suspicious as it was before its claim."""
        with self.transaction():
            row = self.connection.execute(
                f"SELECT interrupted FROM {JOBS} WHERE _id = ? AND status = {JobStatus.LEASED}",
                (queue_id,),
            ).fetchone()
            if row is not None:
                deaths = 0 if survived else max(0, row[0] - 1)
                self._put_back(queue_id, deaths, due, charge=charge)
        return row is not None

    def _put_back(
        self, queue_id: int, deaths: int, due: float = 0.0, *, charge: bool = False
    ) -> None:
        """Let a leased job wait again, or fold it into a newer one."""
        if not self.fold(queue_id, deaths):
            self.connection.execute(
                f"UPDATE {JOBS} SET status = {JobStatus.GIVEN_BACK}, due = ?, interrupted = ?,"
                " attempts = attempts + ? WHERE _id = ?",
                (due, deaths, int(charge), queue_id),
            )

    def fold(self, queue_id: int, interrupted: int) -> bool:
        """Close a leased job in favour of a newer waiting one of its key; False without one."""
        values = {"id": queue_id, "interrupted": interrupted}
        found = self.connection.execute(FOLD, values).rowcount > 0
        return found and self.settle(queue_id, JobStatus.DONE)

    def resume_unack_tasks(self) -> None:
        """``take_back`` under the library's name."""
        self.take_back()

    def take_back(self) -> list[ClaimedJob]:
        """Take back the leases of a worker that died. Only under the worker's lock.

        Each is due immediately. If the worker died before it had begun one of them, while it read
        what they need, each of them may have killed it. A job at which the second worker died is
        settled as failed and returned, with the number of deaths as its attempts: the caller
        writes its dead letter, in the same transaction.
        """
        killers = []
        with self.transaction():
            leases = self.leases()
            has_begun = any(deaths for _, deaths in leases)
            for queue_id, deaths in leases:
                if deaths >= DEADLY:
                    killers += self._give_up(queue_id, deaths)
                else:
                    self._put_back(queue_id, deaths if has_begun else 1)
        return killers

    def _give_up(self, queue_id: int, deaths: int) -> list[ClaimedJob]:
        """Settle a job that kills workers. A newer one of its key stays, under suspicion."""
        row = self.connection.execute(
            f"SELECT _id, data, timestamp, attempts, due FROM {JOBS} WHERE _id = ?", (queue_id,)
        ).fetchone()
        self.connection.execute(
            f"UPDATE {JOBS} SET interrupted = 1 WHERE {WAITS} AND interrupted = 0"
            f" AND key = (SELECT key FROM {JOBS} WHERE _id = ?)",
            (queue_id,),
        )
        job = self.read(row)
        self.settle(queue_id, JobStatus.FAILED)
        return [replace(job, attempts=deaths)] if job is not None else []

    def suspect(self, job: SyncJob, deaths: int, *, prio: int = 0) -> None:
        """Store a job at which so many workers have died: it is claimed alone."""
        with self.transaction():
            self.put(job, prio=prio)
            self.connection.execute(
                f"UPDATE {JOBS} SET interrupted = ? WHERE {WAITS} AND key = ?",
                (deaths, job.job_key),
            )

    def release_all(self) -> None:
        """Give every lease back unharmed: a worker that stops in good order."""
        with self.transaction():
            for queue_id, _ in self.leases():
                self.give_back(queue_id)

    def leases(self) -> list[tuple[int, int]]:
        """Number and interruptions of each leased job."""
        return self.connection.execute(
            f"SELECT _id, interrupted FROM {JOBS} WHERE status = {JobStatus.LEASED} ORDER BY _id"
        ).fetchall()

    def dismiss(self, *, key: str = "", queue_id: int = 0) -> bool:
        """Delete one waiting job, by its key or its number; False when none waits."""
        with self.transaction():
            return (
                self.connection.execute(
                    f"DELETE FROM {JOBS} WHERE {WAITS} AND (key = ? OR _id = ?)", (key, queue_id)
                ).rowcount
                > 0
            )

    # -- asking -------------------------------------------------------------------------------

    def next_due(self, now: float) -> float | None:
        """The earliest due time of a waiting job (0 = immediately), ``None`` when none waits.

        A due time beyond the horizon comes from a clock that jumped: it is due, as for a claim.
        """
        earliest: float | None
        latest: float | None
        earliest, latest = self.connection.execute(
            f"SELECT (SELECT min(due) FROM {JOBS} WHERE {WAITS}),"
            f" (SELECT max(due) FROM {JOBS} WHERE {WAITS})"
        ).fetchone()
        return 0.0 if latest is not None and latest > now + LONGEST_DELAY else earliest

    def waiting(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of ``keys`` that have a waiting job."""
        rows = self.connection.execute(
            f"SELECT key FROM {JOBS} WHERE {WAITS} AND key IN (SELECT value FROM json_each(?))",
            (json.dumps(keys),),
        )
        return frozenset(row[0] for row in rows)

    def is_open(self, job_key: str) -> bool:
        """Whether a job of this key waits or is being worked on."""
        row = self.connection.execute(
            f"SELECT 1 FROM {JOBS} WHERE key = ? AND status <= {JobStatus.LEASED}", (job_key,)
        ).fetchone()
        return row is not None

    def due_of(self, prio: int, now: float) -> int:
        """How many jobs of a priority are due or being worked on."""
        count: int = self.connection.execute(
            f"SELECT count(*) FROM {JOBS} WHERE prio = ? AND status <= {JobStatus.LEASED}"
            " AND due <= ?",
            (prio, now),
        ).fetchone()[0]
        return count

    def make_due(self, prio: int) -> None:
        """Let the waiting jobs of a priority be due now: a user has asked for them again."""
        with self.transaction():
            self.connection.execute(
                f"UPDATE {JOBS} SET due = 0 WHERE prio = ? AND {WAITS}", (prio,)
            )

    def stats(self, now: float) -> QueueStats:
        """Jobs by state, counted in the table; ``failed`` counts jobs."""
        return count_jobs(self.connection, now)

    def trim(self, keep: int = KEEP_FINISHED) -> int:
        """Delete finished rows but the newest ``keep``, at most 5000; returns how many went."""
        with self.transaction():
            gone: int = self.connection.execute(
                f"DELETE FROM {JOBS} WHERE _id IN (SELECT _id FROM {JOBS}"
                f" WHERE status >= {JobStatus.DONE} ORDER BY _id DESC LIMIT ? OFFSET ?)",
                (TRIM_AT_MOST, keep),
            ).rowcount
        return gone

    def data_version(self) -> int:
        """A number that changes with every commit of another process (microseconds to ask)."""
        version: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    # -- the library's own verbs --------------------------------------------------------------

    def _pop(  # type: ignore[override]  # as the library's own class overrides its base
        self, rowid: int | None = None, next_in_order: bool = False, raw: bool = False
    ) -> dict[str, object] | None:
        """The job that the inherited ``get`` hands out: the next due one."""
        if rowid is not None or next_in_order:
            raise ValueError("jobs are handed out in their own order only")
        for leased in self.claim(time.time()):
            item = self._unack_cache[leased.queue_id] = leased.job.as_json()
            job = leased.job
            raw_item = {"pqid": leased.queue_id, "data": item, "timestamp": job.enqueued_at}
            return raw_item if raw else item
        return None

    def _mark_ack_status(self, key: int, status: str) -> None:
        """The core of the inherited ``ack``, ``ack_failed``, ``nack``: only leases are settled."""
        wanted = JobStatus(int(status))
        if wanted is JobStatus.GIVEN_BACK:
            self.give_back(key)
        else:
            self.settle(key, wanted)

    @property
    def size(self) -> int:
        """Waiting jobs, counted in the table and not in this process."""
        stats = self.stats(0.0)
        return stats.pending + stats.delayed
