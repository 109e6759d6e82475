"""Counting jobs, on any connection that can read the table. Standard library only, and little of
it: Status reads this.
"""

from __future__ import annotations

from sync_queue.schema import DONE, FAILED, JOBS, RUNNING, WAITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

# A due time further off than any wait we hand out comes from a clock that jumped: it is due.
LONGEST_DELAY = 6 * 3600.0

COUNT = f"""
SELECT
    count(*) FILTER (WHERE {WAITS}),
    (SELECT count(*) FROM {JOBS} WHERE {WAITS} AND due > :now AND due <= :now + :horizon),
    count(*) FILTER (WHERE status = {RUNNING}),
    count(*) FILTER (WHERE status = {DONE}),
    count(*) FILTER (WHERE status = {FAILED})
FROM {JOBS}
"""


class QueueStats:
    """Jobs by state. ``pending`` is due now, ``delayed`` waits for its time."""

    __slots__ = ("completed", "delayed", "failed", "in_progress", "pending")

    def __init__(
        self, pending: int, delayed: int, in_progress: int, completed: int, failed: int
    ) -> None:
        self.pending = pending
        self.delayed = delayed
        self.in_progress = in_progress
        self.completed = completed
        self.failed = failed

    @property
    def left(self) -> int:
        """Jobs that are not settled yet."""
        return self.pending + self.delayed + self.in_progress

    def with_letters(self, failed: int) -> QueueStats:
        """The same jobs, where ``failed`` counts dead letters."""
        return QueueStats(self.pending, self.delayed, self.in_progress, self.completed, failed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, QueueStats) and self._values() == other._values()

    def __repr__(self) -> str:
        return f"QueueStats{self._values()}"

    def _values(self) -> tuple[int, ...]:
        return self.pending, self.delayed, self.in_progress, self.completed, self.failed

    __hash__ = None  # type: ignore[assignment]  # equal by value


def count_jobs(database: sqlite3.Connection, now: float) -> QueueStats:
    """Jobs by state."""
    values = {"now": now, "horizon": LONGEST_DELAY}
    waiting, delayed, leased, done, failed = database.execute(COUNT, values).fetchone()
    return QueueStats(waiting - delayed, delayed, leased, done, failed)
