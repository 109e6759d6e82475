"""The Plex file index in the queue's own file: which item has which file, as listings showed it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence

from validation.file_names import file_key, tail_key, title_key
from validation.paths import folded
from validation.records import IndexedFile, IndexedSection

CREATE = (
    """
    CREATE TABLE IF NOT EXISTS plex_files (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        server TEXT NOT NULL, rating_key INTEGER NOT NULL, section_id INTEGER NOT NULL,
        kind TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, duration INTEGER NOT NULL,
        title TEXT NOT NULL, year INTEGER NOT NULL,
        added_at INTEGER NOT NULL, part_id INTEGER NOT NULL,
        path_key TEXT NOT NULL, tail_key TEXT NOT NULL, name_key TEXT NOT NULL,
        title_key TEXT NOT NULL, mark INTEGER NOT NULL,
        UNIQUE (server, rating_key, file)
    )""",
    "CREATE INDEX IF NOT EXISTS plex_file_path ON plex_files(server, path_key)",
    "CREATE INDEX IF NOT EXISTS plex_file_tail ON plex_files(server, tail_key)",
    "CREATE INDEX IF NOT EXISTS plex_file_name ON plex_files(server, name_key, size)",
    "CREATE INDEX IF NOT EXISTS plex_file_size ON plex_files(server, size)",
    "CREATE INDEX IF NOT EXISTS plex_file_title ON plex_files(server, title_key)",
    "CREATE INDEX IF NOT EXISTS plex_file_section ON plex_files(server, section_id, rating_key)",
    """
    CREATE TABLE IF NOT EXISTS plex_sections (
        server TEXT NOT NULL, section_id INTEGER NOT NULL, content_changed_at INTEGER NOT NULL,
        watermark INTEGER NOT NULL, hidden INTEGER NOT NULL,
        listed_at REAL NOT NULL, refreshed_at REAL NOT NULL,
        PRIMARY KEY (server, section_id)
    ) WITHOUT ROWID""",
)

_FILE_COLUMNS = "rating_key, section_id, kind, file, size, duration, title, year, added_at, part_id"
_UPSERT = f"""
INSERT INTO plex_files
    ({_FILE_COLUMNS}, server, path_key, tail_key, name_key, title_key, mark)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (server, rating_key, file) DO UPDATE SET
    section_id = excluded.section_id, kind = excluded.kind, size = excluded.size,
    duration = excluded.duration, title = excluded.title, year = excluded.year,
    added_at = excluded.added_at, part_id = excluded.part_id, title_key = excluded.title_key,
    mark = excluded.mark
