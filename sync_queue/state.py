"""Small facts that outlive a worker: breaker, last error, last runs. Versioned JSON by name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from sync_queue.trouble import read_object

CREATE = ("CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, doc TEXT NOT NULL)",)


class StateStore:
    """One JSON object per name. Nothing here commits: the caller owns the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def get(self, name: str) -> dict[str, object]:
        """The object stored under ``name``; empty when there is none of a version we know."""
        row = self.connection.execute("SELECT doc FROM state WHERE name = ?", (name,)).fetchone()
        doc = read_object(row[0], f"state {name}") if row else {}
        return {k: v for k, v in doc.items() if k != "version"} if doc.get("version") == 1 else {}

    def put(self, name: str, doc: Mapping[str, object]) -> None:
        """Store ``doc`` under ``name``."""
        self.connection.execute(
            "INSERT INTO state (name, doc) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET doc = excluded.doc",
            (name, json.dumps({"version": 1, **doc})),
        )

    def drop(self, name: str) -> None:
        """Forget what is stored under ``name``."""
        self.connection.execute("DELETE FROM state WHERE name = ?", (name,))

    def set_notice(self, sentence: str) -> None:
        """The standing problem that the next hook or task says in Stash's log; "" = none."""
        if sentence:
            self.connection.execute(
                "INSERT INTO notice (id, sentence) VALUES (1, :sentence) ON CONFLICT (id) DO UPDATE"
                " SET sentence = excluded.sentence WHERE sentence IS NOT excluded.sentence",
                {"sentence": sentence},
            )
        else:
            self.connection.execute("DELETE FROM notice")

    def add_notice(self, sentence: str) -> None:
        """A notice of less weight: it stands only where no other does."""
        self.connection.execute(
            "INSERT OR IGNORE INTO notice (id, sentence) VALUES (1, ?)", (sentence,)
        )

    def was_said(self) -> bool:
        """Whether a hook or task has said the notice that stands."""
        return (
            self.connection.execute("SELECT 1 FROM notice WHERE said_at > 0").fetchone() is not None
        )

    def notice(self) -> str:
        """The notice that stands, "" when there is none."""
        row = self.connection.execute("SELECT sentence FROM notice").fetchone()
        return str(row[0]) if row else ""
