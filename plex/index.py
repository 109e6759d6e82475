"""The file index: when it is refreshed, and the listing that refreshes it.

The index finds what Plex's own searches miss and tells parked scenes that their file has come.
It is a memory of listings: a hint, and never proof that an item still holds a file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from plex.candidates import choose_sections
from plex.items import IndexPage, PlexSection
from validation.metadata import SceneFile
from validation.records import IndexedFile, IndexedSection

PAGE_SIZE = 1000
# The soonest that one library is asked again while scenes wait.
REFRESH_SECONDS = 60.0
# Plex does not document when contentChangedAt moves, so it is not believed for longer than this.
TRUST_COUNTER_SECONDS = 600.0
# Deleted items leave the index with a full listing only; nothing depends on it meanwhile.
LIST_AGAIN_SECONDS = 24 * 3600.0
# Plex: ">>" may mean "later than", and one second may hold more items than the last page had.
_OVERLAP_SECONDS = 2

_SAME_DURATION_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Refresh:
    """One library to list: all of it (``since`` 0), or what changed since then (Plex's clock)."""

    section: PlexSection
    since: int

    @property
    def full(self) -> bool:
        """Whether the whole library is listed."""
        return not self.since


def refresh_needed(
    known: Mapping[int, IndexedSection],
    now: float,
    sections: Sequence[PlexSection],
    *,
    listed: Collection[int] = (),
    full: bool = False,
    edits: bool = False,
) -> tuple[Refresh, ...]:
    """Which libraries to list while anything waits, by what is ``known`` of each.

    A library is listed whole when it is new to the index, once a day, or when ``full`` is asked
    for; otherwise what changed, at most once a minute, when its counter moved. With ``edits`` what
    changed is listed at once, whatever the counter says. ``listed`` are those listed whole in this
    drain already: no library is listed whole twice.
    """
    wanted = (
        _refresh_of(
            section,
            known.get(section.section_id),
            now,
            may_list=section.section_id not in listed,
            full=full,
            edits=edits,
        )
        for section in sections
    )
    return tuple(filter(None, wanted))


def _refresh_of(
    section: PlexSection,
    known: IndexedSection | None,
    now: float,
    *,
    may_list: bool,
    full: bool,
    edits: bool,
) -> Refresh | None:
    whole = Refresh(section, 0) if may_list else None
    if known is None or (full and whole):
        return whole
    elapsed = now - known.refreshed_at
    if 0 <= elapsed < REFRESH_SECONDS and not (full or edits):
        return None
    moved = not section.content_changed_at or section.content_changed_at != known.content_changed_at
    if not (moved or edits) and 0 <= elapsed < TRUST_COUNTER_SECONDS:
        return None
    if whole and moved and not 0 <= now - known.listed_at < LIST_AGAIN_SECONDS:
        return whole
    return Refresh(section, max(1, known.watermark - _OVERLAP_SECONDS))


class IndexPages(Protocol):
    """What a listing needs of Plex; ``PlexClient`` has it."""

    @property
    def server(self) -> str: ...
    def sections(self, *, fresh: bool = False) -> tuple[PlexSection, ...]: ...
    def index_page(
        self, section: PlexSection, start: int, size: int, since: int = 0
    ) -> IndexPage: ...


class IndexTable(Protocol):
    """Where the index is kept; ``IndexStore`` has it. Nothing in it commits."""

    def sections(self, server: str) -> dict[int, IndexedSection]: ...
    def new_mark(self, server: str) -> int: ...
    def holds(self, server: str, rows: Sequence[IndexedFile]) -> bool: ...
    def upsert(self, server: str, rows: Sequence[IndexedFile], mark: int) -> None: ...
    def remove_unseen(self, server: str, section_id: int, mark: int) -> int: ...
    def save_section(self, server: str, section: IndexedSection) -> None: ...
    def forget(self, server: str, rating_keys: Sequence[int]) -> None: ...


class FileIndex:
    """Keeps the index of one server fresh. ``transaction`` opens one on the table's database;
    it is never held while Plex is asked."""

    def __init__(
        self,
        plex: IndexPages,
        table: IndexTable,
        transaction: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._plex = plex
        self._table = table
        self._transaction = transaction
        self._listed: set[int] = set()
        self._looked_at: dict[tuple[str, int], float] = {}
        self._asked_at = float("-inf")

    @property
    def refreshed_at(self) -> float:
        """When ``refresh`` last brought everything up to date (epoch seconds; -inf = never)."""
        return self._asked_at

    def begin_drain(self) -> None:
        """A new drain begins: each library may be listed whole once more."""
        self._listed.clear()

    def refresh(
        self,
        now: float,
        libraries: Sequence[str] = (),
        *,
        full: bool = False,
        edits: bool = False,
    ) -> int:
        """Bring the index up to date; returns the number of pages read.

        Call it while anything waits: it asks Plex at most once a minute (one request when nothing
        moved). ``full`` lists each library whole, once per drain; ``edits`` lists at once what
        changed in any way. Transport errors pass through; what was read before one is kept, and
        the listing starts again next time.
        """
        if not (full or edits) and 0 <= now - self._asked_at < REFRESH_SECONDS:
            return 0
        sections = choose_sections(self._plex.sections(fresh=True), libraries)
        known = self._known()
        wanted = refresh_needed(known, now, sections, listed=self._listed, full=full, edits=edits)
        pages = sum(self._list(one, known.get(one.section.section_id), now) for one in wanted)
        self._asked_at = now
        return pages

    def forget(self, rating_keys: Sequence[int]) -> None:
        """Take out items that Plex says are gone."""
        with self._transaction():
            self._table.forget(self._plex.server, rating_keys)

    def _list(self, refresh: Refresh, known: IndexedSection | None, now: float) -> int:
        """List one library page by page; returns the number of pages."""
        server, section = self._plex.server, refresh.section
        mark = self._table.new_mark(server)
        watermark = known.watermark if known else 0
        totals: list[int] = []
        start = 0
        while True:
            page = self._plex.index_page(section, start, PAGE_SIZE, refresh.since)
            totals.append(page.total)
            start += page.items
            watermark = max((watermark, *(row.updated_at for row in page.rows)))
            if refresh.full or not self._table.holds(server, page.rows):
                with self._transaction():
                    self._table.upsert(server, page.rows, mark)
            if not page.items or start >= page.total:
                break
        # A library that changed while it was listed may have moved items between pages.
        whole = refresh.full and start == page.total and len(set(totals)) == 1
        listed_at = now if refresh.full or known is None else known.listed_at
        state = IndexedSection(
            section.section_id, section.content_changed_at, watermark, listed_at, now
        )
        self._looked_at[(server, section.section_id)] = now
        # An idle worker looks for hours and finds nothing: then nothing is written to disk.
        if known is None or replace(state, refreshed_at=known.refreshed_at) != known:
            with self._transaction():
                if whole:
                    self._table.remove_unseen(server, section.section_id, mark)
                self._table.save_section(server, state)
        if refresh.full:
            self._listed.add(section.section_id)
        return len(totals)

    def _known(self) -> dict[int, IndexedSection]:
        """How far the index follows each library, with the looks that found nothing."""
        server = self._plex.server
        return {
            section_id: replace(
                known,
                refreshed_at=self._looked_at.get((server, section_id), known.refreshed_at),
            )
            for section_id, known in self._table.sections(server).items()
        }


def certain_pair(file: SceneFile, rows: Sequence[IndexedFile]) -> tuple[str, str] | None:
    """(Stash's path, Plex's path) when exactly one of the files with its name has also its size
    and duration; None otherwise. From such pairs path rules are learnt."""
    same = {
        row.file
        for row in rows
        if file.size
        and row.size == file.size
        and row.duration
        and abs(row.duration / 1000 - file.duration) <= _SAME_DURATION_SECONDS
    }
    return (file.path, same.pop()) if len(same) == 1 else None
