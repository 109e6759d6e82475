"""The credible part of a ledger entry, now that its item was read. Pure."""

from __future__ import annotations

from dataclasses import replace

from plex.fields import value_in_plex
from plex.identity import held_by, same_incarnation
from plex.images import KEPT, UNASKED
from plex.items import PlexItem
from plex.ownership import is_as_left, keys_of
from validation.records import FieldMemory, LedgerEntry

# So many locks of ours do not go one by one by a user's hand.
_LOCKS_OF_AN_ITEM = 2


def believed(entry: LedgerEntry, item: PlexItem, *, holds_scene: bool) -> LedgerEntry | None:
    """*entry* as far as it is about *item*; ``None`` when it is about another incarnation.

    ``holds_scene``: the item holds a file of the scene now, found without any memory. The entry
    gains the incarnation that the item shows. Images and collections of an item that Plex made
    again with the same file were not written.
    """
    if not same_incarnation(entry, held_by(item), holds_scene=holds_scene):
        return None
    entry = _with_locks(entry, item)
    if _is_made_again(entry, item):
        fields = {
            name: replace(memory, locked=False)
            for name, memory in entry.fields.items()
            if name != "collection"
        }
        entry = replace(
            entry,
            fields=fields,
            images={},
            image_versions={},
            image_notes={},
            image_shown={},
            pictures_before={},
        )
    return replace(entry, added_at=item.added_at, part_ids=item.part_ids)


def for_scene(entry: LedgerEntry, scene_id: int) -> LedgerEntry:
    """*entry* as it serves a scene, which may not be the one that the item showed before.

    Stash numbers the versions of each scene's cover for itself: a version says nothing about the
    cover of another scene, nor does Plex's refusal of that one.
    """
    if entry.scene_id == scene_id:
        return entry
    notes = {slot: note for slot, note in entry.image_notes.items() if note in (KEPT, UNASKED)}
    return replace(entry, image_versions={}, image_notes=notes)


def _is_made_again(entry: LedgerEntry, item: PlexItem) -> bool:
    """Whether Plex made the item again with the same file, under the same key.

    No lock of ours is left. Or it has another ``addedAt``, which tools write too, and shows nothing
    that we wrote: the settings may leave fields unlocked, and a user may have locked one since.
    """
    ours = {name for name, memory in entry.fields.items() if memory.locked}
    if len(ours) >= _LOCKS_OF_AN_ITEM and ours.isdisjoint(item.locked):
        return True
    another_time = bool(entry.added_at) and entry.added_at != item.added_at
    telling = {
        name: memory
        for name, memory in entry.fields.items()
        if memory.stored and memory.stored != memory.original and not memory.adopted
    }
    left = (_is_left(item, name, memory) for name, memory in telling.items())
    return another_time and bool(telling) and not any(left)


def _is_left(item: PlexItem, name: str, memory: FieldMemory) -> bool:
    """Whether the item shows what we wrote, or a name of it."""
    if isinstance(memory.stored, str):
        return is_as_left(value_in_plex(item, name), memory)
    return not {*keys_of(item.tags.get(name, ()))}.isdisjoint(keys_of(memory.stored))


def _with_locks(entry: LedgerEntry, item: PlexItem) -> LedgerEntry:
    """An entry of version 1.0, which does not list our locks, learns them from the item."""
    if entry.added_at or entry.part_ids:
        return entry

    def learnt(name: str, memory: FieldMemory) -> FieldMemory:
        ours = not memory.adopted and not memory.original_locked and name in item.locked
        return replace(memory, locked=ours)

    return replace(entry, fields={name: learnt(name, one) for name, one in entry.fields.items()})
