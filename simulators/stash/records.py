"""The records of a Stash library. Attributes have GraphQL's names: most fields need no resolver.

Times are RFC3339 text of one second, as Stash keeps them. Unset text is ``""``, never None.
"""

from __future__ import annotations

import functools
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Now = Callable[[], float]


class Clock:
    """Tells the time as Stash writes it."""

    def __init__(self, now: Now = time.time) -> None:
        self.now = now

    def text(self) -> str:
        """The present second, for example ``2026-11-21T00:14:25Z``."""
        return rfc3339(int(self.now()))

    def precise_text(self) -> str:
        """The present moment with its fraction, as Stash gives a job's times."""
        return datetime.fromtimestamp(self.now(), UTC).isoformat().replace("+00:00", "Z")


@functools.lru_cache(maxsize=1024)
def rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


@functools.lru_cache(maxsize=1 << 16)
def epoch(text: str) -> int:
    """The epoch seconds of one of our own timestamps."""
    return int(datetime.fromisoformat(text).timestamp())


@dataclass(frozen=True, slots=True)
class Fingerprint:
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class StashID:
    endpoint: str
    stash_id: str
    updated_at: str


@dataclass(slots=True, eq=False)
class VideoFile:
    """One file of a scene; ``size`` in bytes, ``duration`` in seconds."""

    id: int
    path: str
    mod_time: str
    created_at: str
    updated_at: str
    size: int = 30475
    duration: float = 1.0
    width: int = 320
    height: int = 180
    fingerprints: tuple[Fingerprint, ...] = ()

    @property
    def basename(self) -> str:
        return re.split(r"[/\\]", self.path)[-1]

    def fingerprint_of(self, kind: str) -> str | None:
        return next((print_.value for print_ in self.fingerprints if print_.type == kind), None)


@dataclass(slots=True, eq=False)
class Entity:
    """The common part of performers, studios, tags and groups."""

    id: int
    name: str
    created_at: str
    updated_at: str


@dataclass(slots=True, eq=False)
class Tag(Entity):
    pass


@dataclass(slots=True, eq=False)
class Performer(Entity):
    disambiguation: str = ""
    gender: str | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(slots=True, eq=False)
class Studio(Entity):
    parent_studio: Studio | None = None


@dataclass(slots=True, eq=False)
class Group(Entity):
    pass


@dataclass(frozen=True, slots=True)
class SceneGroup:
    group: Group
    scene_index: int | None


@dataclass(slots=True, eq=False)
class Scene:
    """``date`` may be ``YYYY``, ``YYYY-MM`` or full; the first of ``files`` is the primary one."""

    id: int
    created_at: str
    updated_at: str
    title: str = ""
    code: str = ""
    details: str = ""
    director: str = ""
    date: str | None = None
    rating100: int | None = None
    organized: bool = False
    urls: tuple[str, ...] = ()
    studio: Studio | None = None
    performers: tuple[Performer, ...] = ()
    tags: tuple[Tag, ...] = ()
    groups: tuple[SceneGroup, ...] = ()
    stash_ids: tuple[StashID, ...] = ()
    files: tuple[VideoFile, ...] = ()
    cover: bytes | None = None
    play_history: tuple[str, ...] = ()
    resume_time: float = 0.0

    @property
    def play_count(self) -> int:
        return len(self.play_history)


def made_up_oshash(path: str) -> str:
    """A stable stand-in for the hash of a file's content (16 hex digits)."""
    return hashlib.blake2b(path.encode(), digest_size=8).hexdigest()
