"""What became of each scene, what a person decided about it, and what it is waiting for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from sync_queue.trouble import read_object
from validation.file_names import file_key
from validation.reasons import Reason

SYNCED = "synced"

# ``related`` holds what the scene shows, a blank around each: " performer:3 tag:12 ".
CREATE = (
    """
    CREATE TABLE IF NOT EXISTS scenes (
        scene_id INTEGER PRIMARY KEY,
        outcome TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '{"version": 1}',
        scene_updated_at TEXT NOT NULL DEFAULT '', changed_at REAL NOT NULL DEFAULT 0,
        pinned_server TEXT, pinned_item INTEGER, ignored INTEGER NOT NULL DEFAULT 0,
        related TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX IF NOT EXISTS scene_outcome ON scenes(outcome)",
    """
    CREATE TABLE IF NOT EXISTS parked_names (
        name_key TEXT NOT NULL, scene_id INTEGER NOT NULL, PRIMARY KEY (name_key, scene_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS parked_scene ON parked_names(scene_id)",
)

_OUTCOME_COLUMNS = "scene_id, outcome, detail, scene_updated_at, changed_at"
_PUT_OUTCOME = f"""
INSERT INTO scenes ({_OUTCOME_COLUMNS}, related) VALUES (?, ?, ?, ?, ?, coalesce(?6, ''))
ON CONFLICT (scene_id) DO UPDATE SET
    outcome = excluded.outcome, detail = excluded.detail,
    scene_updated_at = excluded.scene_updated_at, changed_at = excluded.changed_at,
    related = coalesce(?6, related)
"""
_T = TypeVar("_T")
_AT_ONCE = 500  # parameters of one statement; SQLite's own limit was 999 for long


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scene's last sync ended: ``synced`` or a reason code, with the story as JSON values.

    ``scene_updated_at`` is Stash's text of the state that was looked at; ``changed_at`` is when
    this outcome was stored (epoch seconds).
    """

    scene_id: int
    outcome: str
    detail: Mapping[str, object] = field(default_factory=dict)
    scene_updated_at: str = ""
    changed_at: float = 0.0


class Scenes:
    """The tables about scenes. Nothing here commits: the caller owns the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def set_outcome(
        self,
        scene_id: int,
        outcome: str,
        detail: Mapping[str, object],
        *,
        scene_updated_at: str,
        files: Iterable[str],
        now: float,
        related: Iterable[str] | None = None,
    ) -> None:
        """Store how a sync ended. ``files`` are the scene's paths: a parked scene is woken when
        a file of such a name appears in Plex. ``related`` are the things that the scene shows
        (``performer:3``); ``None`` leaves what is stored of them."""
        document = json.dumps({**detail, "version": 1})
        shown = None if related is None else f" {' '.join(related)} "
        self.connection.execute(
            _PUT_OUTCOME, (scene_id, outcome, document, scene_updated_at, now, shown)
        )
        self.connection.execute("DELETE FROM parked_names WHERE scene_id = ?", (scene_id,))
        if outcome == Reason.NOT_IN_PLEX:
            self.connection.executemany(
                "INSERT OR IGNORE INTO parked_names (name_key, scene_id) VALUES (?, ?)",
                [(file_key(path), scene_id) for path in files],
            )

    def outcome(self, scene_id: int) -> Outcome | None:
        """How the scene's last sync ended; ``None`` when it was never synced."""
        rows = self.connection.execute(
            f"SELECT {_OUTCOME_COLUMNS} FROM scenes WHERE scene_id = ? AND outcome != ''",
            (scene_id,),
        )
        return next(map(_outcome, rows), None)

    def outcomes(
        self, which: Collection[str], *, after: int = 0, limit: int = _AT_ONCE
    ) -> list[Outcome]:
        """A page of the scenes whose outcome is one of ``which``, by id, from above ``after``."""
        rows = self.connection.execute(
            f"SELECT {_OUTCOME_COLUMNS} FROM scenes"
            f" WHERE outcome IN ({_marks(which)}) AND scene_id > ? ORDER BY scene_id LIMIT ?",
            (*which, after, limit),
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
        """Does any scene wait for its file to appear in Plex?"""
        rows = self.connection.execute("SELECT 1 FROM parked_names LIMIT 1")
        return rows.fetchone() is not None

    def parked_scenes(self, files: Iterable[str]) -> list[int]:
        """The parked scenes (``not_in_plex``) that have a file with the name of one of ``files``,
        which are paths or names on any server."""
        found: set[int] = set()
        for keys in _chunks(sorted(set(map(file_key, files)))):
            rows = self.connection.execute(
                f"SELECT scene_id FROM parked_names WHERE name_key IN ({_marks(keys)})", keys
            )
            found.update(row[0] for row in rows)
        return sorted(found)

    def updated_at(self, scene_ids: Iterable[int]) -> dict[int, str]:
        """Stash's ``updated_at`` text by scene, as of each scene's last outcome. A scene that was
        never looked at is absent."""
        found: dict[int, str] = {}
        for ids in _chunks(sorted(set(scene_ids))):
            rows = self.connection.execute(
                "SELECT scene_id, scene_updated_at FROM scenes"
                f" WHERE outcome != '' AND scene_id IN ({_marks(ids)})",
                ids,
            )
            found.update(rows.fetchall())
        return found

    def scene_ids(self, after: int = 0, limit: int = _AT_ONCE) -> list[int]:
        """A page of the scenes that have an outcome, by id, from above ``after``."""
        rows = self.connection.execute(
            "SELECT scene_id FROM scenes WHERE outcome != '' AND scene_id > ?"
            " ORDER BY scene_id LIMIT ?",
            (after, limit),
        )
        return [row[0] for row in rows]

    def showing(self, related: str, after: int = 0, limit: int = _AT_ONCE) -> list[int]:
        """A page of the scenes that showed a thing (``tag:12``) when they were last looked at, by
        id, from above ``after``. Stash itself does not know any more once the thing is deleted."""
        rows = self.connection.execute(
            "SELECT scene_id FROM scenes WHERE scene_id > ? AND instr(related, ?)"
            " ORDER BY scene_id LIMIT ?",
            (after, f" {related} ", limit),
        )
        return [row[0] for row in rows]

    # -- what a person decided ----------------------------------------------------------------

    def pin(self, scene_id: int, server: str, rating_key: int) -> None:
        """A person chose the item for this scene. It is no longer ignored."""
        self._decide(scene_id, server, rating_key, ignored=False)

    def ignore(self, scene_id: int) -> None:
        """A person wants this scene left alone. Its pin goes."""
        self._decide(scene_id, None, None, ignored=True)

    def undecide(self, scene_id: int) -> None:
        """Neither pinned nor ignored any more."""
        self._decide(scene_id, None, None, ignored=False)

    def pinned_item(self, scene_id: int, server: str) -> int | None:
        """The rating key that a person chose for this scene on this server."""
        row = self.connection.execute(
            "SELECT pinned_item FROM scenes WHERE scene_id = ? AND pinned_server = ?",
            (scene_id, server),
        ).fetchone()
        return row[0] if row else None

    def is_ignored(self, scene_id: int) -> bool:
        """Did a person want this scene left alone?"""
        row = self.connection.execute(
            "SELECT ignored FROM scenes WHERE scene_id = ?", (scene_id,)
        ).fetchone()
        return bool(row and row[0])

    def _decide(
        self, scene_id: int, server: str | None, rating_key: int | None, *, ignored: bool
    ) -> None:
        self.connection.execute(
            "INSERT INTO scenes (scene_id, pinned_server, pinned_item, ignored)"
            " VALUES (?, ?, ?, ?) ON CONFLICT (scene_id) DO UPDATE SET"
            " pinned_server = excluded.pinned_server, pinned_item = excluded.pinned_item,"
            " ignored = excluded.ignored",
            (scene_id, server, rating_key, ignored),
        )


def _outcome(row: tuple[int, str, str, str, float]) -> Outcome:
    detail = {
        name: value for name, value in read_object(row[2], "outcome").items() if name != "version"
    }
    return Outcome(row[0], row[1], detail, row[3], row[4])


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _chunks(values: Sequence[_T]) -> Iterator[list[_T]]:
    remaining = iter(values)
    while chunk := list(islice(remaining, _AT_ONCE)):
        yield chunk
