"""The one database of a data directory: jobs, scenes, dead letters, ledger, index and state."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from sync_queue import datadir, lock, losses, schema, spool
from sync_queue.database import OpenFiles, connect, durable, leave_open, stash_connection
from sync_queue.dlq import DeadLetter, DeadLetterQueue
from sync_queue.index_store import IndexStore
from sync_queue.job_counts import QueueStats
from sync_queue.jobs import BUSY_SECONDS, JobQueue
from sync_queue.ledger import Ledger
from sync_queue.migrations import migrate
from sync_queue.models import ClaimedJob
from sync_queue.notices import Notices
from sync_queue.plays import PlexPlays
from sync_queue.reading import version_of
from sync_queue.scenes import Outcome, Scenes
from sync_queue.schema import SCHEMA_VERSION
from sync_queue.state import StateStore
from sync_queue.trouble import TRANSLATED, DatabaseDamaged, DatabaseOutdated, too_new

SPOOLED_AT_ONCE = 500


class QueueManager:
    """Opens the database; use it as a context manager.

    The holder of the worker's lock creates or migrates it; another process is a ``guest``, which
    puts jobs, and claims them only once it holds that lock too. Raises ``DatabaseTooNew`` for a
    database that newer code has written, and ``DatabaseOutdated`` for one that a guest finds
    unprepared.
    """

    def __init__(self, data_dir: str, *, guest: bool = False) -> None:
        self.data_dir = data_dir
        self.guest = guest
        path = datadir.database_path(data_dir)
        found = version_of(path, BUSY_SECONDS) or 0
        if found > SCHEMA_VERSION:
            raise too_new(found, SCHEMA_VERSION)
        if guest and found < SCHEMA_VERSION:
            raise DatabaseOutdated("The worker has not prepared the database yet.")
        with TRANSLATED:
            datadir.make_private(os.path.dirname(path))
        self.connection = connect(path, BUSY_SECONDS)
        try:
            migrate(self.connection, path)
            spool.remove_abandoned(data_dir)
            self.jobs = JobQueue(self.connection, path, self.check_files)
            self.lock_file = os.path.join(os.path.dirname(path), lock.LOCK_FILE)
            self.files = OpenFiles(path, path + "-shm", path + "-wal", self.lock_file)
        except BaseException:
            self.connection.close()
            raise
        self.scenes = Scenes(self.connection)
        self.ledger = Ledger(self.connection)
        self.letters = DeadLetterQueue(self.connection)
        self.index = IndexStore(self.connection)
        self.plays = PlexPlays(self.connection)
        self.state = StateStore(self.connection)
        self.notices = Notices(self.connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close. Damage that others' files have only feigned is raised as ``DatabaseReplaced``."""
        try:
            if isinstance(error, DatabaseDamaged):
                self.check_files()
        finally:
            self.close()

    def close(self) -> None:
        """Close the database, if its files are those that were opened.

        Otherwise others share other files, and closing would write an old log over what they have
        committed: the connection stays open until this process ends, and the next worker tells of
        the loss. The log of a database that was replaced goes: SQLite would mix it into the file
        that is there now.
        """
        path, is_same = self.jobs.file, self.files.is_same
        log, index = path + "-wal", path + "-shm"
        lost = [file for file in (path, log, index) if not is_same(file)]
        if lost:
            losses.note(self.data_dir, lost[0])
        with TRANSLATED:
            if not lost or (lost == [log] and not os.path.exists(log)):
                self.jobs.close()
                return
            leave_open(self.jobs)
            if path in lost and is_same(self.lock_file) and not self.guest:
                for file in filter(is_same, (log, index)):
                    os.remove(file)

    def transaction(self) -> AbstractContextManager[None]:
        """One transaction over everything in the file; within another one a part of it."""
        return self.jobs.transaction()

    def check_files(self) -> None:
        """See that database, -wal, -shm and lock are still the files that were opened.

        Raises ``DatabaseReplaced``.
        """
        with TRANSLATED:
            self.files.check()

    # -- settling -----------------------------------------------------------------------------

    def complete(self, leased: ClaimedJob) -> bool:
        """Settle a leased job as done; its scene's older dead letter goes."""
        with self.transaction():
            settled = self.jobs.complete(leased)
            if settled:
                self.letters.supersede(leased.job.job_key)
        return settled

    def bury(
        self,
        leased: ClaimedJob,
        letter: DeadLetter,
        scene_updated_at: str,
        *,
        title: str = "",
        path: str = "",
    ) -> int:
        """Settle a leased job as failed, with its dead letter; see ``keep_letter``. Returns 0 when
        the job is not leased (any more): it will run again.
        """
        with self.transaction():
            if not self.jobs.bury(leased):
                return 0
            return self.keep_letter(letter, scene_updated_at, title=title, path=path)

    def keep_letter(
        self, letter: DeadLetter, scene_updated_at: str, *, title: str = "", path: str = ""
    ) -> int:
        """Keep a dead letter and its scene's outcome; returns the letter's number.

        ``scene_updated_at`` is Stash's text of the state that failed, so that the sweep does not
        take the same state for a change. ``title`` and ``path`` are the scene's, for the page.
        """
        with self.transaction():
            if letter.job.scene_id:
                outcome = Outcome(
                    letter.job.scene_id,
                    letter.reason,
                    {"sentence": letter.message},
                    scene_updated_at,
                    letter.failed_at,
                    title,
                    path,
                )
                self.scenes.set_outcome(outcome, files=())
            return self.letters.add(letter)

    def get_stats(self, now: float) -> QueueStats:
        """Jobs by state; ``failed`` counts dead letters."""
        return self.jobs.stats(now).with_letters(self.letters.count())

    def work_waits(self, now: float) -> bool:
        """Whether anything is due now, in the queue or in the spool."""
        due = self.jobs.next_due(now)
        return (due is not None and due <= now) or bool(self.spooled())

    # -- what hooks left in files -------------------------------------------------------------

    def spooled(self) -> list[str]:
        """The files that hooks left when the database did not answer, oldest first."""
        with TRANSLATED:
            return datadir.spooled(self.data_dir)

    def take_in_spool(self) -> int:
        """Move spooled events into the queue; returns how many. A file goes only once stored."""
        paths = self.spooled()[:SPOOLED_AT_ONCE]
        if not paths:
            return 0
        with TRANSLATED:
            events = {path: event for path in paths if (event := spool.read(path))}
            with durable(self.connection), self.transaction():
                for event in events.values():
                    self.jobs.put(event.job)
                    self.connection.execute(schema.TAKE_UP, {"scene_id": event.job.scene_id})
                    values = {"connection": event.connection, "now": event.job.enqueued_at}
                    self.connection.execute(schema.PUT_OLDER_CONNECTION, values)
            for path in events:
                os.remove(path)
        return len(events)

    # -- Stash's address ----------------------------------------------------------------------

    def stash_connection(self) -> Mapping[str, object]:
        """Stash as the newest hook or task described it: ``server_connection``, ``settings``."""
        return stash_connection(self.connection)

    def connection_seen_at(self) -> float:
        """Its time (epoch seconds, 0 = never); a hook stores the same only once."""
        row = self.connection.execute("SELECT seen_at FROM connection").fetchone()
        return float(row[0]) if row else 0.0

    def remember_connection(self, doc: Mapping[str, object], now: float) -> None:
        """Store Stash's address from a task's input, as a hook does. Unlike a hook's, an equal one
        is news too: a user asked for something.
        """
        with self.transaction():
            values = {"connection": json.dumps(doc), "now": now}
            self.connection.execute(schema.PUT_CONNECTION, values)
            self.connection.execute("UPDATE connection SET seen_at = ?", (now,))
