"""Plex's items as frozen records, parsed once from XML at the border."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from validation.records import IndexedFile

# Plex's numeric type per kind, which every edit and listing must carry.
TYPE_NUMBERS: Mapping[str, int] = {"movie": 1, "episode": 4}


@dataclass(frozen=True, slots=True)
class PlexPart:
    """One file of an item. ``size`` in bytes, ``duration`` in milliseconds; 0 = unknown.

    ``part_id`` is Plex's number of the part. It survives edits and refreshes, and it may be given
    to another file when a library is made again.
    """

    file: str
    size: int
    duration: int
    part_id: int = 0


@dataclass(frozen=True, slots=True)
class PlexItem:
    """One movie, other video or episode.

    ``values`` holds scalar fields by Plex's name (``title titleSort summary studio tagline
    originallyAvailableAt year userRating contentRating``), absent when Plex has none. ``tags``
    holds names in order by Plex's singular name (``genre actor director collection label``).
    ``locked`` holds the names of locked fields. ``full`` is False for an item from a list, whose
    tags are cut and whose locks are missing: never do tag arithmetic on it. ``parts`` begins with
    the first part of the first version: the lowest media id, optimised versions last. ``added_at``
    is epoch seconds. ``pictures`` has the addresses of ``poster`` and ``background``, which change
    when the item does. ``view_offset`` is the resume position in milliseconds (0 = none).
    """

    rating_key: int
    section_id: int
    kind: str
    values: Mapping[str, str]
    tags: Mapping[str, tuple[str, ...]]
    locked: frozenset[str]
    parts: tuple[PlexPart, ...]
    added_at: int
    full: bool
    pictures: Mapping[str, str] = field(default_factory=dict)
    view_offset: int = 0

    @property
    def part_ids(self) -> tuple[int, ...]:
        """The known numbers of its parts, which tell its incarnation with ``added_at``."""
        return tuple(part.part_id for part in self.parts if part.part_id)

    @property
    def title(self) -> str:
        """The title as Plex shows it; never empty on a real server."""
        return self.values.get("title", "")


@dataclass(frozen=True, slots=True)
class Items:
    """The items of one answer, and how many there could not be read."""

    items: tuple[PlexItem, ...]
    unreadable: int


@dataclass(frozen=True, slots=True)
class FileSearch:
    """The first items of a search by file, and how many it found in all."""

    items: tuple[PlexItem, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PlexAbout:
    """A server as it describes itself, for users."""

    name: str
    release: str
    machine: str
    address: str


@dataclass(frozen=True, slots=True)
class PlexSection:
    """One library. ``kind`` is the kind of its playable items (``movie`` or ``episode``)."""

    section_id: int
    title: str
    kind: str
    locations: tuple[str, ...]
    content_changed_at: int


@dataclass(frozen=True, slots=True)
class PlexLibrary:
    """Any library of the server, for users to choose from. ``section`` is ``None`` for one whose
    items PlexSync cannot sync (music, photos)."""

    key: int
    title: str
    kind: str
    agent: str
    scanner: str
    locations: tuple[str, ...]
    section: PlexSection | None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """One page of a section's listing.

    ``rows`` has one row per file. ``keys`` are the items on the page, with the ``unreadable`` ones;
    the next page's start advances by their number. ``total`` is the number of items in the whole
    listing. ``newest`` is the latest ``updatedAt`` or ``addedAt`` on the page (epoch seconds, 0 =
    none).
    """

    rows: tuple[IndexedFile, ...]
    keys: tuple[int, ...]
    total: int
    newest: int
    unreadable: int = 0
