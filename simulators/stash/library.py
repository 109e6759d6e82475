"""The library: tables of records, filled by tests directly (no hook runs) or by mutations."""

from __future__ import annotations

import functools
import random
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from simulators.stash.records import (
    Clock,
    Entity,
    Fingerprint,
    Group,
    Performer,
    Scene,
    SceneGroup,
    StashID,
    Studio,
    Tag,
    VideoFile,
    made_up_oshash,
)

E = TypeVar("E", bound=Entity)
GroupSpec = str | tuple[str, int | None]


class Table(dict[int, E]):
    """Records by id, with the next free id and a look-up by name."""

    def __init__(self, kind: type[E], clock: Clock) -> None:
        super().__init__()
        self.kind = kind
        self._clock = clock
        self._last_id = 0
        self._by_name: dict[str, E] = {}

    def add(self, name: str, **fields: Any) -> E:
        self._last_id += 1
        now = self._clock.text()
        record = self.kind(self._last_id, name, now, now, **fields)
        self[record.id] = self._by_name[name] = record
        return record

    def named(self, name: str) -> E:
        """The record of that name, made if there is none."""
        return self._by_name.get(name) or self.add(name)

    @property
    def names_are_unique(self) -> bool:
        return self.kind in (Studio, Tag)

    def taken(self, name: str) -> bool:
        return name in self._by_name

    def rename(self, record: E, name: str) -> None:
        self._by_name.pop(record.name, None)
        record.name = name
        self._by_name[name] = record

    def forget(self, record: E) -> None:
        del self[record.id]
        self._by_name.pop(record.name, None)


class Library:
    """All of Stash's rows. ``lock`` guards a mutation's writes; hooks run outside it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.version = "v0.30.1-local"
        self.lock = threading.RLock()
        self.scenes: dict[int, Scene] = {}
        self.performers: Table[Performer] = Table(Performer, clock)
        self.studios: Table[Studio] = Table(Studio, clock)
        self.tags: Table[Tag] = Table(Tag, clock)
        self.groups: Table[Group] = Table(Group, clock)
        self.tables: dict[str, Table[Any]] = {
            table.kind.__name__: table
            for table in (self.performers, self.studios, self.tags, self.groups)
        }
        self._last_scene = 0
        self._last_file = 0

    def add_scene(
        self,
        title: str = "",
        *,
        files: Sequence[Mapping[str, Any]] = (),
        performers: Iterable[str] = (),
        studio: str | None = None,
        tags: Iterable[str] = (),
        groups: Iterable[GroupSpec] = (),
        stash_ids: Iterable[tuple[str, str]] = (),
        **fields: Any,
    ) -> int:
        """Add a scene without a hook; related records are named, and made when new.

        ``files`` are mappings with ``path`` and any other field of `VideoFile`; a group is a name
        or ``(name, scene_index)``; ``stash_ids`` are ``(endpoint, id)``.
        """
        with self.lock:
            now = self.clock.text()
            self._last_scene += 1
            scene = Scene(self._last_scene, now, now, title=title)
            self.scenes[scene.id] = scene
            scene.files = tuple(self.new_file(**spec) for spec in files)
            scene.performers = in_id_order(self.performers.named(name) for name in performers)
            scene.studio = self.studios.named(studio) if studio else None
            scene.tags = in_tag_order(self.tags.named(name) for name in tags)
            scene.groups = tuple(self._scene_group(spec) for spec in groups)
            scene.stash_ids = tuple(StashID(place, key, now) for place, key in stash_ids)
            set_fields(scene, fields)
            return scene.id

    def add_performer(self, name: str, *, tags: Iterable[str] = (), **fields: Any) -> int:
        """Add a performer; its tags are named, and made when new."""
        with self.lock:
            given = in_tag_order(self.tags.named(tag) for tag in tags)
            return self.performers.add(name, tags=given, **fields).id

    def add_studio(self, name: str, *, parent: int | None = None, **fields: Any) -> int:
        with self.lock:
            above = None if parent is None else self.studios[parent]
            return self.studios.add(name, parent_studio=above, **fields).id

    def add_tag(self, name: str, **fields: Any) -> int:
        with self.lock:
            return self.tags.add(name, **fields).id

    def add_group(self, name: str, **fields: Any) -> int:
        with self.lock:
            return self.groups.add(name, **fields).id

    def touch(self, scene_id: int, **fields: Any) -> None:
        """Change a scene as auto-tag or a cover job does: ``updated_at`` moves, no hook fires."""
        with self.lock:
            scene = self.scenes[scene_id]
            set_fields(scene, fields)
            scene.updated_at = self.clock.text()

    def new_file(self, path: str, *, oshash: str | None = None, **fields: Any) -> VideoFile:
        """A file row of its own id, not yet attached to a scene."""
        self._last_file += 1
        now = self.clock.text()
        prints = (Fingerprint("oshash", oshash or made_up_oshash(path)),)
        return VideoFile(self._last_file, path, now, now, now, fingerprints=prints, **fields)

    def _scene_group(self, spec: GroupSpec) -> SceneGroup:
        name, index = (spec, None) if isinstance(spec, str) else spec
        return SceneGroup(self.groups.named(name), index)

    def forget(self, gone: Entity) -> None:
        """Delete a performer, studio, tag or group; scenes lose it, but their ``updated_at``
        stays."""
        self.tables[type(gone).__name__].forget(gone)
        for scene in self.scenes.values():
            scene.performers = without(scene.performers, gone)
            scene.studio = None if scene.studio is gone else scene.studio
            scene.tags = without(scene.tags, gone)
            scene.groups = tuple(link for link in scene.groups if link.group is not gone)
        for performer in self.performers.values():
            performer.tags = without(performer.tags, gone)
        for studio in self.studios.values():
            studio.parent_studio = None if studio.parent_studio is gone else studio.parent_studio


R = TypeVar("R", bound=Entity)


def without(records: tuple[R, ...], gone: Entity) -> tuple[R, ...]:
    return tuple(record for record in records if record is not gone) if records else records


def in_id_order(records: Iterable[R]) -> tuple[R, ...]:
    """Stash reads a scene's performers by id, in whatever order they were sent."""
    return tuple(sorted(dict.fromkeys(records), key=lambda record: record.id))


