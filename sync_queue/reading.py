"""Opening the database without any way to change it. Standard library only, and little of it."""

from __future__ import annotations

import os

from sync_queue.light_sqlite import file_uri, sqlite3
from sync_queue.trouble import TRANSLATED, Connection


def read_only(path: str, timeout: float) -> sqlite3.Connection:
    """Open an existing database without any way to change it. *timeout* is in seconds."""
    with TRANSLATED:
        return sqlite3.connect(
            file_uri(os.path.abspath(path), "ro"),
            uri=True,
            timeout=timeout,
            isolation_level=None,
            factory=Connection,
        )


def version_of(path: str, timeout: float) -> int | None:
    """The schema's version of a database, ``None`` without a file. Changes nothing."""
    if not os.path.exists(path):
        return None
    database = read_only(path, timeout)
    try:
        found: int = database.execute("PRAGMA user_version").fetchone()[0]
    finally:
        database.close()
    return found
