"""What Status reads: counts and states of one data directory. Opens nothing for writing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from sync_queue import datadir, jobs_table, lock, spool
from sync_queue.database import read_only
from sync_queue.models import QueueStats
from sync_queue.trouble import read_object
from validation.errors import QueueError

# Status and progress bars do not wait long for a database that another process is writing.
BUSY_SECONDS = 2.0
NOTHING = QueueStats(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class QueueReport:
    """A look at a queue. ``problem`` says why the database could not be read ("" = it could).

    ``spooled`` counts events waiting in files; ``outcomes`` counts scenes by outcome
    (``synced`` or a reason code); ``states`` holds the worker's small facts by name.
    """

    data_dir: str
    worker_alive: bool
    spooled: int
    stats: QueueStats = NOTHING
    outcomes: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    newest_letter: str = ""
    problem: str = ""


def read_report(data_dir: str, now: float) -> QueueReport:
    """Look at the queue of ``data_dir`` without changing anything."""
    alive = lock.worker_alive(data_dir)
    spooled = len(spool.waiting(data_dir))
    path = datadir.database_path(data_dir)
    if not os.path.exists(path):
        return QueueReport(data_dir, alive, spooled)
    try:
        database = read_only(path, BUSY_SECONDS)
        try:
            return read_tables(database, QueueReport(data_dir, alive, spooled), now)
        finally:
            database.close()
    except QueueError as error:
        return QueueReport(data_dir, alive, spooled, problem=str(error))
    except sqlite3.Error as error:
        problem = f"The queue's database has not all its tables yet ({error})."
        return QueueReport(data_dir, alive, spooled, problem=problem)


def read_tables(database: sqlite3.Connection, report: QueueReport, now: float) -> QueueReport:
    """The report with what the tables say."""
    stats = jobs_table.count(database, now)
    failed: int = database.execute("SELECT count(*) FROM dead_letters").fetchone()[0]
    letter = database.execute(
        "SELECT reason, message FROM dead_letters ORDER BY failed_at DESC LIMIT 1"
    ).fetchone()
    outcomes = database.execute(
        "SELECT outcome, count(*) FROM scenes WHERE outcome != '' GROUP BY outcome"
    ).fetchall()
    states = database.execute("SELECT name, doc FROM state").fetchall()
    return QueueReport(
        data_dir=report.data_dir,
        worker_alive=report.worker_alive,
        spooled=report.spooled,
        stats=QueueStats(stats.pending, stats.delayed, stats.in_progress, stats.completed, failed),
        outcomes=dict(outcomes),
        states={name: read_object(doc, f"state {name}") for name, doc in states},
        newest_letter=f"{letter[0]}: {letter[1]}" if letter else "",
    )
