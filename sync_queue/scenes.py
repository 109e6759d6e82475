"""The outcome of each scene, the user's decisions about it, and the files that it waits for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from sync_queue.trouble import read_object
from validation.file_names import keys_of_new_file, wake_keys
from validation.reasons import Reason
from validation.records import Pin

SYNCED = "synced"

# Outcomes that a new file in Plex may change.
WAITS_FOR_A_FILE = frozenset({Reason.NOT_IN_PLEX, Reason.AMBIGUOUS, Reason.ITEM_TAKEN})

# The owner of an item that another scene matched, for scenes whose outcome is ``item_taken``.
_TAKEN_BY = f"outcome = '{Reason.ITEM_TAKEN}' AND json_extract(detail, '$.owner')"

# ``related`` holds the things that the scene shows, a blank around each: " performer:3 tag:12 ".
CREATE = (
    """
    CREATE TABLE IF NOT EXISTS scenes (
        scene_id INTEGER PRIMARY KEY,
        outcome TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '{"version": 1}',
        scene_updated_at TEXT NOT NULL DEFAULT '', changed_at REAL NOT NULL DEFAULT 0,
        ignored INTEGER NOT NULL DEFAULT 0, undone INTEGER NOT NULL DEFAULT 0,
        related TEXT NOT NULL DEFAULT '',
        title TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '',
        written_at REAL NOT NULL DEFAULT 0, written TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX IF NOT EXISTS scene_outcome ON scenes(outcome)",
    "CREATE INDEX IF NOT EXISTS scene_changed ON scenes(changed_at) WHERE outcome != ''",
    "CREATE INDEX IF NOT EXISTS scene_kept_out ON scenes(json_extract(detail, '$.owner'))"
    f" WHERE outcome = '{Reason.ITEM_TAKEN}'",
    """
    CREATE TABLE IF NOT EXISTS parked_keys (
        key TEXT NOT NULL, scene_id INTEGER NOT NULL, PRIMARY KEY (key, scene_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS parked_key_scene ON parked_keys(scene_id)",
    """
    CREATE TABLE IF NOT EXISTS pins (
        server TEXT NOT NULL, rating_key INTEGER NOT NULL, scene_id INTEGER NOT NULL,
        file TEXT NOT NULL, added_at INTEGER NOT NULL, part_ids TEXT NOT NULL,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX IF NOT EXISTS pin_scene ON pins(scene_id)",
)

_OUTCOME_COLUMNS = "scene_id, outcome, detail, scene_updated_at, changed_at"
_PUT_OUTCOME = f"""
INSERT INTO scenes ({_OUTCOME_COLUMNS}, related, title, path, written_at, written)
VALUES (:scene_id, :outcome, :detail, :updated_at, :now, coalesce(:related, ''), :title, :path,
    CASE WHEN :written != '' THEN :now ELSE 0 END, :written)
ON CONFLICT (scene_id) DO UPDATE SET
    outcome = excluded.outcome, detail = excluded.detail,
    scene_updated_at = excluded.scene_updated_at, changed_at = excluded.changed_at,
    related = coalesce(:related, related),
    title = coalesce(nullif(excluded.title, ''), title),
    path = coalesce(nullif(excluded.path, ''), path),
    written_at = max(written_at, excluded.written_at),
    written = coalesce(nullif(excluded.written, ''), written)
"""
_PIN_COLUMNS = "server, rating_key, scene_id, file, added_at, part_ids"
_PAGE = 500
_LISTED = "IN (SELECT value FROM json_each(?))"  # a list of any length is one parameter


class Undone(IntEnum):
    """Whether a scene is left alone since its sync was undone: with many others, until *Sync All
    Scenes* takes it up, or alone, until the user saves it or syncs this very scene."""

    NO = 0
    TOGETHER = 1
    ALONE = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scene's last sync ended: ``synced`` or a reason code, with the story as JSON values.

    ``scene_updated_at`` is Stash's text of the state that was looked at; ``changed_at`` is when
    this outcome was stored (epoch seconds). ``title`` and ``path`` are the scene's for the page,
    and ``written`` the fields that this sync wrote; empty leaves the stored ones. They are not read
    back.
    """

    scene_id: int
    outcome: str
    detail: Mapping[str, object] = field(default_factory=dict)
    scene_updated_at: str = ""
    changed_at: float = 0.0
    title: str = ""
    path: str = ""
    written: tuple[str, ...] = ()


class Scenes:
    """The tables about scenes. Nothing here commits: the caller owns the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def set_outcome(
        self, outcome: Outcome, *, files: Iterable[tuple[str, int]], related: str | None = None
    ) -> None:
        """Store how a sync ended.

        ``files`` are paths with sizes by which Plex may know the scene's files: a new file like
        one of them wakes the scene. ``related`` are the things that the scene shows
        (``performer:3``), blanks between; ``None`` leaves what is stored of them.
        """
        self.connection.execute(
            _PUT_OUTCOME,
            {
                "scene_id": outcome.scene_id,
                "outcome": outcome.outcome,
                "detail": json.dumps({**outcome.detail, "version": 1}),
                "updated_at": outcome.scene_updated_at,
                "now": outcome.changed_at,
                "related": None if related is None else f" {related} ",
                "title": outcome.title,
                "path": outcome.path,
                "written": " ".join(outcome.written),
            },
        )
        self.connection.execute("DELETE FROM parked_keys WHERE scene_id = ?", (outcome.scene_id,))
        if outcome.outcome in WAITS_FOR_A_FILE:
            keys = {key for path, size in files for key in wake_keys(path, size)}
            self.connection.executemany(
                "INSERT INTO parked_keys (key, scene_id) VALUES (?, ?)",
                [(key, outcome.scene_id) for key in sorted(keys)],
            )

    def outcome(self, scene_id: int) -> Outcome | None:
        """How the scene's last sync ended; ``None`` when it was never synced."""
        rows = self.connection.execute(
            f"SELECT {_OUTCOME_COLUMNS} FROM scenes WHERE scene_id = ? AND outcome != ''",
            (scene_id,),
        )
        return next(map(_outcome, rows), None)

    def title(self, scene_id: int) -> str:
        """The scene's title, or its file's path, as it was last looked at; "" where unknown."""
        row = self.connection.execute(
            "SELECT coalesce(nullif(title, ''), path) FROM scenes WHERE scene_id = ?", (scene_id,)
        ).fetchone()
        return row[0] if row else ""

    def outcomes(
        self, which: Collection[str], *, after: int = 0, limit: int = _PAGE
    ) -> list[Outcome]:
        """A page of the scenes whose outcome is one of ``which``, by id, from above ``after``."""
        rows = self.connection.execute(
            f"SELECT {_OUTCOME_COLUMNS} FROM scenes"
            f" WHERE outcome {_LISTED} AND scene_id > ? ORDER BY scene_id LIMIT ?",
            (json.dumps(list(which)), after, limit),
        )
        return list(map(_outcome, rows))

    def counts(self, since: float = 0.0) -> dict[str, int]:
        """The number of scenes by outcome, of those looked at ``since`` then (epoch seconds)."""
        rows = self.connection.execute(
            "SELECT outcome, count(*) FROM scenes WHERE outcome != '' AND changed_at >= ?"
            " GROUP BY outcome",
            (since,),
        )
        return dict(rows.fetchall())

    def writes(self, since: float) -> int:
        """How many items were written for scenes that were looked at ``since`` (epoch seconds)."""
        total: int = self.connection.execute(
            "SELECT coalesce(sum(json_extract(detail, '$.writes')), 0) FROM scenes"
            " WHERE changed_at >= ?",
            (since,),
        ).fetchone()[0]
        return total

    def has_parked(self) -> bool:
        """Whether any scene waits for a file to appear in Plex."""
        return self.connection.execute("SELECT 1 FROM parked_keys LIMIT 1").fetchone() is not None

    def parked_scenes(self, files: Iterable[tuple[str, int]]) -> list[int]:
        """The scenes that wait for a file like one of ``files`` (Plex's path and size)."""
        keys = {key for file in files for key in keys_of_new_file(*file)}
        rows = self.connection.execute(
            f"SELECT DISTINCT scene_id FROM parked_keys WHERE key {_LISTED} ORDER BY scene_id",
            (json.dumps(list(keys)),),
        )
        return [row[0] for row in rows]

    def kept_out(self, owner: int, *, but_from: Collection[int] = ()) -> list[int]:
        """The scenes whose item was taken by the scene ``owner``, but for the items
        ``but_from``."""
        rows = self.connection.execute(
            f"SELECT scene_id, json_extract(detail, '$.item') FROM scenes WHERE {_TAKEN_BY} = ?",
            (owner,),
        )
        return [row[0] for row in rows if row[1] not in but_from]

    def updated_at(self, scene_ids: Iterable[int]) -> dict[int, str]:
        """Stash's ``updated_at`` text by scene, as of each scene's last outcome. A scene that was
        never looked at is absent."""
        rows = self.connection.execute(
            "SELECT scene_id, scene_updated_at FROM scenes"
            f" WHERE outcome != '' AND scene_id {_LISTED}",
            (json.dumps(list(scene_ids)),),
        )
        return dict(rows.fetchall())

    def showing(self, related: str, after: int = 0, limit: int = _PAGE) -> list[int]:
        """A page of the scenes that showed a thing (``tag:12``) when they were last looked at, by
        id, from above ``after``. Stash itself does not know any more once the thing is deleted."""
        rows = self.connection.execute(
            "SELECT scene_id FROM scenes WHERE scene_id > ? AND instr(related, ?)"
            " ORDER BY scene_id LIMIT ?",
            (after, f" {related} ", limit),
        )
        return [row[0] for row in rows]

    def forget_scene(self, scene_id: int) -> None:
        """Drop the outcome and the decisions about a scene that Stash does not have any more."""
        for table in ("scenes", "parked_keys", "pins"):
            self.connection.execute(f"DELETE FROM {table} WHERE scene_id = ?", (scene_id,))

    # -- the user's decisions -----------------------------------------------------------------

    def pin(self, pin: Pin) -> None:
        """The user chose the item for this scene: no other scene keeps it, and none is ignored."""
        self._decide(pin.scene_id, ignored=False)
        self.connection.execute(
            f"INSERT OR REPLACE INTO pins ({_PIN_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
            (
                pin.server,
                pin.rating_key,
                pin.scene_id,
                pin.file,
                pin.added_at,
                json.dumps(pin.part_ids),
            ),
        )

    def ignore(self, scene_id: int) -> None:
        """The user wants this scene left alone. Its pin goes."""
        self._decide(scene_id, ignored=True)

    def undecide(self, scene_id: int) -> None:
        """Neither pinned nor ignored any more."""
        self._decide(scene_id, ignored=False)

    def leave_alone(self, scene_id: int, how: Undone) -> None:
        """The user undid the scene's sync: it is left alone until it is taken up again."""
        self.connection.execute(
            "INSERT INTO scenes (scene_id, undone) VALUES (?, ?)"
            " ON CONFLICT (scene_id) DO UPDATE SET undone = max(undone, excluded.undone)",
            (scene_id, how),
        )

    def take_up(self, scene_ids: Collection[int], most: Undone) -> None:
        """Sync scenes again that are left alone, up to this degree. A hook does it by itself."""
        self.connection.execute(
            f"UPDATE scenes SET undone = 0 WHERE undone BETWEEN 1 AND ? AND scene_id {_LISTED}",
            (most, json.dumps(list(scene_ids))),
        )

    def undone(self, scene_id: int) -> Undone:
        """Whether the scene is left alone since its sync was undone."""
        row = self.connection.execute(
            "SELECT undone FROM scenes WHERE scene_id = ?", (scene_id,)
        ).fetchone()
        return Undone(row[0]) if row else Undone.NO

    def pin_of_scene(self, server: str, scene_id: int) -> Pin | None:
        """The item that the user chose for this scene on this server."""
        return self._pin("server = ? AND scene_id = ?", server, scene_id)

    def pin_of_item(self, server: str, rating_key: int) -> Pin | None:
        """The scene for which the user chose this item."""
        return self._pin("server = ? AND rating_key = ?", server, rating_key)

    def is_ignored(self, scene_id: int) -> bool:
        """Whether the user wants this scene left alone."""
        row = self.connection.execute(
            "SELECT ignored FROM scenes WHERE scene_id = ?", (scene_id,)
        ).fetchone()
        return bool(row and row[0])

    def _pin(self, where: str, server: str, number: int) -> Pin | None:
        row = self.connection.execute(
            f"SELECT {_PIN_COLUMNS} FROM pins WHERE {where}", (server, number)
        ).fetchone()
        if row is None:
            return None
        server_, rating_key, scene_id, file, added_at, ids = row
        return Pin(server_, rating_key, scene_id, file, added_at, tuple(json.loads(ids)))

    def _decide(self, scene_id: int, *, ignored: bool) -> None:
        self.connection.execute("DELETE FROM pins WHERE scene_id = ?", (scene_id,))
        self.connection.execute(
            "INSERT INTO scenes (scene_id, ignored) VALUES (?, ?)"
            " ON CONFLICT (scene_id) DO UPDATE SET ignored = excluded.ignored, undone = 0",
            (scene_id, ignored),
        )


def _outcome(row: tuple[int, str, str, str, float]) -> Outcome:
    detail = {
        name: value for name, value in read_object(row[2], "outcome").items() if name != "version"
    }
    return Outcome(row[0], row[1], detail, row[3], row[4])