def in_tag_order(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    """Stash lists tags by name."""
    unique = dict.fromkeys(tags)
    return tuple(sorted(unique, key=lambda tag: natural(tag.name)))


@functools.lru_cache(maxsize=1 << 16)
def natural(text: str) -> tuple[tuple[bool, int, str], ...]:
    """Stash's collation for names and titles: case-blind, runs of digits compared as numbers."""
    parts = re.findall(r"\d+|\D+", text.casefold())
    return tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def set_fields(record: Scene | Entity, fields: Mapping[str, Any]) -> None:
    """Set attributes; lists become tuples. An unknown name is an AttributeError (slots)."""
    for name, value in fields.items():
        setattr(record, name, tuple(value) if isinstance(value, list) else value)


_PLACES = ("Harbour", "Garden", "Station", "Attic", "Market", "Lighthouse", "Orchard", "Bridge")
_THINGS = ("Lights", "Stories", "Letters", "Shadows", "Seasons", "Echoes", "Maps", "Rain")


def seed(library: Library, scenes: int, *, folder: str = "/data/scenes", number: int = 1) -> None:
    """Add scenes with files, performers, a studio, tags, dates and ratings; no hook runs."""
    rng = random.Random(number)
    people = [f"Performer {n:03}" for n in range(max(10, scenes // 50))]
    tags = [f"Tag {n:02}" for n in range(60)]
    for n in range(1, scenes + 1):
        title = f"{rng.choice(_PLACES)} {rng.choice(_THINGS)} {n}"
        studio = f"Studio {rng.randrange(40):02}"
        date = f"20{rng.randrange(10, 26)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        file = {
            "path": f"{folder}/{studio}/{date} {title}.mp4",
            "size": 1_000_000 + 977 * n,
            "duration": float(60 + n % 3600),
        }
        library.add_scene(
            title,
            files=[file],
            performers=rng.sample(people, rng.randrange(1, 4)),
            studio=studio,
            tags=rng.sample(tags, rng.randrange(0, 6)),
            groups=[f"Group {n % 25}"] if n % 5 == 0 else [],
            date=date,
            details=f"What happened at the {title}.\n\nA second paragraph.",
            rating100=rng.choice((None, 20, 60, 85)),
            organized=n % 2 == 0,
        )
