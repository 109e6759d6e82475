"""The queue's front door: jobs, dead letters, ledger, index and state of one data directory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sync_queue import datadir, dlq, index_store, ledger, scenes, schema, spool, state
from sync_queue.database import durable, refuse_newer
from sync_queue.dlq import DeadLetter, DeadLetterQueue
from sync_queue.index_store import IndexStore
from sync_queue.ledger import Ledger
from sync_queue.models import ClaimedJob, QueueStats, SyncJob
from sync_queue.operations import BUSY_SECONDS, JobQueue
from sync_queue.scenes import Outcome, Scenes
from sync_queue.state import StateStore
from sync_queue.trouble import TRANSLATED, read_object

SCHEMA_VERSION = 1
TABLES = (*dlq.CREATE, *state.CREATE, *ledger.CREATE, *scenes.CREATE, *index_store.CREATE)
SPOOLED_AT_ONCE = 500


class QueueManager:
    """Opens (and creates or migrates) the database; use it as a context manager.

    Only the holder of the worker's lock may open one. Raises ``QueueError`` for a database that
    newer code has written.
    """

    def __init__(self, data_dir: str) -> None:
        self.data_dir = data_dir
        refuse_newer(datadir.database_path(data_dir), SCHEMA_VERSION, BUSY_SECONDS)
        self.queue = JobQueue(data_dir)
        self.connection = self.queue.connection
        try:
            self.migrate()
            spool.remove_abandoned(data_dir)
        except BaseException:
            self.queue.close()
            raise
        self.dlq = DeadLetterQueue(self.connection)
        self.scenes = Scenes(self.connection)
        self.ledger = Ledger(self.connection)
        self.index = IndexStore(self.connection)
        self.state = StateStore(self.connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.queue.close()

    def migrate(self) -> None:
        """Bring the schema to this code's version, in one transaction."""
        with self.queue.transaction() as database:
            for statement in TABLES:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction over everything in the file."""
        with self.queue.transaction():
            yield

    def enqueue(self, job: SyncJob, *, due: float = 0.0, prio: int = 0) -> None:
        """Store a job, or fold it into the waiting job of its key."""
        self.queue.put(job, due=due, prio=prio)

    def enqueue_in(self, job: SyncJob, *, prio: int = 0) -> None:
        """``enqueue`` within the caller's transaction."""
        self.queue.put_in(self.connection, job, prio=prio)

    def enqueue_all(self, jobs: Sequence[SyncJob], *, prio: int = 0) -> None:
        """Store many jobs in one transaction."""
        with self.queue.transaction() as database:
            for job in jobs:
                self.queue.put_in(database, job, prio=prio)

    def get_pending(self, now: float, limit: int = 1) -> list[ClaimedJob]:
        """Lease up to ``limit`` due jobs."""
        return self.queue.claim(now, limit)

    def ack_job(self, leased: ClaimedJob, now: float) -> bool:
        """Settle a leased job as done; its scene's older dead letter goes."""
        with self.transaction():
            return self.ack_in(leased, now)

    def ack_in(self, leased: ClaimedJob, now: float) -> bool:
        """``ack_job`` within the caller's transaction, together with what was learnt."""
        settled = self.queue.complete_in(self.connection, leased.queue_id, now)
        if settled:
            self.dlq.supersede(leased.job.job_key)
        return settled

    def nack_job(
        self, leased: ClaimedJob, due: float, *, charge: bool = False, error: str | None = None
    ) -> bool:
        """Give a leased job back, to be due at ``due`` (epoch seconds; 0 = at once)."""
        with self.queue.transaction() as database:
            return self.queue.retry_in(database, leased, due, charge=charge, error=error)

    def fail_job(self, leased: ClaimedJob, letter: DeadLetter, seen: str) -> int:
        """Bury a leased job: its end, its dead letter and its scene's outcome in one transaction.

        ``seen`` is Stash's ``updated_at`` of the state that failed, so that the sweep does not
        take the same state for a change. Returns the letter's number, 0 when the job is not leased
        (any more): it will run again.
        """
        with self.queue.transaction() as database:
            number, message = leased.queue_id, letter.message
            if not self.queue.bury_in(database, number, letter.failed_at, message):
                return 0
            if leased.job.scene_id:
                detail = {"sentence": letter.message}
                outcome = Outcome(
                    leased.job.scene_id, letter.reason, detail, seen, letter.failed_at
                )
                self.scenes.set_outcome(outcome, files=())
            return self.dlq.add(letter)

    def get_stats(self, now: float) -> QueueStats:
        """Jobs by state; ``failed`` counts dead letters."""
        stats = self.queue.stats(now)
        return QueueStats(
            stats.pending, stats.delayed, stats.in_progress, stats.completed, self.dlq.get_count()
        )

    def work_waits(self, now: float) -> bool:
        """Whether anything is due now, in the queue or in the spool."""
        due = self.queue.next_due(now)
        return (due is not None and due <= now) or bool(self.spooled())

    def spooled(self) -> list[str]:
        """The files that hooks left when the database did not answer, oldest first."""
        with TRANSLATED:
            return spool.waiting(self.data_dir)

    def take_in_spool(self) -> int:
        """Move spooled events into the queue; returns how many. A file goes only once stored."""
        paths = self.spooled()[:SPOOLED_AT_ONCE]
        if not paths:
            return 0
        with TRANSLATED:
            events = {path: event for path in paths if (event := spool.read(path))}
            with durable(self.connection), self.queue.transaction() as database:
                for event in events.values():
                    self.queue.put_in(database, event.job, version=event.version)
                    seen_at = event.job.enqueued_at
                    values = {"connection": event.connection, "now": seen_at}
                    database.execute(schema.PUT_OLDER_CONNECTION, values)
            for path in events:
                os.remove(path)
        return len(events)

    def stash_connection(self) -> Mapping[str, object]:
        """What the newest hook or task said of Stash: ``server_connection`` and ``settings``."""
        row = self.connection.execute("SELECT doc FROM connection").fetchone()
        return read_object(row[0], "connection") if row else {}

    def connection_seen_at(self) -> float:
        """When that was said (epoch seconds, 0 = never); a hook says the same only once."""
        row = self.connection.execute("SELECT seen_at FROM connection").fetchone()
        return float(row[0]) if row else 0.0

    def remember_connection(self, doc: Mapping[str, object], now: float) -> None:
        """Store what a task was told of Stash, as a hook does. Unlike a hook's, the same once more
        is news too: a person asked for something.
        """
        with self.queue.transaction() as database:
            database.execute(schema.PUT_CONNECTION, {"connection": json.dumps(doc), "now": now})
            database.execute("UPDATE connection SET seen_at = ?", (now,))
