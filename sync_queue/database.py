"""Opening the one SQLite file, and its transactions."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from sync_queue.trouble import TRANSLATED, Connection, DatabaseBusy, DatabaseTooNew


def connect(path: str, timeout: float) -> sqlite3.Connection:
    """Open the database for a worker or task: private file, WAL, explicit transactions.

    Its errors are ours: see ``sync_queue.trouble``.
    """
    with TRANSLATED:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(
            path, timeout=timeout, check_same_thread=False, isolation_level=None, factory=Connection
        )
    try:
        set_wal(database, timeout)
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def set_wal(database: sqlite3.Connection, timeout: float) -> None:
    """Switch to WAL. SQLite's busy handler is not asked for this switch, so we ask again."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except DatabaseBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT, rolled back on any error, a failed COMMIT included."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # SQLite itself has rolled back after some errors
            database.execute("ROLLBACK")
        raise


@contextmanager
def durable(database: sqlite3.Connection) -> Iterator[None]:
    """What is committed within is on disk for good, also when the power fails."""
    database.execute("PRAGMA synchronous = FULL")
    try:
        yield
    finally:
        database.execute("PRAGMA synchronous = NORMAL")


def read_only(path: str, timeout: float) -> sqlite3.Connection:
    """Open an existing database without any way to change it."""
    with TRANSLATED:
        return sqlite3.connect(
            f"file:{quote(os.path.abspath(path))}?mode=ro",
            uri=True,
            timeout=timeout,
            isolation_level=None,
            factory=Connection,
        )


def refuse_newer(path: str, known: int, timeout: float) -> None:
    """An older version never touches a database that newer code has written.

    Raises ``DatabaseTooNew``; a file that does not exist yet is not newer.
    """
    if not os.path.exists(path):
        return
    database = read_only(path, timeout)
    try:
        found: int = database.execute("PRAGMA user_version").fetchone()[0]
    finally:
        database.close()
    if found > known:
        raise DatabaseTooNew(
            f"The database was written by a newer PlexSync (schema {found}, this one knows"
            f" {known}). Update the plugin, or move the data directory away. Nothing was touched."
        )


def is_same_file(database: sqlite3.Connection, path: str) -> bool:
    """Whether ``path`` is what ``database`` has open, found out by writing a number to one and
    reading it from the other: some network file systems change the numbers of their files.
    """
    token = random.getrandbits(31)
    database.execute(f"PRAGMA application_id = {token}")
    empty_log(database)
    other = sqlite3.connect(f"file:{quote(os.path.abspath(path))}?immutable=1", uri=True)
    try:
        found: int = other.execute("PRAGMA application_id").fetchone()[0]
    except sqlite3.DatabaseError:  # whatever it is, it is not ours
        return False
    finally:
        other.close()
    return found == token


def empty_log(database: sqlite3.Connection) -> None:
    """Move all that is in the -wal file into the database itself. Raises ``DatabaseBusy``."""
    busy: int = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise DatabaseBusy("Another program is reading the queue's database: edits wait for it.")


def identity_of(path: str) -> tuple[int, int] | None:
    """What tells one file from another at the same path; ``None`` when there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
