"""The ledger: what we wrote to which Plex item, beside what became of each scene."""

from __future__ import annotations

import json

from sync_queue import scenes
from sync_queue.ledger_documents import read_entry, write_entry
from sync_queue.scenes import Scenes
from validation.records import LedgerEntry, Owner

CREATE = (
    """
    CREATE TABLE IF NOT EXISTS ledger (
        server TEXT NOT NULL, rating_key INTEGER NOT NULL, scene_id INTEGER NOT NULL,
        item_updated_at INTEGER NOT NULL, doc TEXT NOT NULL,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS ledger_scene ON ledger(scene_id, server)",
    "CREATE INDEX IF NOT EXISTS ledger_unread ON ledger(server) WHERE item_updated_at = 0",
    *scenes.CREATE,
)
# SQLite would rather look through all items of a server, which all of them belong to.
BY_SCENE = "ledger INDEXED BY ledger_scene"
UNREAD = "ledger INDEXED BY ledger_unread"


class Ledger(Scenes):
    """The ledger's tables. Nothing here commits: the caller owns the transaction.

    Entries belong to a server, by its machineIdentifier: what another server had is no memory.
    Raises ``QueueError`` for a row that this code cannot read.
    """

    def entry(self, server: str, rating_key: int) -> LedgerEntry | None:
        """What we know of one item."""
        rows = self.connection.execute(
            "SELECT doc FROM ledger WHERE server = ? AND rating_key = ?", (server, rating_key)
        )
        return next(map(_entry, rows), None)

    def entries_of_scene(self, server: str, scene_id: int) -> list[LedgerEntry]:
        """What we know of the items that were written for a scene, by rating key."""
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

    def release_items(self, server: str, scene_id: int, keep: int) -> None:
        """Let any scene have the items that were written for this one, but ``keep``. What was
        written to them stays known, so that the next scene's values can take its place."""
        self.connection.execute(
            f"UPDATE {BY_SCENE} SET scene_id = 0, doc = json_set(doc, '$.scene_id', 0)"
            " WHERE server = ? AND scene_id = ? AND rating_key != ?",
            (server, scene_id, keep),
        )

    def unread_entries(self, server: str, limit: int = 50) -> list[LedgerEntry]:
        """Entries that were written and not yet read back, also by a worker that died since."""
        rows = self.connection.execute(
            f"SELECT doc FROM {UNREAD} WHERE server = ? AND item_updated_at = 0 LIMIT ?",
            (server, limit),
        )
        return list(map(_entry, rows))

    def unread_count(self, server: str) -> int:
        """How many entries were written and not yet read back."""
        count: int = self.connection.execute(
            f"SELECT count(*) FROM {UNREAD} WHERE server = ? AND item_updated_at = 0", (server,)
        ).fetchone()[0]
        return count

    def owner(self, server: str, rating_key: int) -> Owner | None:
        """The scene that an item was written for."""
        entry = self.entry(server, rating_key)
        if entry is None or not entry.scene_id:
            return None
        pinned = self.pinned_item(entry.scene_id, server) == rating_key
        return Owner(entry.scene_id, entry.file, pinned)

    def put(self, entry: LedgerEntry) -> None:
        """Store an entry in place of the item's older one."""
        self.connection.execute(
            "INSERT INTO ledger (server, rating_key, scene_id, item_updated_at, doc)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (server, rating_key) DO UPDATE SET"
            " scene_id = excluded.scene_id, item_updated_at = excluded.item_updated_at,"
            " doc = excluded.doc",
            (
                entry.server,
                entry.rating_key,
                entry.scene_id,
                0 if entry.unread else 1,
                json.dumps(write_entry(entry)),
            ),
        )

    def forget_item(self, server: str, rating_key: int) -> None:
        """Drop what we know of an item that Plex does not have any more."""
        self.connection.execute(
            "DELETE FROM ledger WHERE server = ? AND rating_key = ?", (server, rating_key)
        )

    def knows_scene(self, scene_id: int) -> bool:
        """Was anything ever written for this scene?"""
        rows = self.connection.execute("SELECT 1 FROM ledger WHERE scene_id = ?", (scene_id,))
        return rows.fetchone() is not None

    def forget_scene(self, scene_id: int) -> None:
        """Drop all that we know of a scene that Stash does not have any more, on every server."""
        for table in ("ledger", "scenes", "parked_names"):
            self.connection.execute(f"DELETE FROM {table} WHERE scene_id = ?", (scene_id,))


def _entry(row: tuple[str]) -> LedgerEntry:
    return read_entry(row[0])
