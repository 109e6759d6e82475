"""A Plex library on a shelf: what a search may ask, answered from tables and counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from plex.candidates import Remembered, choose_sections
from plex.items import PlexItem, PlexPart, PlexSection
from validation.file_names import file_key, stem
from validation.metadata import SceneFile, SyncMetadata
from validation.paths import same_path
from validation.records import IndexedFile, Owner

SIZE, SECONDS = 734_003_201, 1812.5


@dataclass(frozen=True)
class Item:
    """One Plex item of a layout. ``files`` are texts "path|size|seconds", the last two optional."""

    files: tuple[str, ...]
    library: int = 1
    title: str = ""
    year: str = ""


@dataclass(frozen=True)
class Library:
    """One Plex library of a layout."""

    locations: tuple[str, ...]
    title: str = "Movies"
    kind: str = "movie"


def read_file(text: str) -> SceneFile:
    """Parse "path|size|seconds"."""
    path, *numbers = text.split("|")
    size = int(numbers[0]) if numbers else SIZE
    return SceneFile(path, size, float(numbers[1]) if len(numbers) > 1 else SECONDS)


def scene_of(
    files: Iterable[str], title: str = "", date: str = "", scene_id: int = 7
) -> SyncMetadata:
    """A scene with these files."""
    parsed = tuple(map(read_file, files))
    return SyncMetadata(scene_id=scene_id, title=title, date=date, files=parsed)


def item_of(key: int, item: Item, kind: str = "movie") -> PlexItem:
    """The item as a full read shows it; without a title the file name gives it, as scanners do."""
    parts = tuple(map(read_file, item.files))
    values = {"title": item.title or stem(parts[0].path)} | (
        {"year": item.year} if item.year else {}
    )
    return PlexItem(
        rating_key=key,
        section_id=item.library,
        kind=kind,
        values=values,
        tags={},
        locked=frozenset(),
        parts=tuple(PlexPart(part.path, part.size, round(part.duration * 1000)) for part in parts),
        added_at=1,
        updated_at=1,
        full=True,
    )


@dataclass
class Shelf:
    """Implements ``plex.candidates.Sources``. ``asked`` lists the requests a server would get.

    ``complete`` says that the index has every item and is asked first. ``like`` makes ``%`` and
    ``_`` of a needle wildcards, which nobody outside Plex knows.
    """

    libraries: Mapping[int, Library]
    items: Mapping[int, Item]
    chosen: Sequence[str] = ()
    memory: Mapping[int, str] = field(default_factory=dict)
    owners: Mapping[int, Owner] = field(default_factory=dict)
    index: Mapping[int, Item] = field(default_factory=dict)
    complete: bool = False
    deaf: bool = False
    like: bool = False
    asked: list[str] = field(default_factory=list)

    def _item(self, key: int) -> PlexItem:
        item = self.items[key]
        return item_of(key, item, self.libraries[item.library].kind)

    def sections(self) -> tuple[PlexSection, ...]:
        found = [
            PlexSection(number, one.title, one.kind, one.locations, 1, False)
            for number, one in self.libraries.items()
        ]
        return choose_sections(found, self.chosen)

    def remembered(self, scene_id: int) -> tuple[Remembered, ...]:
        if self.memory:
            self.asked.append("read")
        return tuple(
            Remembered(self._item(key), file)
            for key, file in self.memory.items()
            if key in self.items
        )

    def owner(self, rating_key: int) -> Owner | None:
        return self.owners.get(rating_key)

    def read(self, rating_keys: Sequence[int]) -> tuple[PlexItem, ...]:
        self.asked.append("read")
        return tuple(self._item(key) for key in rating_keys if key in self.items)

    def by_file(self, section: PlexSection, needle: str) -> tuple[PlexItem, ...]:
        found = [] if self.deaf else self._listed(section)
        return self._search("file", needle, ((one, [p.file for p in one.parts]) for one in found))

    def by_title(self, section: PlexSection, title: str) -> tuple[PlexItem, ...]:
        return self._search("title", title, ((o, [o.title]) for o in self._listed(section)))

    def indexed(self, path: str) -> tuple[IndexedFile, ...]:
        return tuple(row for row in self._rows() if file_key(row.file) == file_key(path))

    def indexed_at(self, path: str) -> tuple[IndexedFile, ...]:
        return tuple(row for row in self._rows() if same_path(row.file, path))

    def index_is_complete(self) -> bool:
        return self.complete

    def _rows(self) -> Iterator[IndexedFile]:
        index = self.items if self.complete else self.index
        return (row for key, item in index.items() for row in index_rows(item_of(key, item)))

    def _listed(self, section: PlexSection) -> list[PlexItem]:
        keys = [key for key, item in self.items.items() if item.library == section.section_id]
        return [replace(self._item(key), full=False) for key in keys]

    def _search(
        self, name: str, needle: str, texts: Iterable[tuple[PlexItem, list[str]]]
    ) -> tuple[PlexItem, ...]:
        assert needle.strip(), "an empty needle lists the whole library"
        assert "," not in needle, "Plex takes a comma for 'or'"
        self.asked.append(name)
        pattern = re.escape(needle)
        if self.like:
            pattern = pattern.replace("%", ".*").replace("_", ".")
        found = re.compile(pattern, re.IGNORECASE | re.DOTALL)
        return tuple(item for item, values in texts if any(map(found.search, values)))


def index_rows(item: PlexItem) -> list[IndexedFile]:
    """What a listing would say of the item."""
    year = int(item.values.get("year", "0"))
    return [
        IndexedFile(
            item.rating_key, item.section_id, item.kind, part.file, part.size, part.duration,
            item.title, year, item.added_at, item.updated_at,
        )
        for part in item.parts
    ]  # fmt: skip
