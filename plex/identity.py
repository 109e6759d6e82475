"""When a remembered pairing of a scene and an item may still be believed. Pure.

Memory may save a request. It never decides. The decision rests on the state of Plex and Stash in
this run: the scene's files and the item's files, both as they are now.

- ``HOLDS``: the scene still has the remembered file, and the same item still holds the other one.
- ``MOVED``: it is the same item, but one of the two files changed. The item is a candidate like any
  other; our memory of its fields is still true of it.
- ``VOID``: it is another item under an old key. Nothing that we remember is about it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol

from plex.items import PlexItem
from validation.paths import normalise, same_path
from validation.records import Pin


class Standing(StrEnum):
    """The state of a remembered pairing."""

    HOLDS = "holds"
    MOVED = "moved"
    VOID = "void"


class Pairing(Protocol):
    """A remembered pair of paths with the item's incarnation; a ledger entry is one."""

    @property
    def scene_file(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def added_at(self) -> int: ...
    @property
    def part_ids(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class Held:
    """An item as it is now: part ids by the normal form of Plex's paths, and ``addedAt``."""

    parts: Mapping[str, int]
    added_at: int


def held_by(item: PlexItem) -> Held:
    """The content of a freshly read item."""
    return Held({normalise(part.file): part.part_id for part in item.parts}, item.added_at)


def same_incarnation(pairing: Pairing, item: Held, *, holds_scene: bool) -> bool:
    """Whether the item under the remembered key is still the one that we knew.

    ``holds_scene``: the item holds a file of the scene now, found without any memory. A library
    that is made again gives old keys to other films, part ids may start again, and tools write
    ``addedAt``: so a file has to agree with a number. An entry of version 1.0 has no numbers; it
    is believed where the file is held.
    """
    same_time = bool(pairing.added_at) and pairing.added_at == item.added_at
    if normalise(pairing.file) in item.parts:
        known = bool(pairing.added_at or pairing.part_ids)
        shared = not {*pairing.part_ids}.isdisjoint({*item.parts.values()} - {0})
        return not known or same_time or shared
    return same_time and holds_scene


def standing(pairing: Pairing, scene_files: Collection[str], item: Held) -> Standing:
    """The state of a pairing; ``scene_files`` are Stash's paths of the scene now."""
    if not same_incarnation(pairing, item, holds_scene=False):
        return Standing.VOID
    here = {normalise(path) for path in scene_files}
    if normalise(pairing.scene_file) in here and normalise(pairing.file) in item.parts:
        return Standing.HOLDS
    return Standing.MOVED


def holds(item: PlexItem, path: str) -> bool:
    """Whether a part of the item has this path; no part has the path ""."""
    return any(same_path(part.file, path) for part in item.parts) if path else False


def has_part_of(item: PlexItem, pin: Pin) -> bool:
    """Whether the item under the pin's key has the very part that the user chose."""
    return not {*item.part_ids}.isdisjoint(pin.part_ids) and pin.added_at == item.added_at


def is_chosen(item: PlexItem, pin: Pin) -> bool:
    """Whether the item under the pin's key is still the one that the user chose.

    A pin of version 1.0 that never gained its file is not known to be void.
    """
    return not pin.file or holds(item, pin.file) or has_part_of(item, pin)


class Claim(IntEnum):
    """How good a scene's claim to an item is; the higher one wins. Earlier writes do not
    count."""

    NONE = 0
    OTHER_PART = 1
    FIRST_PART = 2
    PINNED = 3


def claim_of(item: PlexItem, files: Collection[str]) -> Claim:
    """The claim of a scene that holds ``files`` (Plex's paths) now.

    The first part of the first version decides, so that two scenes whose files Plex shows as one
    item agree about whose it is, in whatever order they are synced.
    """
    held = {normalise(path) for path in files}
    paths = [normalise(part.file) for part in item.parts]
    if not held.intersection(paths):
        return Claim.NONE
    return Claim.FIRST_PART if paths[0] in held else Claim.OTHER_PART
