"""The Plex file index in the queue's own file: which item has which file, as listings told it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from validation.file_names import file_key
from validation.paths import normalise
from validation.records import IndexedFile, IndexedSection

CREATE = (
    """
    CREATE TABLE IF NOT EXISTS plex_files (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        server TEXT NOT NULL, rating_key INTEGER NOT NULL, section_id INTEGER NOT NULL,
        kind TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, duration INTEGER NOT NULL,
        title TEXT NOT NULL, year INTEGER NOT NULL,
        added_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        name_key TEXT NOT NULL, path_key TEXT NOT NULL, mark INTEGER NOT NULL,
        UNIQUE (server, rating_key, file)
    )""",
    "CREATE INDEX IF NOT EXISTS plex_file_name ON plex_files(server, name_key)",
    "CREATE INDEX IF NOT EXISTS plex_file_path ON plex_files(server, path_key)",
    """
    CREATE TABLE IF NOT EXISTS plex_sections (
        server TEXT NOT NULL, section_id INTEGER NOT NULL, content_changed_at INTEGER NOT NULL,
        watermark INTEGER NOT NULL, listed_at REAL NOT NULL, refreshed_at REAL NOT NULL,
        PRIMARY KEY (server, section_id)
    ) WITHOUT ROWID""",
)

_FILE_COLUMNS = (
    "rating_key, section_id, kind, file, size, duration, title, year, added_at, updated_at"
)
_UPSERT = f"""
INSERT INTO plex_files ({_FILE_COLUMNS}, server, name_key, path_key, mark)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (server, rating_key, file) DO UPDATE SET
    section_id = excluded.section_id, kind = excluded.kind, size = excluded.size,
    duration = excluded.duration, title = excluded.title, year = excluded.year,
    added_at = excluded.added_at, updated_at = excluded.updated_at, mark = excluded.mark
