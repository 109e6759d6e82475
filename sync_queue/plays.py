"""What was read of Plex's views and star ratings, so that each goes to Stash once for ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# ``done``: Stash has it, or it is not to have it. ``tried`` is the mark of the last look that could
# not say whose the item is.
CREATE = (
    """
    CREATE TABLE IF NOT EXISTS plex_views (
        server TEXT NOT NULL, view_id INTEGER NOT NULL, viewed_at INTEGER NOT NULL,
        rating_key INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0,
        tried TEXT NOT NULL DEFAULT '', PRIMARY KEY (server, view_id)
    ) WITHOUT ROWID""",
    """
    CREATE INDEX IF NOT EXISTS plex_view_waits ON plex_views(server, rating_key, viewed_at)
        WHERE done = 0""",
    """
    CREATE TABLE IF NOT EXISTS plex_stars (
        server TEXT NOT NULL, rating_key INTEGER NOT NULL, stars TEXT NOT NULL,
        added_at INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0,
        tried TEXT NOT NULL DEFAULT '', PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID""",
    """
    CREATE INDEX IF NOT EXISTS plex_stars_wait ON plex_stars(server, rating_key)
        WHERE done = 0""",
    """
    CREATE TABLE IF NOT EXISTS plex_begun (
        server TEXT NOT NULL, rating_key INTEGER NOT NULL, view_offset INTEGER NOT NULL,
        done INTEGER NOT NULL DEFAULT 0, tried TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID""",
    """
    CREATE INDEX IF NOT EXISTS plex_begun_waits ON plex_begun(server, rating_key)
        WHERE done = 0""",
    """
    CREATE TABLE IF NOT EXISTS plex_looks (
        server TEXT PRIMARY KEY, total INTEGER NOT NULL DEFAULT -1,
        last_id INTEGER NOT NULL DEFAULT 0, rated_at INTEGER NOT NULL DEFAULT 0,
        rated_in TEXT NOT NULL DEFAULT '', shown INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
)

# A number with another moment is another view: Plex counts from 1 again in a new database.
_PUT_VIEW = """
INSERT INTO plex_views (server, view_id, viewed_at, rating_key) VALUES (?, ?, ?, ?)
ON CONFLICT (server, view_id) DO UPDATE SET
    viewed_at = excluded.viewed_at, rating_key = excluded.rating_key, done = 0, tried = ''
WHERE viewed_at != excluded.viewed_at
"""
_PUT_STARS = """
INSERT INTO plex_stars (server, rating_key, stars, added_at) VALUES (?, ?, ?, ?)
ON CONFLICT (server, rating_key) DO UPDATE SET
    stars = excluded.stars, added_at = excluded.added_at, done = 0, tried = ''
WHERE stars != excluded.stars OR added_at != excluded.added_at
"""
_PUT_BEGUN = """
INSERT INTO plex_begun (server, rating_key, view_offset) VALUES (?, ?, ?)
ON CONFLICT (server, rating_key) DO UPDATE SET
    view_offset = excluded.view_offset, done = 0, tried = ''
WHERE view_offset != excluded.view_offset
"""
_WAITING = """
SELECT rating_key, min(tried) FROM (
    SELECT rating_key, tried FROM plex_views INDEXED BY plex_view_waits
    WHERE :views AND server = :server AND done = 0 AND rating_key > :after AND viewed_at <= :now
    UNION ALL
    SELECT rating_key, tried FROM plex_begun INDEXED BY plex_begun_waits
    WHERE :views AND server = :server AND done = 0 AND rating_key > :after
    UNION ALL
    SELECT rating_key, tried FROM plex_stars INDEXED BY plex_stars_wait
    WHERE :stars AND server = :server AND done = 0 AND rating_key > :after
) WHERE EXISTS (
    SELECT 1 FROM ledger
    WHERE ledger.server = :server AND ledger.rating_key = +rating_key AND scene_id > 0
) GROUP BY rating_key ORDER BY rating_key LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Look:
    """How far one server was read.

    ``total`` is the number of rows of its history at the end of the last reading (-1 = never), and
    ``last_id`` the highest number among them. ``rated_at`` is the time of the newest star rating
    (epoch seconds of Plex's clock) in the libraries ``rated_in``. ``shown``: the user has seen
    which plays would be added.
    """

    total: int = -1
    last_id: int = 0
    rated_at: int = 0
    rated_in: str = ""
    shown: bool = False


class PlexPlays:
    """The tables of views and star ratings. Nothing here commits: the caller owns the
    transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def look(self, server: str) -> Look:
        """How far a server was read."""
        row = self.connection.execute(
            "SELECT total, last_id, rated_at, rated_in, shown FROM plex_looks WHERE server = ?",
            (server,),
        ).fetchone()
        if row is None:
            return Look()
        total, last_id, rated_at, rated_in, shown = row
        return Look(total, last_id, rated_at, rated_in, bool(shown))

    def save_look(self, server: str, look: Look) -> None:
        """Store how far a server was read."""
        self.connection.execute(
            "INSERT OR REPLACE INTO plex_looks (server, total, last_id, rated_at, rated_in, shown)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (server, look.total, look.last_id, look.rated_at, look.rated_in, look.shown),
        )

    def is_shown(self) -> bool:
        """Whether any server's plays were shown."""
        return (
            self.connection.execute("SELECT 1 FROM plex_looks WHERE shown").fetchone() is not None
        )

    def forget_shown(self) -> None:
        """The setting was switched off: when it is on again, the first look only shows."""
        self.connection.execute("UPDATE plex_looks SET shown = 0 WHERE shown")

    def knows_views(self, server: str, views: Iterable[tuple[int, int, int]]) -> bool:
        """Whether all these views (number, moment, item) are stored."""
        return all(
            self.connection.execute(
                "SELECT 1 FROM plex_views WHERE server = ? AND view_id = ? AND viewed_at = ?",
                (server, view_id, viewed_at),
            ).fetchone()
            for view_id, viewed_at, _item in views
        )

    def put_views(self, server: str, views: Iterable[tuple[int, int, int]]) -> None:
        """Store views (number, moment, item); known ones stay as they are."""
        self.connection.executemany(_PUT_VIEW, [(server, *view) for view in views])

    def put_stars(self, server: str, ratings: Iterable[tuple[int, str, int]]) -> None:
        """Store star ratings (item, stars, the item's ``addedAt``); known ones stay as they
        are."""
        self.connection.executemany(_PUT_STARS, [(server, *rating) for rating in ratings])

    def put_begun(self, server: str, offsets: Mapping[int, int]) -> None:
        """Store resume positions in milliseconds, by item; known ones stay as they are."""
        rows = [(server, *begun) for begun in offsets.items()]
        self.connection.executemany(_PUT_BEGUN, rows)

    def waiting(
        self, server: str, now: float, after: int, most: int, *, views: bool, stars: bool
    ) -> list[tuple[int, str]]:
        """Items of scenes for which something waits, from above *after*: the item and the mark of
        the last try. Resume positions come with *views*."""
        values = {"server": server, "now": now, "after": after, "most": most}
        return self.connection.execute(
            _WAITING, {**values, "views": views, "stars": stars}
        ).fetchall()

    def views(self, server: str, rating_key: int, now: float) -> list[tuple[int, int]]:
        """The waiting views of an item until now: number and moment."""
        return self.connection.execute(
            "SELECT view_id, viewed_at FROM plex_views INDEXED BY plex_view_waits"
            " WHERE server = ? AND rating_key = ? AND viewed_at <= ? AND done = 0",
            (server, rating_key, now),
        ).fetchall()

    def views_wait(self, server: str) -> bool:
        """Whether any view waits, also one of an item that is no scene's yet."""
        row = self.connection.execute(
            "SELECT 1 FROM plex_views INDEXED BY plex_view_waits WHERE server = ? AND done = 0",
            (server,),
        ).fetchone()
        return row is not None

    def stars_wait(self, server: str, rating_key: int) -> bool:
        """Whether a star rating of an item waits."""
        row = self.connection.execute(
            "SELECT 1 FROM plex_stars WHERE server = ? AND rating_key = ? AND done = 0",
            (server, rating_key),
        ).fetchone()
        return row is not None

    def settle_views(self, server: str, view_ids: Sequence[int]) -> None:
        """These views never wait again."""
        self.connection.executemany(
            "UPDATE plex_views SET done = 1 WHERE server = ? AND view_id = ?",
            [(server, view_id) for view_id in view_ids],
        )

    def settle_begun(self, server: str, rating_key: int) -> None:
        """The resume position of an item never waits again, until it is another one."""
        self.connection.execute(
            "UPDATE plex_begun SET done = 1 WHERE server = ? AND rating_key = ?",
            (server, rating_key),
        )

    def settle_stars(self, server: str, rating_key: int, stars: str) -> None:
        """This star rating never waits again, nor the same one of the item."""
        self.connection.execute(
            "UPDATE plex_stars SET done = 1, stars = ? WHERE server = ? AND rating_key = ?",
            (stars, server, rating_key),
        )

    def tried(self, server: str, rating_key: int, now: float, mark: str) -> None:
        """What waits for an item now could not be given: try again when the mark has changed."""
        self.connection.execute(
            "UPDATE plex_views SET tried = ?"
            " WHERE server = ? AND rating_key = ? AND viewed_at <= ? AND done = 0",
            (mark, server, rating_key, now),
        )
        for table in ("plex_stars", "plex_begun"):
            self.connection.execute(
                f"UPDATE {table} SET tried = ? WHERE server = ? AND rating_key = ? AND done = 0",
                (mark, server, rating_key),
            )
