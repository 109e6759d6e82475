"""The data of Status: counts and states of one data directory. Opens nothing for writing.

Standard library only, and little of it: a page asks every two seconds, and each time costs a
process. So these are plain classes.
"""

from __future__ import annotations

import os

from sync_queue import datadir, lock, starts
from sync_queue.facts import Facts
from sync_queue.job_counts import QueueStats, count_jobs
from sync_queue.light_sqlite import sqlite3
from sync_queue.reading import read_only
from sync_queue.schema import SCHEMA_VERSION
from sync_queue.trouble import too_new
from validation.errors import QueueError
from validation.reasons import NEEDS_USER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    Found = TypeVar("Found")

# Status and progress bars do not wait long for a database that another process is writing.
BUSY_SECONDS = 2.0


class Letter:
    """A dead letter in a report: ``job`` is its number, ``at`` when it failed (epoch seconds).
    ``scene`` is 0 for a job that is no scene's.
    """

    __slots__ = ("at", "attempts", "job", "message", "reason", "scene", "title")

    def __init__(
        self,
        job: int,
        scene: int,
        reason: str,
        message: str,
        attempts: int,
        at: float,
        title: str = "",
    ) -> None:
        self.job = job
        self.scene = scene
        self.reason = reason
        self.message = message
        self.attempts = attempts
        self.at = at
        self.title = title

    def as_doc(self) -> dict[str, object]:
        """For programs."""
        return {
            "job": self.job,
            "scene": self.scene,
            "reason": self.reason,
            "message": self.message,
            "attempts": self.attempts,
            "at": self.at,
            "title": self.title,
        }


class Tables:
    """The content of the database in a report.

    ``outcomes`` counts scenes by outcome (``synced`` or a reason code). ``states`` are the worker's
    small facts. ``letters`` are the newest dead letters, newest first, and ``for_person`` some of
    the scenes that need the user, by reason: no more than were requested. ``more`` is what the
    caller has read besides.
    """

    __slots__ = ("for_person", "letters", "more", "outcomes", "states", "stats")

    def __init__(
        self,
        stats: QueueStats | None = None,
        outcomes: Mapping[str, int] | None = None,
        states: Facts | None = None,
        letters: Sequence[Letter] = (),
        for_person: Mapping[str, list[int]] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        self.stats = stats or QueueStats(0, 0, 0, 0, 0)
        self.outcomes = outcomes or {}
        self.states = states or Facts()
        self.letters = letters
        self.for_person = for_person or {}
        self.more = more or {}


class QueueReport:
    """The state of a queue. ``problem`` says why the database could not be read ("" = it could).

    ``spooled`` counts events waiting in files. ``start_problem`` says why no worker could start, ""
    where one runs or nothing is known to be wrong.
    """

    __slots__ = ("data_dir", "problem", "spooled", "start_problem", "tables", "worker_alive")

    def __init__(
        self,
        data_dir: str,
        *,
        worker_alive: bool = False,
        spooled: int = 0,
        tables: Tables | None = None,
        problem: str = "",
        start_problem: str = "",
    ) -> None:
        self.data_dir = data_dir
        self.worker_alive = worker_alive
        self.spooled = spooled
        self.tables = tables or Tables()
        self.problem = problem
        self.start_problem = start_problem

    @property
    def stats(self) -> QueueStats:
        """Jobs by state; ``failed`` counts dead letters."""
        return self.tables.stats

    @property
    def states(self) -> Facts:
        """The worker's small facts."""
        return self.tables.states

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
        return self.states.text("hold", "reason")

    @property
    def held_since(self) -> float:
        """When everything began to wait for this reason (epoch seconds), 0 when it does not."""
        return self.states.number("hold", "since")

    @property
    def plex_fails(self) -> bool:
        """Whether Plex failed when it was last asked."""
        return self.states.number("breaker", "failures") > 0


def read_report(
    data_dir: str,
    now: float,
    *,
    most: int = 1,
    more: Callable[[sqlite3.Connection], Mapping[str, object]] = lambda _: {},
) -> QueueReport:
    """Look at the queue of ``data_dir`` without changing anything; name ``most`` of each kind.
    ``more`` reads what else the caller needs, while the database is open.
    """
    try:
        with datadir.Using(data_dir):
            alive = lock.worker_alive(data_dir)
            spooled = len(datadir.spooled(data_dir))
    except datadir.Unusable as error:
        return QueueReport(data_dir, problem=str(error))
    tables, problem = look(
        data_dir, Tables, lambda database: read_tables(database, now, most, more)
    )
    return QueueReport(
        data_dir,
        worker_alive=alive,
        spooled=spooled,
        tables=tables,
        problem=problem,
        start_problem="" if alive else starts.read(data_dir).problem,
    )


def look(
    data_dir: str, nothing: Callable[[], Found], read: Callable[[sqlite3.Connection], Found]
) -> tuple[Found, str]:
    """Read something from the database: *nothing* without one. The second value says why it could
    not be read ("" = it could).
    """
    path = datadir.database_path(data_dir)
    try:
        with datadir.Using(data_dir):
            if not os.path.exists(path):
                return nothing(), ""
        database = read_only(path, BUSY_SECONDS)
        try:
            found: int = database.execute("PRAGMA user_version").fetchone()[0]
            if found > SCHEMA_VERSION:
                raise too_new(found, SCHEMA_VERSION)
            return read(database), ""
        finally:
            database.close()
    except (QueueError, datadir.Unusable) as error:
        return nothing(), str(error)
    except sqlite3.Error as error:
        return nothing(), f"The queue's database has not all its tables yet ({error})."


def read_tables(
    database: sqlite3.Connection,
    now: float,
    most: int,
    more: Callable[[sqlite3.Connection], Mapping[str, object]],
) -> Tables:
    """The tables' content."""
    failed: int = database.execute("SELECT count(*) FROM dead_letters").fetchone()[0]
    letters = database.execute(
        "SELECT id, scene_id, reason, message, attempts, failed_at, coalesce(title, '')"
        " FROM dead_letters LEFT JOIN scenes USING (scene_id)"
        " ORDER BY failed_at DESC, id DESC LIMIT ?",
        (most,),
    ).fetchall()
    outcomes = dict(
        database.execute(
            "SELECT outcome, count(*) FROM scenes WHERE outcome != '' GROUP BY outcome"
        ).fetchall()
    )
    return Tables(
        count_jobs(database, now).with_letters(failed),
        outcomes,
        Facts(dict(database.execute("SELECT name, doc FROM state").fetchall())),
        [Letter(*row) for row in letters],
        {
            reason: scenes_of(database, reason, most)
            for reason in sorted(NEEDS_USER & outcomes.keys())
        },
        more(database),
    )


def scenes_of(database: sqlite3.Connection, outcome: str, most: int) -> list[int]:
    """Some of the scenes with this outcome, by id."""
    rows = database.execute(
        "SELECT scene_id FROM scenes WHERE outcome = ? ORDER BY scene_id LIMIT ?", (outcome, most)
    )
    return [row[0] for row in rows]