"""
_SECTION_COLUMNS = "section_id, content_changed_at, watermark, hidden, listed_at, refreshed_at"


class IndexStore:
    """The index's tables. Nothing here commits: the caller owns the transaction.

    Rows belong to a server, by its machineIdentifier: another server's rows are no memory.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    # -- refreshing ---------------------------------------------------------------------------

    def sections(self, server: str) -> dict[int, IndexedSection]:
        """How far the index follows each library, by section id."""
        rows = self.connection.execute(
            f"SELECT {_SECTION_COLUMNS} FROM plex_sections WHERE server = ?", (server,)
        )
        return {row[0]: IndexedSection(*row) for row in rows}

    def save_section(self, server: str, section: IndexedSection) -> None:
        """Remember how far the index follows a library."""
        self.connection.execute(
            f"INSERT OR REPLACE INTO plex_sections (server, {_SECTION_COLUMNS})"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                server,
                section.section_id,
                section.content_changed_at,
                section.watermark,
                section.hidden,
                section.listed_at,
                section.refreshed_at,
            ),
        )

    def keep_sections(self, server: str, section_ids: Collection[int]) -> None:
        """Remove the rows of every library that is not one of ``section_ids``."""
        gone = self.sections(server).keys() - set(section_ids)
        for table in ("plex_files", "plex_sections") if gone else ():
            self.connection.executemany(
                f"DELETE FROM {table} WHERE server = ? AND section_id = ?",
                [(server, section_id) for section_id in gone],
            )

    def items(self, server: str, section_id: int) -> int:
        """The number of items that the index knows in a library."""
        count: int = self.connection.execute(
            "SELECT count(DISTINCT rating_key) FROM plex_files WHERE server = ? AND section_id = ?",
            (server, section_id),
        ).fetchone()[0]
        return count

    def new_mark(self, server: str) -> int:
        """A number for one listing, larger than that of every earlier one."""
        newest = "SELECT coalesce(max(mark), 0) FROM plex_files WHERE server = ?"
        last: int = self.connection.execute(newest, (server,)).fetchone()[0]
        return last + 1

    def holds(self, server: str, rows: Sequence[IndexedFile]) -> bool:
        """Whether the index has exactly these files of these items already."""
        stored = self.connection.execute(
            f"SELECT {_FILE_COLUMNS} FROM plex_files WHERE server = ?"
            " AND rating_key IN (SELECT value FROM json_each(?))",
            (server, json.dumps(list({row.rating_key for row in rows}))),
        )
        return {IndexedFile(*row) for row in stored} == set(rows)

    def upsert(self, server: str, rows: Sequence[IndexedFile], mark: int) -> None:
        """Store one page. A page has all files of its items: the others of these items go.

        A file of another size is a new one: a scene may wait for a file of that size.
        """
        self.connection.executemany(
            "DELETE FROM plex_files WHERE server = ? AND rating_key = ? AND file = ? AND size <> ?",
            [(server, row.rating_key, row.file, row.size) for row in rows],
        )
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
                    row.part_id,
                    server,
                    folded(row.file),
                    tail_key(row.file),
                    file_key(row.file),
                    title_key(row.title),
                    mark,
                )
                for row in rows
            ),
        )
        self.connection.executemany(
            "DELETE FROM plex_files WHERE server = ? AND rating_key = ? AND mark <> ?",
            [(server, key, mark) for key in {row.rating_key for row in rows}],
        )

    def remove_unseen(self, server: str, section_id: int, mark: int) -> None:
        """Remove the files of a library that a whole listing did not show."""
        self.connection.execute(
            "DELETE FROM plex_files WHERE server = ? AND section_id = ? AND mark <> ?",
            (server, section_id, mark),
        )

    # -- looking up ---------------------------------------------------------------------------

    def at(self, server: str, path: str, limit: int) -> tuple[IndexedFile, ...]:
        """Files at this path of Plex under folding: case, Unicode form and separators."""
        return self._files(server, "path_key = ?", folded(path), limit=limit)

    def in_folder(self, server: str, path: str, limit: int) -> tuple[IndexedFile, ...]:
        """Files with the name and the parent folder's name of ``path``."""
        return self._files(server, "tail_key = ?", tail_key(path), limit=limit)

    def named(self, server: str, name: str, limit: int, size: int = 0) -> tuple[IndexedFile, ...]:
        """Files with the file name of ``name``, and with ``size`` bytes where that is given."""
        key = file_key(name)
        if size:
            return self._files(server, "name_key = ? AND size = ?", key, size, limit=limit)
        return self._files(server, "name_key = ?", key, limit=limit)

    def sized(self, server: str, size: int, limit: int) -> tuple[IndexedFile, ...]:
        """Files of ``size`` bytes."""
        return self._files(server, "size = ?", size, limit=limit)

    def titled(self, server: str, title: str, limit: int) -> tuple[IndexedFile, ...]:
        """Files of items whose title has the words of ``title``."""
        key = title_key(title)
        return self._files(server, "title_key = ?", key, limit=limit) if key else ()

    def _files(
        self, server: str, where: str, *values: str | int, limit: int
    ) -> tuple[IndexedFile, ...]:
        rows = self.connection.execute(
            f"SELECT {_FILE_COLUMNS} FROM plex_files WHERE server = ? AND {where} LIMIT ?",
            (server, *values, limit),
        )
        return tuple(IndexedFile(*row) for row in rows)

    def files(self, server: str) -> Iterable[tuple[str, int, int]]:
        """Path, size and duration of every file."""
        return self.connection.execute(
            "SELECT file, size, duration FROM plex_files WHERE server = ?", (server,)
        )

    def last_id(self, server: str) -> int:
        """The number of the newest file, to ask ``since`` for what comes after it."""
        newest = "SELECT coalesce(max(id), 0) FROM plex_files WHERE server = ?"
        last: int = self.connection.execute(newest, (server,)).fetchone()[0]
        return last

    def since(self, server: str, last_id: int) -> Iterable[tuple[str, int]]:
        """Path and size of each file that came after ``last_id``: they wake parked scenes."""
        return self.connection.execute(
            "SELECT file, size FROM plex_files WHERE server = ? AND id > ?", (server, last_id)
        )
