"""Dead letters: jobs that will not succeed by waiting, kept with their whole story."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from sync_queue.models import SyncJob, parse_job
from sync_queue.trouble import damaged, read_object

CREATE = (
    """
    CREATE TABLE IF NOT EXISTS dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        scene_id INTEGER NOT NULL, job_key TEXT NOT NULL, job TEXT NOT NULL,
        reason TEXT NOT NULL, error_type TEXT NOT NULL, message TEXT NOT NULL,
        stack_trace TEXT NOT NULL, attempts INTEGER NOT NULL, evidence TEXT NOT NULL,
        enqueued_at REAL NOT NULL, failed_at REAL NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS dead_letter_key ON dead_letters(job_key)",
    "CREATE INDEX IF NOT EXISTS dead_letter_time ON dead_letters(failed_at)",
)

COLUMNS = (
    "id, job, reason, error_type, message, stack_trace, attempts, evidence, enqueued_at, failed_at"
)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One job that was given up. Times are epoch seconds; ``id`` is 0 before it is stored."""

    job: SyncJob
    reason: str
    error_type: str
    message: str
    stack_trace: str
    attempts: int
    evidence: Mapping[str, object] = field(default_factory=dict)
    enqueued_at: float = 0.0
    failed_at: float = 0.0
    id: int = 0


class DeadLetterQueue:
    """Dead letters in the queue's own file. Nothing here commits: the caller owns the transaction.

    A scene has one dead letter at most: the newest.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def add(self, letter: DeadLetter) -> int:
        """Keep ``letter`` in place of an older one of the same scene; returns its number."""
        self.supersede(letter.job.job_key)
        cursor = self.connection.execute(
            "INSERT INTO dead_letters (scene_id, job_key, job, reason, error_type, message,"
            " stack_trace, attempts, evidence, enqueued_at, failed_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                letter.job.scene_id,
                letter.job.job_key,
                json.dumps(letter.job.as_json()),
                letter.reason,
                letter.error_type,
                letter.message,
                letter.stack_trace,
                letter.attempts,
                json.dumps({"version": 1, **letter.evidence}),
                letter.enqueued_at,
                letter.failed_at,
            ),
        )
        return cursor.lastrowid or 0

    def get_recent(self, limit: int = 20) -> list[DeadLetter]:
        """The newest dead letters, newest first."""
        rows = self.connection.execute(
            f"SELECT {COLUMNS} FROM dead_letters ORDER BY failed_at DESC, id DESC LIMIT ?", (limit,)
        )
        return [to_letter(row) for row in rows]

    def get_by_id(self, number: int) -> DeadLetter | None:
        """One dead letter, ``None`` when there is none of that number."""
        row = self.connection.execute(
            f"SELECT {COLUMNS} FROM dead_letters WHERE id = ?", (number,)
        ).fetchone()
        return to_letter(row) if row else None

    def get_count(self) -> int:
        """How many dead letters there are."""
        count: int = self.connection.execute("SELECT count(*) FROM dead_letters").fetchone()[0]
        return count

    def delete_older_than(self, before: float) -> int:
        """Delete dead letters from before ``before`` (epoch seconds); returns how many went."""
        return self.connection.execute(
            "DELETE FROM dead_letters WHERE failed_at < ?", (before,)
        ).rowcount

    def has_older_than(self, before: float) -> bool:
        """Whether there is a dead letter from before ``before`` (epoch seconds)."""
        rows = self.connection.execute(
            "SELECT 1 FROM dead_letters WHERE failed_at < ? LIMIT 1", (before,)
        )
        return rows.fetchone() is not None

    def date_anew(self, before: float, now: float) -> None:
        """Give the dead letters from before ``before`` another time: their clock was wrong."""
        self.connection.execute(
            "UPDATE dead_letters SET failed_at = ? WHERE failed_at < ?", (now, before)
        )

    def supersede(self, job_key: str) -> None:
        """Drop the dead letter of a key: a newer edit of that scene has been synced or buried."""
        self.connection.execute("DELETE FROM dead_letters WHERE job_key = ?", (job_key,))

    def dismiss(self, number: int) -> bool:
        """Delete one dead letter for good. False when there is none of that number."""
        cursor = self.connection.execute("DELETE FROM dead_letters WHERE id = ?", (number,))
        return cursor.rowcount == 1


def to_letter(row: tuple[int, str, str, str, str, str, int, str, float, float]) -> DeadLetter:
    """A row as a record. Raises ``DatabaseDamaged`` when its job or evidence cannot be read."""
    try:
        job = parse_job(read_object(row[1], "dead letter"))
    except ValueError as error:
        raise damaged("dead letter") from error
    return DeadLetter(
        id=row[0],
        job=job,
        reason=row[2],
        error_type=row[3],
        message=row[4],
        stack_trace=row[5],
        attempts=row[6],
        evidence={k: v for k, v in read_object(row[7], "dead letter").items() if k != "version"},
        enqueued_at=row[8],
        failed_at=row[9],
    )
