"""Dead letters: jobs that will not succeed by waiting. Standard library only."""

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
    """One job that was given up, with its whole story.

    Attributes:
        attempts: tries that were charged to the job, the last one included.
        evidence: the findings of its sync, as JSON values: candidates, item, fields, status.
        failed_at: epoch seconds of the last try.
        id: the number by which a user names it, 0 before it is stored.
    """

    job: SyncJob
    reason: str
    error_type: str
    message: str
    stack_trace: str
    attempts: int
    evidence: Mapping[str, object] = field(default_factory=dict)
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
                letter.job.enqueued_at,
                letter.failed_at,
            ),
        )
        return cursor.lastrowid or 0

    def recent(self, limit: int = 20) -> list[DeadLetter]:
        """The newest dead letters, newest first."""
        rows = self.connection.execute(
            f"SELECT {COLUMNS} FROM dead_letters ORDER BY failed_at DESC, id DESC LIMIT ?", (limit,)
        )
        return [to_letter(row) for row in rows]

    def get(self, number: int) -> DeadLetter | None:
        """One dead letter, whole; ``None`` without one of that number."""
        row = self.connection.execute(
            f"SELECT {COLUMNS} FROM dead_letters WHERE id = ?", (number,)
        ).fetchone()
        return to_letter(row) if row else None

    def get_by_key(self, job_key: str) -> DeadLetter | None:
        """The dead letter of a job's key (``scene:12``), whole; ``None`` without one."""
        row = self.connection.execute(
            f"SELECT {COLUMNS} FROM dead_letters WHERE job_key = ?", (job_key,)
        ).fetchone()
        return to_letter(row) if row else None

    def with_error(self, error_type: str) -> list[DeadLetter]:
        """The dead letters of one type of error."""
        rows = self.connection.execute(
            f"SELECT {COLUMNS} FROM dead_letters WHERE error_type = ?", (error_type,)
        )
        return [to_letter(row) for row in rows]

    def count(self) -> int:
        """How many dead letters there are."""
        count: int = self.connection.execute("SELECT count(*) FROM dead_letters").fetchone()[0]
        return count

    def newest_at(self) -> float:
        """When the newest dead letter failed (epoch seconds), 0 without one."""
        newest: float = self.connection.execute(
            "SELECT coalesce(max(failed_at), 0.0) FROM dead_letters"
        ).fetchone()[0]
        return newest

    def delete_older_than(self, before: float) -> int:
        """Delete dead letters from before ``before`` (epoch seconds); returns how many went."""
        return self.connection.execute(
            "DELETE FROM dead_letters WHERE failed_at < ?", (before,)
        ).rowcount

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
        job = parse_job(read_object(row[1], "dead letter"), row[8])
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
        failed_at=row[9],
    )
