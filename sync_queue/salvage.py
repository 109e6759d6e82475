"""Reading what can still be read of a damaged database, row by row, into a sound one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync_queue import schema
from sync_queue.ledger_documents import read_entry
from sync_queue.models import parse_job
from sync_queue.trouble import read_object
from validation.errors import QueueError

# MemoryError is what Python makes of a damaged length.
UNREADABLE = (sqlite3.Error, QueueError, MemoryError)
# Rows are looked for up to this far behind a place that cannot be read: 2 ** 40.
FARTHEST_HOP = 40
# The Plex file index: hints that a listing brings anew; half of them would mislead.
LISTED_ANEW = frozenset({"plex_files", "plex_sections"})
UNSETTLED = (schema.WAITING, schema.READY, schema.RUNNING)

Key = tuple[Any, ...]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one table: how many rows were taken over, and whether that was all."""

    table: str
    rows: int
    whole: bool


def salvaged_tables(target: sqlite3.Connection) -> list[str]:
    """Every table but those of the file index."""
    names = target.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name"
    ).fetchall()
    return [name for (name,) in names if name not in LISTED_ANEW]


def salvage(
    source: sqlite3.Connection, target: sqlite3.Connection, tables: Iterable[str]
) -> tuple[Saved, ...]:
    """Copy tables within the caller's transaction on ``target``, whose own rows win. Settled jobs
    stay behind.
    """
    return tuple(copy_table(source, target, table) for table in tables)


def copy_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> Saved:
    """Copy the rows of one table that can be read and make sense."""
    types = {row[1]: row[2] for row in target.execute(f"PRAGMA table_info({table})")}
    try:
        found = {row[1] for row in source.execute(f"PRAGMA table_info({table})")}
    except UNREADABLE:
        found = set()
    columns = [name for name in types if name in found]
    if not columns:
        return Saved(table, 0, False)
    scan = Scan(source, table, primary_key(target, table), columns)
    insert = (
        f"INSERT OR IGNORE INTO {table} ({', '.join(columns)})"
        f" VALUES ({', '.join('?' * len(columns))})"
    )
    count, whole = 0, True
    for values in scan.rows():
        row = dict(zip(columns, values, strict=True))
        if not makes_sense(table, row, types):
            whole = False
        elif table != schema.JOBS or row["status"] in UNSETTLED:
            count += target.execute(insert, values).rowcount
    return Saved(table, count, whole and scan.whole)


def primary_key(database: sqlite3.Connection, table: str) -> list[str]:
    """The columns by which the table itself is ordered on disk."""
    sql: str = database.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).fetchone()[0]
    if "WITHOUT ROWID" not in sql:
        return ["rowid"]
    parts = [(row[5], row[1]) for row in database.execute(f"PRAGMA table_info({table})") if row[5]]
    return [name for _, name in sorted(parts)]


class Scan:
    """Reads one table from its beginning; where that breaks, from behind the break and back.

    ``whole`` says whether every row could be read.
    """

    def __init__(
        self, source: sqlite3.Connection, table: str, keys: list[str], columns: list[str]
    ) -> None:
        self.source = source
        self.table = table
        self.keys = keys
        self.columns = columns
        self.whole = True
        self.broke = False

    def rows(self) -> Iterator[Key]:
        """The values of ``columns`` of every row that can be read."""
        position: Key | None = None
        while True:
            for key, values in self.walk(above=position):
                position = key
                yield values
            if not self.broke:
                return
            self.whole = False
            position = position or self.floor()
            landing = self.landing(position)
            below = (*landing[:-1], landing[-1] + 1) if landing else None
            for _, values in self.walk(above=position, below=below, backwards=True):
                yield values
            if landing is None:
                return
            position = landing

    def floor(self) -> Key | None:
        """A key below all, for a table whose very first row cannot be read."""
        if len(self.keys) == 1:
            return (0,)
        *first, _ = self.keys
        try:  # every index of the table has its keys too
            found = self.source.execute(
                f"SELECT {', '.join(first)} FROM {self.table} ORDER BY scene_id LIMIT 1"
            ).fetchone()
        except UNREADABLE:
            return None
        return (*found, 0) if found else None

    def walk(
        self, *, above: Key | None, below: Key | None = None, backwards: bool = False
    ) -> Iterator[tuple[Key, Key]]:
        """Key and values of the rows between two keys, until the end or the first unreadable row;
        ``broke`` says which.
        """
        last = None
        self.broke = False
        try:
            for key, values in self.ask(above, below, backwards, -1):
                last = key
                yield key, values
            return
        except UNREADABLE:
            self.broke = True
        # sqlite3 looks one row ahead, so the last one before the break has to be asked for alone.
        above, below = (above, last or below) if backwards else (last or above, below)
        try:
            yield from self.ask(above, below, backwards, 1)
        except UNREADABLE:
            return

    def ask(
        self, above: Key | None, below: Key | None, backwards: bool, limit: int
    ) -> Iterator[tuple[Key, Key]]:
        """Key and values of the rows between two keys."""
        bounds = [(sign, key) for sign, key in ((">", above), ("<", below)) if key is not None]
        where = " AND ".join(self.compared(sign) for sign, _ in bounds) or "true"
        order = ", ".join(f"{key} DESC" if backwards else key for key in self.keys)
        count = len(self.keys)
        for row in self.source.execute(
            f"SELECT {', '.join((*self.keys, *self.columns))} FROM {self.table}"
            f" WHERE {where} ORDER BY {order} LIMIT {limit}",
            [part for _, key in bounds for part in key],
        ):
            yield row[:count], row[count:]

    def landing(self, position: Key | None) -> Key | None:
        """A key behind the unreadable place, above which rows can be read; if there is one."""
        if position is None or not isinstance(position[-1], int):
            return None
        order = ", ".join(self.keys)
        for hop in range(FARTHEST_HOP):
            key = (*position[:-1], position[-1] + 2**hop)
            try:
                self.source.execute(
                    f"SELECT 1 FROM {self.table} WHERE {self.compared('>')}"
                    f" ORDER BY {order} LIMIT 1",
                    key,
                ).fetchone()
            except UNREADABLE:
                continue
            return key
        return None

    def compared(self, sign: str) -> str:
        """The key against as many parameters."""
        return f"({', '.join(self.keys)}) {sign} ({', '.join('?' * len(self.keys))})"


def makes_sense(table: str, row: Row, types: Mapping[str, str]) -> bool:
    """Whether this code can have written the row: SQLite notices torn pages, not flipped bits."""
    fits = all(
        value is None or isinstance(value, VALUES.get(types[name], (object,)))
        for name, value in row.items()
    )
    try:
        if fits and table in READERS:
            READERS[table](row)
    except (ValueError, KeyError, QueueError):
        return False
    return fits


VALUES: Mapping[str, tuple[type, ...]] = {
    "INTEGER": (int,),
    "REAL": (int, float),
    "FLOAT": (int, float),
    "TEXT": (str,),
    "BLOB": (bytes,),
}

READERS: Mapping[str, Callable[[Row], object]] = {
    schema.JOBS: lambda row: parse_job(read_object(row["data"], "job")),
    "dead_letters": lambda row: (
        parse_job(read_object(row["job"], "dead letter")),
        read_object(row["evidence"], "dead letter"),
    ),
    "ledger": lambda row: read_entry(row["doc"]),
    "scenes": lambda row: read_object(row["detail"], "outcome"),
    "state": lambda row: read_object(row["doc"], "state"),
    "connection": lambda row: read_object(row["doc"], "connection"),
}
