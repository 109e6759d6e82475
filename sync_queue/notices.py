"""Sentences about standing problems that hooks and tasks log in Stash, one for each cause."""

from __future__ import annotations

import sqlite3
from enum import Enum


class Cause(Enum):
    """The cause of a notice. The value is its weight: the heaviest is logged."""

    DEAD_LETTERS = 10
    WRONG_SETTINGS = 20
    OUTAGE = 30
    HOLD = 40
    RESTORED = 50


class Notices:
    """The notices that stand. Nothing here commits: the caller owns the transaction.

    A hook logs the heaviest one, at most one an hour.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def set(self, cause: Cause, sentence: str) -> None:
        """Store ``sentence`` for hooks; ``{waiting}`` in it is the number of waiting jobs."""
        self.connection.execute(
            "INSERT INTO notice (cause, prio, sentence) VALUES (?, ?, ?)"
            " ON CONFLICT (cause) DO UPDATE SET sentence = excluded.sentence",
            (cause.name, cause.value, sentence),
        )

    def clear(self, *causes: Cause) -> None:
        """Remove the notices of ``causes``."""
        self.connection.executemany(
            "DELETE FROM notice WHERE cause = ?", [(cause.name,) for cause in causes]
        )

    def sentence(self) -> str:
        """The notice that the next hook logs, "" without one."""
        row = self.connection.execute(
            "SELECT sentence FROM notice ORDER BY prio DESC LIMIT 1"
        ).fetchone()
        return str(row[0]) if row else ""

    def was_said(self, cause: Cause) -> bool:
        """Whether a hook has logged the notice of ``cause``."""
        row = self.connection.execute(
            "SELECT 1 FROM notice WHERE cause = ? AND said_at > 0", (cause.name,)
        ).fetchone()
        return row is not None

    def stands(self, cause: Cause) -> bool:
        """Whether there is a notice of ``cause``."""
        row = self.connection.execute("SELECT 1 FROM notice WHERE cause = ?", (cause.name,))
        return row.fetchone() is not None
