"""Frozen records that cross a room's border: the ledger's memory and the Plex file index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# A scalar field's text ("" = no value), or a tag field's names in order.
Value = str | tuple[str, ...]


class FieldState(StrEnum):
    """How far a field's last write has come."""

    SENT = "sent"  # accepted by Plex, not read back
    SETTLED = "settled"  # read back, or found in Plex as we want it


@dataclass(frozen=True, slots=True)
class FieldMemory:
    """The ledger's memory of one field of one Plex item.

    - ``written``: Stash's value as we last sent it.
    - ``stored``: the form that Plex gave back for it, exactly. For a tag field it is parallel to
      ``written``, with ``""`` for a name that is not in Plex: a user took it out, or Plex does not
      take it.
    - ``original`` and ``original_locked``: Plex's own value and lock before our first write.
      ``None``: unknown, an undo lists the field instead of guessing.
    - ``adopted``: the values of ``stored`` that Plex had before us. They are not ours to remove.
    - ``locked``: we locked the field.
    - ``before``: Plex's value before our last write, and ``removed`` the names that this write took
      out, until both are read back.
    - ``order``: the names of ``stored`` in Plex's order, where that is another.
    - ``taken``: the names of ``original`` that our writes took out.
    - ``doubts``: how often in a row Plex kept the value from before our write. At 2 we believe it
      and send the value no more until Stash's own value changes.
    """

    written: Value
    stored: Value
    original: Value | None
    original_locked: bool = False
    state: FieldState = FieldState.SETTLED
    removed: tuple[str, ...] = ()
    doubts: int = 0
    before: Value | None = None
    locked: bool = False
    adopted: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureBefore:
    """The picture that an item showed before our first upload: Plex's key ("" = none), and whether
    it was locked."""

    key: str
    locked: bool


# The time of a first write that version 1.0 did not note: before every other.
BEFORE_EVERYTHING = 1.0


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Our knowledge of one Plex item that we have written for one scene.

    - ``fields``: memory by Plex's field name (``title``, ``genre``, ``actor``, …).
    - ``intended``: what ``fields`` will be once the write that was begun is answered; it stays
      when no answer comes.
    - ``images``: the SHA-1 (hex) of the bytes last uploaded, by ``poster`` and ``background``;
      ``image_versions``: Stash's version of the cover that was last looked at, by the same names;
      ``image_notes``: why Plex does not show that cover (see ``plex.images``); ``image_shown``:
      the address under which the item showed our image when it was last read back;
      ``pictures_before``: what it showed before our first upload, where that was noted.
    - ``scene_file`` and ``file``: the pair of paths, Stash's and Plex's, by which the item was
      matched (``scene_file`` is "" in an entry of version 1.0).
    - ``added_at`` and ``part_ids``: the item's incarnation (0 and empty = unknown).
    - ``searched``: a digest of the scene's paths that the match was decided for.
    - ``first_written``: when we first wrote the item (epoch seconds; 0 = not yet).
    """

    server: str
    rating_key: int
    section_id: int
    scene_id: int
    fields: Mapping[str, FieldMemory] = field(default_factory=dict)
    intended: Mapping[str, FieldMemory] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    image_versions: Mapping[str, str] = field(default_factory=dict)
    image_notes: Mapping[str, str] = field(default_factory=dict)
    image_shown: Mapping[str, str] = field(default_factory=dict)
    pictures_before: Mapping[str, PictureBefore] = field(default_factory=dict)
    file: str = ""
    scene_file: str = ""
    added_at: int = 0
    part_ids: tuple[int, ...] = ()
    searched: str = ""
    first_written: float = 0.0

    @property
    def unread(self) -> bool:
        """Whether the item has to be read back: something was sent since."""
        sent = (memory.state is FieldState.SENT for memory in self.fields.values())
        uploaded = not self.images.keys() <= self.image_shown.keys()
        return bool(self.intended) or uploaded or any(sent)


@dataclass(frozen=True, slots=True)
class Pin:
    """The item that the user chose for a scene, by the file that it held then.

    ``part_ids`` and ``added_at`` tell the item's incarnation (empty and 0 = unknown).
    """

    server: str
    rating_key: int
    scene_id: int
    file: str
    added_at: int = 0
    part_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One file of one Plex item as a listing showed it: a hint, never proof.

    ``size`` is in bytes and ``duration`` in milliseconds (0 = unknown); ``added_at`` is in epoch
    seconds; ``kind`` is Plex's type (``movie`` or ``episode``).
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
    part_id: int = 0


@dataclass(frozen=True, slots=True)
class IndexedSection:
    """How far the index follows one Plex library.

    ``content_changed_at`` is Plex's counter before the last refresh. ``watermark`` is the newest
    change seen (epoch seconds of Plex's clock). ``hidden`` counts the items that Plex counted and
    did not show in the last whole listing. ``listed_at`` and ``refreshed_at`` are the times of the
    last whole listing and of the last refresh of any kind (epoch seconds of our clock).
    """

    section_id: int
    content_changed_at: int
    watermark: int
    hidden: int
    listed_at: float
    refreshed_at: float
