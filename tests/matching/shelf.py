"""A Plex library on a shelf: what a search may ask, answered from tables and counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from plex.candidates import choose_sections
from plex.items import PlexItem, PlexPart, PlexSection
from plex.rivals import ROWS_SHOWN, Namesakes
from validation.file_names import file_key, stem, title_guess
from validation.metadata import SceneFile, SyncMetadata
from validation.paths import basename, folded, split_names
from validation.records import IndexedFile, LedgerEntry

SIZE, SECONDS = 734_003_201, 1812.5


@dataclass(frozen=True)
class Item:
    """One Plex item of a layout. ``files`` are texts "path|size|seconds", the last two optional."""

    files: tuple[str, ...]
    library: int = 1
    title: str = ""
    year: str = ""
    added: int = 1


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
        parts=tuple(
            PlexPart(part.path, part.size, round(part.duration * 1000), 10 * key + number)
            for number, part in enumerate(parts)
        ),
        added_at=item.added,
        full=True,
    )


@dataclass(frozen=True)
class Rows:
    """What an index answers, from rows in memory."""

    rows: Sequence[IndexedFile]

    def at(self, path: str) -> tuple[IndexedFile, ...]:
        return tuple(row for row in self.rows if folded(row.file) == folded(path))

    def like(self, file: SceneFile, title: str) -> tuple[IndexedFile, ...]:
        key = file_key(file.path)
        titles = {title.casefold(), title_guess(file.path).casefold()}
        kinds: list[Callable[[IndexedFile], bool]] = [
            lambda row: split_names(row.file)[-2:] == split_names(file.path)[-2:],
            lambda row: file_key(row.file) == key and row.size == file.size,
            lambda row: row.size == file.size,
            lambda row: row.title.casefold() in titles,
            lambda row: file_key(row.file) == key,
        ]
        return tuple(chain(*(islice(filter(kind, self.rows), 20) for kind in kinds)))

    def files(self, size: int, name: str) -> tuple[IndexedFile, ...]:
        rows = (
            row
            for row in self.rows
            if (row.size == size if size else file_key(row.file) == file_key(name))
        )
        return tuple(islice(rows, ROWS_SHOWN))


@dataclass
class Shelf:
    """Implements ``plex.candidates.Sources``. ``asked`` lists the requests that servers would get.

    ``listed`` says that the index has every item. ``index`` is what it knew before. ``stash`` are
    the files of other scenes. ``like`` makes ``%`` and ``_`` of a needle wildcards, which nobody
    outside Plex knows; a ``deaf`` Plex finds nothing by file.
    """

    libraries: Mapping[int, Library]
    items: Mapping[int, Item]
    chosen: Sequence[str] = ()
    memory: Sequence[LedgerEntry] = ()
    index: Mapping[int, Item] = field(default_factory=dict)
    stash: Sequence[tuple[int, SceneFile]] = ()
    listed: bool = False
    deaf: bool = False
    like: bool = False
    asked: list[str] = field(default_factory=list)

    def _item(self, key: int) -> PlexItem:
        item = self.items[key]
        return item_of(key, item, self.libraries[item.library].kind)

    def sections(self) -> tuple[PlexSection, ...]:
        found = [
            PlexSection(number, one.title, one.kind, one.locations, 1)
            for number, one in self.libraries.items()
        ]
        return choose_sections(found, self.chosen)

    def known(self, scene_id: int) -> tuple[LedgerEntry, ...]:
        return tuple(entry for entry in self.memory if entry.scene_id == scene_id)

    def read(self, rating_keys: Sequence[int]) -> tuple[PlexItem, ...]:
        self.asked.append("read")
        return tuple(self._item(key) for key in rating_keys if key in self.items)

    def by_file(self, section: PlexSection, needle: str) -> tuple[PlexItem, ...]:
        assert not self.listed, "the index has shown it already"
        assert needle.strip(), "an empty needle lists the whole library"
        assert "," not in needle, "Plex takes a comma for 'or'"
        self.asked.append("file")
        pattern = re.escape(needle)
        if self.like:
            pattern = pattern.replace("%", ".*").replace("_", ".")
        found = re.compile(pattern, re.IGNORECASE | re.DOTALL)
        return tuple(
            replace(self._item(key), full=False)
            for key, item in self.items.items()
            if item.library == section.section_id and not self.deaf
            if any(found.search(text.split("|")[0]) for text in item.files)
        )

    def hints(self, path: str) -> tuple[IndexedFile, ...]:
        return self._rows_of(self.items if self.listed else self.index).at(path)

    def is_listed(self) -> bool:
        return self.listed

    def list_libraries(self) -> None:
        if not self.listed:
            self.asked.append("list")
        self.listed = True

    def rows_at(self, path: str) -> tuple[IndexedFile, ...]:
        return self._rows().at(path)

    def rows_like(self, file: SceneFile, title: str) -> tuple[IndexedFile, ...]:
        return self._rows().like(file, title)

    def plex_files(self, *, size: int = 0, name: str = "") -> tuple[IndexedFile, ...]:
        return self._rows().files(size, name)

    def stash_namesakes(self, name: str) -> Namesakes:
        self.asked.append("stash")
        return Namesakes.of(one for one in self.stash if basename(one[1].path) == name)

    def _rows(self) -> Rows:
        assert self.listed, "an index that was not listed in this batch proves nothing"
        return self._rows_of(self.items)

    def _rows_of(self, items: Mapping[int, Item]) -> Rows:
        chosen = {section.section_id for section in self.sections()}
        shown = ((key, item) for key, item in items.items() if item.library in chosen)
        return Rows([row for key, item in shown for row in index_rows(item_of(key, item))])


def index_rows(item: PlexItem) -> list[IndexedFile]:
    """What a listing would say of the item."""
    year = int(item.values.get("year", "0"))
    return [
        IndexedFile(
            item.rating_key, item.section_id, item.kind, part.file, part.size, part.duration,
            item.title, year, item.added_at,
            part.part_id,
        )
        for part in item.parts
    ]  # fmt: skip
