"""The file index: when it is refreshed, and the listing that refreshes it.

The index is a memory of listings: a hint, and never proof that an item still holds a file. A
listing of this run is as good as Plex's own answer about the existing files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Protocol

from plex.candidates import choose_sections
from plex.exceptions import PlexTemporaryError, check_time, endless, pages_of
from plex.items import IndexPage, PlexSection
from validation.numbers import seconds_awake
from validation.records import IndexedFile, IndexedSection
from validation.sanitizers import name_key

PAGE_SIZE = 1000
# Plex does not document when contentChangedAt moves, so it is not believed for longer than this.
TRUST_COUNTER_SECONDS = 600.0
# Items that a filter by time does not show, and files that were replaced, are found once a day.
LIST_AGAIN_SECONDS = 24 * 3600.0
# One second may hold more items than the last listing showed.
_OVERLAP_SECONDS = 2
# A library that loses items while it is listed moves others between pages: it is listed again.
_LISTINGS = 3
# After that it is Plex's turn to come to rest.
AGAIN_SECONDS = 60.0
_HOUR = 3600


class Ask(Enum):
    """How much a refresh wants to know."""

    COUNTERS = auto()  # list the libraries whose counter moved
    CHANGES = auto()  # list each library's changes, regardless of its counter
    EVERYTHING = auto()  # list each library whole


@dataclass(frozen=True, slots=True)
class Refresh:
    """One library to list: all of it (``since`` 0), or what changed since then (Plex's clock)."""

    section: PlexSection
    since: int


def refresh_needed(
    known: Mapping[int, IndexedSection], now: float, sections: Sequence[PlexSection], ask: Ask
) -> tuple[Refresh, ...]:
    """The libraries to list, by the ``known`` state of each. Pure.

    A library that the index does not know is listed whole, and each one is once a day.
    """
    wanted = (_refresh_of(one, known.get(one.section_id), now, ask) for one in sections)
    return tuple(filter(None, wanted))


def _refresh_of(
    section: PlexSection, known: IndexedSection | None, now: float, ask: Ask
) -> Refresh | None:
    if known is None or ask is Ask.EVERYTHING:
        return Refresh(section, 0)
    counter = section.content_changed_at
    moved = not counter or counter != known.content_changed_at
    if ask is Ask.COUNTERS and not moved and 0 <= now - known.refreshed_at < TRUST_COUNTER_SECONDS:
        return None
    if moved and not 0 <= now - known.listed_at < LIST_AGAIN_SECONDS:
        return Refresh(section, 0)
    return Refresh(section, max(1, known.watermark - _OVERLAP_SECONDS))


class IndexPages(Protocol):
    """A listing's view of Plex; ``PlexClient`` fits it."""

    @property
    def server(self) -> str: ...
    def sections(self, *, fresh: bool = False) -> tuple[PlexSection, ...]: ...
    def index_page(
        self, section: PlexSection, start: int, size: int, since: int = 0
    ) -> IndexPage: ...


class IndexTable(Protocol):
    """The index's storage; ``IndexStore`` fits it. Nothing in it commits."""

    def sections(self, server: str) -> dict[int, IndexedSection]: ...
    def keep_sections(self, server: str, section_ids: Collection[int]) -> None: ...
    def items(self, server: str, section_id: int) -> int: ...
    def new_mark(self, server: str) -> int: ...
    def holds(self, server: str, rows: Sequence[IndexedFile]) -> bool: ...
    def upsert(self, server: str, rows: Sequence[IndexedFile], mark: int) -> None: ...
    def remove_unseen(self, server: str, section_id: int, mark: int) -> None: ...
    def save_section(self, server: str, section: IndexedSection) -> None: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """The end of one listing: ``shown`` items of ``total``, ``newest`` change among them.

    ``complete``: no item can have slipped from one page to another.
    """

    shown: int
    total: int
    newest: int
    complete: bool


class FileIndex:
    """Keeps the index of one server fresh. ``transaction`` opens one on the table's database;
    it is never held while Plex is asked."""

    def __init__(
        self,
        plex: IndexPages,
        table: IndexTable,
        transaction: Callable[[], AbstractContextManager[object]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plex = plex
        self._table = table
        self._transaction = transaction
        self._monotonic = monotonic
        self._looked_at: dict[int, float] = {}

    def refresh(self, now: float, libraries: Sequence[str], ask: Ask) -> tuple[PlexSection, ...]:
        """Bring the index up to date; returns the chosen libraries as Plex has them now.

        ``COUNTERS`` costs one request when no counter moved. Transport errors pass through; the
        pages before one are kept, and the listing starts again next time.
        """
        sections = choose_sections(self._plex.sections(fresh=True), libraries)
        known = self._known()
        if known.keys() - {section.section_id for section in sections}:
            with self._transaction():
                ids = [section.section_id for section in sections]
                self._table.keep_sections(self._plex.server, ids)
        for one in refresh_needed(known, now, sections, ask):
            self._bring_up(one, known.get(one.section.section_id), now)
        return sections

    def sections(self, libraries: Sequence[str]) -> tuple[PlexSection, ...]:
        """The chosen libraries, as they were asked for last; what is missing may have been made
        since."""
        known = {name_key(section.title) for section in self._plex.sections()}
        fresh = not known or any(name_key(name) not in known for name in libraries)
        return choose_sections(self._plex.sections(fresh=fresh), libraries)

    def listed_since(self, since: float, libraries: Sequence[str]) -> bool:
        """Whether each chosen library was listed whole at ``since`` or later (epoch seconds)."""
        if since == float("inf"):
            return False
        known = self._table.sections(self._plex.server)
        return all(
            one.section_id in known and known[one.section_id].listed_at >= since
            for one in self.sections(libraries)
        )

    def _bring_up(self, refresh: Refresh, known: IndexedSection | None, now: float) -> None:
        """List what changed in one library; the whole library when that does not explain it."""
        if known is not None and refresh.since:
            listed = self._list(refresh.section, refresh.since)
            if listed.complete and self._explains(refresh.section, known):
                self._save(refresh.section, known, listed, now, stored=known)
                return
        self._list_whole(refresh.section, known, now)

    def _explains(self, section: PlexSection, known: IndexedSection) -> bool:
        """Whether the index has as many items as the library: nothing was deleted unseen."""
        total = self._plex.index_page(section, 0, 1).total
        return self._table.items(self._plex.server, section.section_id) + known.hidden == total

    def _list_whole(self, section: PlexSection, known: IndexedSection | None, now: float) -> None:
        server = self._plex.server
        for _ in range(_LISTINGS):
            mark = self._table.new_mark(server)
            listed = self._list(section, 0, mark)
            if listed.complete:
                break
        else:
            raise PlexTemporaryError(
                "A library of Plex changes while it is listed; it is listed again later.",
                retry_after=AGAIN_SECONDS,
            )
        with self._transaction():
            self._table.remove_unseen(server, section.section_id, mark)
        watermark = known.watermark if known else 0
        hidden = listed.total - self._table.items(server, section.section_id)
        fresh = IndexedSection(section.section_id, 0, watermark, hidden, now, now)
        self._save(section, fresh, listed, now, stored=known)

    def _save(
        self,
        section: PlexSection,
        before: IndexedSection,
        listed: Listed,
        now: float,
        *,
        stored: IndexedSection | None,
    ) -> None:
        """Keep how far the index follows a library now. A refresh without news writes nothing:
        an idle worker looks for hours."""
        # A time in the future comes from a tool; nothing would be newer than it. Plex's clock may
        # be ahead of ours. Whole hours, so that not each look stores another one.
        ahead = listed.newest > now + _HOUR
        newest = int(now // _HOUR - 1) * _HOUR if ahead else listed.newest
        state = replace(
            before,
            content_changed_at=section.content_changed_at,
            watermark=max(before.watermark, newest),
            refreshed_at=now,
        )
        self._looked_at[section.section_id] = now
        if stored is None or replace(state, refreshed_at=stored.refreshed_at) != stored:
            with self._transaction():
                self._table.save_section(self._plex.server, state)

    def _list(self, section: PlexSection, since: int, mark: int = 0) -> Listed:
        """List one library page by page. Without ``mark`` pages without news are not stored. Each
        page begins with the last item of the one before: an item that went meanwhile moves the
        others. A page that brings no new item ends the listing. Raises PlexTemporaryError for one
        that has no end."""
        server = self._plex.server
        seen: set[int] = set()
        start = newest = last = 0
        totals: list[int] = []
        complete = True
        waited = 0.0
        while True:
            again = min(start, 1)
            asked = self._monotonic()
            page = self._plex.index_page(section, start - again, PAGE_SIZE + again, since)
            waited += seconds_awake(self._monotonic() - asked)
            complete &= not again or page.unreadable > 0 or page.keys[:1] == (last,)
            totals.append(page.total)
            newest = max(newest, page.newest)
            new = set(page.keys) - seen
            seen |= new
            start += len(page.keys) + page.unreadable - again
            last = page.keys[-1] if page.keys else 0
            if mark or not self._table.holds(server, page.rows):
                with self._transaction():
                    self._table.upsert(server, page.rows, mark or self._table.new_mark(server))
            if start >= page.total or (not new and not page.unreadable):
                complete &= totals == sorted(totals)
                return Listed(len(seen), page.total, newest, complete)
            most = pages_of(totals[0], PAGE_SIZE)
            if len(totals) >= most:
                raise endless()
            check_time(waited, most)

    def _known(self) -> dict[int, IndexedSection]:
        """How far the index follows each library, with the looks that found nothing."""
        return {
            section_id: replace(
                known, refreshed_at=self._looked_at.get(section_id, known.refreshed_at)
            )
            for section_id, known in self._table.sections(self._plex.server).items()
        }
