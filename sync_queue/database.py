"""Opening the one SQLite file, and its transactions."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sync_queue import datadir
from sync_queue.trouble import TRANSLATED, Connection, DatabaseBusy, read_object, replaced

# The log is moved into the database at about a megabyte: on a small disk, SQLite's own four would
# fill it for good, and the hook that reaches them would let its user wait.
LOG_PAGES = 250


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
        database.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
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
def transaction(
    database: sqlite3.Connection, check: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT, rolled back on any error, a failed COMMIT included.

    ``check`` is called immediately before and after the COMMIT: what held both times held in
    between. Within another transaction it is a part of that.
    """
    if database.in_transaction:
        yield
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        check()
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # SQLite itself has rolled back after some errors
            database.execute("ROLLBACK")
        raise
    check()


def leave_open(holder: object) -> None:
    """Let the connection that *holder* has be closed by nothing but the end of this process.

    Closing moves the connection's view of the log into the database and deletes the log by its
    name. Python closes what nobody holds any more, at its end too, so a reference is kept for ever.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(holder))


@contextmanager
def durable(database: sqlite3.Connection) -> Iterator[None]:
    """Make sure that a power failure undoes nothing that is committed within."""
    database.execute("PRAGMA synchronous = FULL")
    try:
        yield
    finally:
        database.execute("PRAGMA synchronous = NORMAL")


def stash_connection(database: sqlite3.Connection) -> Mapping[str, object]:
    """Stash as the newest hook or task described it: ``server_connection``, ``settings``."""
    row = database.execute("SELECT doc FROM connection").fetchone()
    return read_object(row[0], "connection") if row else {}


@contextmanager
def whole_file(target: str) -> Iterator[str]:
    """An empty private file (0600) to be filled, which takes the place of ``target`` once it is
    whole and durable. After an error ``target`` stays as it was.
    """
    temporary = target + datadir.UNFINISHED
    if os.path.exists(temporary):
        datadir.remove(temporary)
    # SQLite fills an empty file that is there, and leaves its mode alone.
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield temporary
        sync_file(temporary)
        datadir.replace(temporary, target)
    except BaseException:
        datadir.remove(temporary)
        raise
    datadir.sync_directory(os.path.dirname(target))


def sync_file(path: str) -> None:
    """Make a file's content durable."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def empty_log(database: sqlite3.Connection) -> None:
    """Move all that is in the -wal file into the database itself. Raises ``DatabaseBusy``."""
    busy: int = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise DatabaseBusy("Another program is reading the queue's database: edits wait for it.")


class OpenFiles:
    """Files that have to stay what they are while they are in use: SQLite itself continues to write
    to a deleted one. A file that is not there at first is not watched.
    """

    def __init__(self, *paths: str) -> None:
        found = {path: identity_of(path) for path in paths}
        self.identities = {path: identity for path, identity in found.items() if identity}

    def is_same(self, path: str) -> bool:
        """Whether a path still leads to the file that was there at first, if there was one."""
        return identity_of(path) == self.identities.get(path)

    def check(self) -> None:
        """See that each path still leads to the same file (microseconds).

        Raises ``DatabaseReplaced``.
        """
        for path in self.identities:
            if not self.is_same(path):
                raise replaced(path)


def identity_of(path: str) -> tuple[int, int] | None:
    """The numbers that distinguish files at the same path; ``None`` without a file."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
