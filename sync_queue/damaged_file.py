"""The three files of a database that is damaged, and a copy of it that can be read."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sync_queue.salvage import UNREADABLE

SUFFIXES = ("", "-wal", "-shm")
HEADER_BYTES = 100
# When this number is not the one at 24, the file's size counts and not the size in the header.
VALID_FOR_BYTES = slice(92, 96)
CHANGES_BYTES = slice(24, 28)


@contextmanager
def open_damaged(aside: str) -> Iterator[sqlite3.Connection]:
    """Open a copy of a damaged file, as leniently as SQLite can; ``aside`` itself stays as found.

    Its errors are SQLite's own. Where only the header is gone, the copy gets a sound one.
    """
    scratch = os.path.join(os.path.dirname(aside), "scratch.db")
    for suffix in SUFFIXES:
        remove(scratch + suffix)
    for suffix in ("", "-wal"):
        if os.path.exists(aside + suffix):
            shutil.copyfile(aside + suffix, scratch + suffix)
    source = open_leniently(scratch)
    try:
        if not has_schema(source):
            source.close()
            replace_header(scratch)
            source = open_leniently(scratch)
        yield source
    finally:
        source.close()


def open_leniently(path: str) -> sqlite3.Connection:
    """A connection that reads a file whose schema or size make no sense, as far as possible."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA writable_schema = ON")
    return database


def has_schema(database: sqlite3.Connection) -> bool:
    """Whether the list of tables can be read and has any."""
    try:
        return database.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
    except UNREADABLE:
        return False


def replace_header(path: str) -> None:
    """Put a sound header on a file whose first bytes were overwritten."""
    other = path + ".header"
    for suffix in SUFFIXES:
        remove(other + suffix)
    with closing(sqlite3.connect(other, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE anything (x)")
    with open(other, "rb") as file:
        header = bytearray(file.read(HEADER_BYTES))
    header[VALID_FOR_BYTES] = bytes(255 - byte for byte in header[CHANGES_BYTES])
    with open(path, "r+b") as file:
        file.write(header)


def move(source: str, target: str) -> None:
    """Move a database with its -wal and -shm; what is there already stays. 0600 from now on."""
    for suffix in SUFFIXES:
        if os.path.exists(source + suffix) and not os.path.exists(target + suffix):
            os.replace(source + suffix, target + suffix)
            os.chmod(target + suffix, 0o600)


def remove(path: str) -> None:
    """Delete a file if it is there."""
    if os.path.exists(path):
        os.remove(path)
