"""Scenes and items for the tests of what is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plex.items import PlexItem, PlexPart
from validation.config import PlexSyncConfig
from validation.metadata import SceneFile, SyncMetadata

SERVER = "machine-1"
FILE = SceneFile("/stash/A Film.mp4")
DEFAULT = PlexSyncConfig()
PRESERVE = PlexSyncConfig(preserve_plex_edits=True)


def scene(**values: Any) -> SyncMetadata:
    return SyncMetadata(**{"scene_id": 7, "files": (FILE,), **values})


def item(
    values: Mapping[str, str] | None = None,
    tags: Mapping[str, tuple[str, ...]] | None = None,
    locked: frozenset[str] | set[str] = frozenset(),
    *,
    kind: str = "movie",
    full: bool = True,
) -> PlexItem:
    return PlexItem(
        rating_key=42,
        section_id=3,
        kind=kind,
        values={"title": "A Film", **(values or {})},
        tags=tags or {},
        locked=frozenset(locked),
        parts=(PlexPart("/plex/A Film.mp4", 1000, 60_000),),
        added_at=1,
        full=full,
    )
