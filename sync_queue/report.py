"""The data of Status: counts and states of one data directory. Opens nothing for writing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sync_queue import datadir, lock, spool, starts
from sync_queue.database import read_only
from sync_queue.dlq import DeadLetterQueue
from sync_queue.job_counts import count_jobs
from sync_queue.migrations import SCHEMA_VERSION
from sync_queue.models import QueueStats
from sync_queue.scenes import Scenes
from sync_queue.state import Breaker, Facts, HoldNote
from sync_queue.trouble import too_new
from validation.errors import QueueError
from validation.reasons import NEEDS_USER

# Status and progress bars do not wait long for a database that another process is writing.
BUSY_SECONDS = 2.0
NOTHING = QueueStats(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A dead letter in a report: ``job`` is its number, ``at`` when it failed (epoch seconds).
    ``scene`` is 0 for a job that is no scene's.
    """

    job: int
    scene: int
    reason: str
    message: str
    attempts: int
    at: float


@dataclass(frozen=True, slots=True)
class QueueReport:
    """The state of a queue. ``problem`` says why the database could not be read ("" = it could).

    ``spooled`` counts events waiting in files. ``outcomes`` counts scenes by outcome (``synced`` or
    a reason code). ``states`` holds the worker's small facts. ``letters`` are the newest dead
    letters, newest first, and ``for_person`` some of the scenes that need the user, by reason. Both
    hold no more than were requested. ``start_problem`` says why no worker could start, "" where one
    runs or nothing is known to be wrong.
    """

    data_dir: str
    worker_alive: bool
    spooled: int
    stats: QueueStats = NOTHING
    outcomes: Mapping[str, int] = field(default_factory=dict)
    states: Facts = field(default_factory=Facts)
    letters: tuple[LetterLine, ...] = ()
    for_person: Mapping[str, list[int]] = field(default_factory=dict)
    problem: str = ""
    start_problem: str = ""

    @property
    def left(self) -> int:
        """Jobs that are not settled yet."""
        return self.stats.left + self.spooled

    @property
    def due(self) -> int:
        """Jobs that could be worked on now."""
        return self.stats.pending + self.stats.in_progress + self.spooled

    @property
    def hold_reason(self) -> str:
        """Why everything waits, "" when it does not."""
        return self.states.load(HoldNote).reason

    @property
    def held_since(self) -> float:
        """When everything began to wait for this reason (epoch seconds), 0 when it does not."""
        return self.states.load(HoldNote).since

    @property
    def plex_fails(self) -> bool:
        """Whether Plex failed when it was last asked."""
        return self.states.load(Breaker).failures > 0


def read_report(data_dir: str, now: float, *, most: int = 1) -> QueueReport:
    """Look at the queue of ``data_dir`` without changing anything; name ``most`` of each kind."""
    try:
        with datadir.Using(data_dir):
            report = read_files(data_dir)
            path = datadir.database_path(data_dir)
            if not os.path.exists(path):
                return report
    except datadir.Unusable as error:
        return QueueReport(data_dir, worker_alive=False, spooled=0, problem=str(error))
    try:
        database = read_only(path, BUSY_SECONDS)
        try:
            return read_tables(database, report, now, most)
        finally:
            database.close()
    except QueueError as error:
        return replace(report, problem=str(error))
    except sqlite3.Error as error:
        problem = f"The queue's database has not all its tables yet ({error})."
        return replace(report, problem=problem)


def read_files(data_dir: str) -> QueueReport:
    """The report with what lies beside the database. Raises ``OSError``."""
    alive = lock.worker_alive(data_dir)
    why = "" if alive else starts.read(data_dir).problem
    return QueueReport(data_dir, alive, len(spool.waiting(data_dir)), start_problem=why)


def read_tables(
    database: sqlite3.Connection, report: QueueReport, now: float, most: int
) -> QueueReport:
    """The report with the tables' content. Raises ``DatabaseTooNew``."""
    found: int = database.execute("PRAGMA user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        raise too_new(found, SCHEMA_VERSION)
    stats = count_jobs(database, now)
    letters = database.execute(
        "SELECT id, scene_id, reason, message, attempts, failed_at FROM dead_letters"
        " ORDER BY failed_at DESC, id DESC LIMIT ?",
        (most,),
    ).fetchall()
    outcomes = Scenes(database).counts()
    states = database.execute("SELECT name, doc FROM state").fetchall()
    return replace(
        report,
        stats=replace(stats, failed=DeadLetterQueue(database).count()),
        outcomes=outcomes,
        states=Facts(dict(states)),
        letters=tuple(LetterLine(*row) for row in letters),
        for_person={
            reason: scenes_of(database, reason, most)
            for reason in sorted(NEEDS_USER & outcomes.keys())
        },
    )


def scenes_of(database: sqlite3.Connection, outcome: str, most: int) -> list[int]:
    """Some of the scenes with this outcome, by id."""
    rows = database.execute(
        "SELECT scene_id FROM scenes WHERE outcome = ? ORDER BY scene_id LIMIT ?", (outcome, most)
    )
    return [row[0] for row in rows]