"""
_AT_ONCE = 500  # parameters of one statement; SQLite's own limit was 999 for long


class IndexStore:
    """The index's tables. Nothing here commits: the caller owns the transaction.

    Rows belong to a server, by its machineIdentifier: what another server had is no memory.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    # -- refreshing ---------------------------------------------------------------------------

    def sections(self, server: str) -> dict[int, IndexedSection]:
        """How far the index follows each library, by section id."""
        rows = self.connection.execute(
            "SELECT section_id, content_changed_at, watermark, listed_at, refreshed_at"
            " FROM plex_sections WHERE server = ?",
            (server,),
        )
        return {row[0]: IndexedSection(*row) for row in rows}

    def save_section(self, server: str, section: IndexedSection) -> None:
        """Remember how far the index follows a library."""
        self.connection.execute(
            "INSERT OR REPLACE INTO plex_sections (server, section_id, content_changed_at,"
            " watermark, listed_at, refreshed_at) VALUES (?, ?, ?, ?, ?, ?)",
            (
                server,
                section.section_id,
                section.content_changed_at,
                section.watermark,
                section.listed_at,
                section.refreshed_at,
            ),
        )

    def new_mark(self, server: str) -> int:
        """A number for one listing, larger than that of every earlier one."""
        newest = "SELECT coalesce(max(mark), 0) FROM plex_files WHERE server = ?"
        last: int = self.connection.execute(newest, (server,)).fetchone()[0]
        return last + 1

    def holds(self, server: str, rows: Sequence[IndexedFile]) -> bool:
        """Whether the index has exactly these files of these items already."""
        keys = sorted({row.rating_key for row in rows})
        found: set[IndexedFile] = set()
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            stored = self.connection.execute(
                f"SELECT {_FILE_COLUMNS} FROM plex_files WHERE server = ?"
                f" AND rating_key IN ({', '.join('?' * len(some))})",
                (server, *some),
            )
            found.update(IndexedFile(*row) for row in stored)
        return found == set(rows)

    def upsert(self, server: str, rows: Sequence[IndexedFile], mark: int) -> None:
        """Store one page. A page has all files of its items: what they lack now is removed."""
        self.connection.executemany(
            _UPSERT,
            (
                (
                    row.rating_key,
                    row.section_id,
                    row.kind,
                    row.file,
                    row.size,
                    row.duration,
                    row.title,
                    row.year,
                    row.added_at,
                    row.updated_at,
                    server,
                    file_key(row.file),
                    normalise(row.file),
                    mark,
                )
                for row in rows
            ),
        )
        self.connection.executemany(
            "DELETE FROM plex_files WHERE server = ? AND rating_key = ? AND mark <> ?",
            [(server, key, mark) for key in {row.rating_key for row in rows}],
        )

    def remove_unseen(self, server: str, section_id: int, mark: int) -> int:
        """Remove what a full listing of a library did not show; returns the number of files."""
        return self.connection.execute(
            "DELETE FROM plex_files WHERE server = ? AND section_id = ? AND mark <> ?",
            (server, section_id, mark),
        ).rowcount

    def note_update(self, server: str, rating_key: int, updated_at: int) -> None:
        """Remember the ``updatedAt`` that a read of the item showed."""
        self.connection.execute(
            "UPDATE plex_files SET updated_at = ? WHERE server = ? AND rating_key = ?",
            (updated_at, server, rating_key),
        )

    def forget(self, server: str, rating_keys: Sequence[int]) -> None:
        """Remove items that Plex says are gone."""
        self.connection.executemany(
            "DELETE FROM plex_files WHERE server = ? AND rating_key = ?",
            [(server, key) for key in rating_keys],
        )

    # -- looking up ---------------------------------------------------------------------------

    def lookup(self, server: str, path: str) -> tuple[IndexedFile, ...]:
        """The files that have the file name of ``path``, without case and Unicode form."""
        return self._files("name_key = ?", server, file_key(path))

    def files_at(self, server: str, path: str) -> tuple[IndexedFile, ...]:
        """The files with this full path of Plex, one per item that holds it."""
        return self._files("path_key = ?", server, normalise(path))

    def updated_at(self, server: str, rating_keys: Sequence[int]) -> dict[int, int]:
        """Plex's ``updatedAt`` (epoch seconds) of those items that the index knows."""
        rows = self.connection.execute(
            "SELECT rating_key, max(updated_at) FROM plex_files WHERE server = ?"
            f" AND rating_key IN ({', '.join('?' * len(rating_keys))}) GROUP BY rating_key",
            (server, *rating_keys),
        )
        return dict(rows.fetchall())

    def examples(self, server: str, limit: int) -> tuple[IndexedFile, ...]:
        """Some files, for a report that shows what Plex's paths look like."""
        return self._files("1 ORDER BY id LIMIT ?", server, limit)

    def first_below(self, server: str, folder: str) -> tuple[str, ...]:
        """The path of one file below a folder of Plex, if there is any."""
        lower = normalise(folder).rstrip("/") + "/"
        rows = self.connection.execute(
            "SELECT file FROM plex_files WHERE server = ? AND path_key > ? AND path_key < ?"
            " LIMIT 1",
            (server, lower, lower + chr(0x10FFFF)),
        )
        return tuple(row[0] for row in rows)

    def _files(self, where: str, server: str, value: str | int) -> tuple[IndexedFile, ...]:
        rows = self.connection.execute(
            f"SELECT {_FILE_COLUMNS} FROM plex_files WHERE server = ? AND {where}",
            (server, value),
        )
        return tuple(IndexedFile(*row) for row in rows)

    def last_id(self, server: str) -> int:
        """The number of the newest file, to ask ``names_since`` for what comes after it."""
        newest = "SELECT coalesce(max(id), 0) FROM plex_files WHERE server = ?"
        last: int = self.connection.execute(newest, (server,)).fetchone()[0]
        return last

    def names_since(self, server: str, last_id: int) -> frozenset[str]:
        """The keys (``file_key``) of files that came after ``last_id``: they wake parked scenes."""
        rows = self.connection.execute(
            "SELECT DISTINCT name_key FROM plex_files WHERE server = ? AND id > ?",
            (server, last_id),
        )
        return frozenset(row[0] for row in rows)
