"""Frozen records that cross a room's border: the ledger's memory and the Plex file index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# A scalar field's text ("" = no value), or a tag field's names in order.
Value = str | tuple[str, ...]


class FieldState(StrEnum):
    """How far a field's last write has come."""

    PLANNED = "planned"  # about to be sent: only the original is known, nothing of ours yet
    SENT = "sent"  # accepted by Plex, not read back
    SETTLED = "settled"  # read back, or found in Plex as we want it


@dataclass(frozen=True, slots=True)
class FieldMemory:
    """What the ledger remembers of one field of one Plex item.

    ``written`` is Stash's value as we last sent it, ``stored`` the form Plex gave back for it,
    ``original`` and ``original_locked`` Plex's own value and lock before our first write.
    For a tag field ``written`` and ``stored`` are parallel: ``stored`` has ``""`` for a name that
    is not in Plex, because a person took it out or Plex does not take it. ``removed`` is what the
    last write took out, until it is read back. ``doubts`` counts how often in a row Plex gave
    back something else than was sent; at 2 we believe it and send the value no more until Stash's
    own value changes.
    """

    written: Value
    stored: Value
    original: Value
    original_locked: bool = False
    state: FieldState = FieldState.SETTLED
    removed: tuple[str, ...] = ()
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What we know of one Plex item that we have written for one scene.

    ``fields`` is keyed by Plex's field name (``title``, ``genre``, ``actor``, …); ``images`` maps
    ``poster`` and ``background`` to the SHA-1 of the bytes last uploaded (hex);
    ``image_versions`` maps the same names to Stash's version of the cover they came from;
    ``item_updated_at`` is Plex's ``updatedAt`` as read back (epoch seconds, 0 = not yet read
    back); ``scene_updated_at`` Stash's ``updated_at`` text of the state we wrote;
    ``fingerprint`` stands for the settings that shaped the write, ``considered`` for Stash's
    values as the last plan saw them, written or not (``""`` = plan again).
    ``scene_file`` and ``file`` are the pair of paths, Stash's and Plex's, by which the item was
    matched (``scene_file`` is "" in an entry of version 1.0); ``added_at`` and ``part_ids`` tell
    the item's incarnation (0 and empty = unknown); ``searched`` stands for the scene's files for
    which this item was decided (``plex.candidates.paths_digest``).
    ``intended`` is what ``fields`` will be once the write that was begun is answered; it stays
    when no answer comes.
    """

    server: str
    rating_key: int
    section_id: int
    scene_id: int
    fields: Mapping[str, FieldMemory] = field(default_factory=dict)
    intended: Mapping[str, FieldMemory] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    image_versions: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    considered: str = ""
    scene_updated_at: str = ""
    item_updated_at: int = 0
    synced_at: float = 0.0
    file: str = ""
    scene_file: str = ""
    added_at: int = 0
    part_ids: tuple[int, ...] = ()
    searched: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """The scene that a Plex item was written for, by which file of Plex, and whether a person
    chose the item for it."""

    scene_id: int
    file: str
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One file of one Plex item as a listing showed it: a hint, never proof.

    ``size`` is in bytes and ``duration`` in milliseconds (0 = unknown); ``added_at`` and
    ``updated_at`` are epoch seconds; ``kind`` is Plex's type (``movie`` or ``episode``).
    """

    rating_key: int
    section_id: int
    kind: str
    file: str
    size: int
    duration: int
    title: str
    year: int
    added_at: int
    updated_at: int
    part_id: int = 0


@dataclass(frozen=True, slots=True)
class IndexedSection:
    """How far the index follows one Plex library.

    ``content_changed_at`` is Plex's counter before the last refresh; ``watermark`` the newest
    ``updatedAt`` seen (epoch seconds of Plex's clock); ``listed_at`` and ``refreshed_at`` are the
    times of the last full and of the last refresh of any kind (epoch seconds of our clock).
    """

    section_id: int
    content_changed_at: int
    watermark: int
    listed_at: float
    refreshed_at: float
