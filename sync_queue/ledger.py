"""The ledger: our writes to each Plex item."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from sync_queue.ledger_documents import read_entry, write_entry
from validation.records import LedgerEntry

CREATE = (
    """
    CREATE TABLE IF NOT EXISTS ledger (
        server TEXT NOT NULL, rating_key INTEGER NOT NULL, scene_id INTEGER NOT NULL,
        unread INTEGER NOT NULL, doc TEXT NOT NULL,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS ledger_scene ON ledger(scene_id, server)",
    "CREATE INDEX IF NOT EXISTS ledger_unread ON ledger(server) WHERE unread = 1",
)
# SQLite would rather look through all items of a server, which all of them belong to.
BY_SCENE = "ledger INDEXED BY ledger_scene"
UNREAD = "ledger INDEXED BY ledger_unread"
# Version 1.0 noted no time: what it wrote comes before everything.
FIRST_WRITTEN = (
    "CASE WHEN json_extract(doc, '$.version') = 1 THEN 1"
    " ELSE coalesce(json_extract(doc, '$.first_written'), 0) END"
)


class Ledger:
    """The ledger's table. Nothing here commits: the caller owns the transaction.

    Entries belong to a server, by its machineIdentifier: another server's entries are no memory.
    An entry whose scene is gone stays without an owner (scene 0) until another scene takes the
    item over. Raises ``QueueError`` for a row that this code cannot read.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def entry(self, server: str, rating_key: int) -> LedgerEntry | None:
        """The entry of one item."""
        rows = self.connection.execute(
            "SELECT doc FROM ledger WHERE server = ? AND rating_key = ?", (server, rating_key)
        )
        return next(map(_entry, rows), None)

    def owner(self, server: str, rating_key: int) -> int:
        """The scene that one item was written for; 0 for none."""
        row = self.connection.execute(
            "SELECT scene_id FROM ledger WHERE server = ? AND rating_key = ?", (server, rating_key)
        ).fetchone()
        return row[0] if row else 0

    def entries_of_scene(self, server: str, scene_id: int) -> list[LedgerEntry]:
        """The entries of the items that were written for a scene, by rating key."""
        rows = self.connection.execute(
            f"SELECT doc FROM {BY_SCENE} WHERE scene_id = ? AND server = ? ORDER BY rating_key",
            (scene_id, server),
        )
        return list(map(_entry, rows))

    def items_of_scene(self, server: str, scene_id: int) -> list[int]:
        """The rating keys of the items that were written for a scene."""
        rows = self.connection.execute(
            f"SELECT rating_key FROM {BY_SCENE} WHERE scene_id = ? AND server = ?"
            " ORDER BY rating_key",
            (scene_id, server),
        )
        return [row[0] for row in rows]

    def release_items(self, server: str, scene_id: int, keep: Collection[int] = ()) -> list[int]:
        """Let other scenes have the items that were written for this one, but ``keep``.

        The entries stay, so that the next scene's values can take the place of what was written.
        Returns the released items.
        """
        keys = [key for key in self.items_of_scene(server, scene_id) if key not in keep]
        self.connection.executemany(
            "UPDATE ledger SET scene_id = 0, doc = json_set(doc, '$.scene_id', 0)"
            " WHERE server = ? AND rating_key = ?",
            [(server, key) for key in keys],
        )
        return keys

    def release_scene(self, scene_id: int) -> None:
        """Let other scenes have the items of a scene that Stash does not have any more."""
        self.connection.execute(
            f"UPDATE {BY_SCENE} SET scene_id = 0, doc = json_set(doc, '$.scene_id', 0)"
            " WHERE scene_id = ?",
            (scene_id,),
        )

    def unread_entries(self, server: str, limit: int = 50) -> list[LedgerEntry]:
        """Entries that were written and not yet read back, also by a worker that died since."""
        rows = self.connection.execute(
            f"SELECT doc FROM {UNREAD} WHERE server = ? AND unread = 1 LIMIT ?", (server, limit)
        )
        return list(map(_entry, rows))

    def unread_count(self, server: str) -> int:
        """How many entries were written and not yet read back."""
        count: int = self.connection.execute(
            f"SELECT count(*) FROM {UNREAD} WHERE server = ? AND unread = 1", (server,)
        ).fetchone()[0]
        return count

    def written_since(
        self, server: str, since: float, *, after: int = 0, limit: int = 500
    ) -> list[LedgerEntry]:
        """A page of the entries of items that were first written since then (epoch seconds; 0 =
        all), by rating key, from above ``after``."""
        rows = self.connection.execute(
            f"SELECT doc FROM ledger WHERE server = ? AND rating_key > ? AND {FIRST_WRITTEN} >= ?"
            " ORDER BY rating_key LIMIT ?",
            (server, after, since, limit),
        )
        return list(map(_entry, rows))

    def count_since(self, server: str, since: float) -> tuple[int, int]:
        """How many such entries there are of this server, and of others."""
        ours: int
        total: int
        ours, total = self.connection.execute(
            f"SELECT count(*) FILTER (WHERE server = ?), count(*) FROM ledger"
            f" WHERE {FIRST_WRITTEN} >= ?",
            (server, since),
        ).fetchone()
        return ours, total - ours

    def put(self, entry: LedgerEntry) -> None:
        """Store an entry in place of the item's older one."""
        self.connection.execute(
            "INSERT INTO ledger (server, rating_key, scene_id, unread, doc)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (server, rating_key) DO UPDATE SET"
            " scene_id = excluded.scene_id, unread = excluded.unread, doc = excluded.doc",
            (
                entry.server,
                entry.rating_key,
                entry.scene_id,
                entry.unread,
                json.dumps(write_entry(entry)),
            ),
        )

    def put_off(self, server: str, rating_key: int) -> None:
        """Leave it to the next sync of its scene to read an item back."""
        self.connection.execute(
            "UPDATE ledger SET unread = 0 WHERE server = ? AND rating_key = ?", (server, rating_key)
        )

    def forget_item(self, server: str, rating_key: int) -> None:
        """Drop the entry of an item that Plex does not have any more."""
        self.connection.execute(
            "DELETE FROM ledger WHERE server = ? AND rating_key = ?", (server, rating_key)
        )

    def knows_scene(self, scene_id: int) -> bool:
        """Whether anything was ever written for this scene."""
        rows = self.connection.execute("SELECT 1 FROM ledger WHERE scene_id = ?", (scene_id,))
        return rows.fetchone() is not None


def _entry(row: tuple[str]) -> LedgerEntry:
    return read_entry(row[0])
