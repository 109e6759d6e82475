"""What may be believed of a ledger entry, now that its item was read. Pure."""

from __future__ import annotations

from dataclasses import replace

from plex.identity import held_by, same_incarnation
from plex.items import PlexItem
from validation.records import FieldMemory, LedgerEntry

# So many locks of ours do not go one by one by a user's hand.
_LOCKS_OF_AN_ITEM = 2


def believed(entry: LedgerEntry, item: PlexItem, *, holds_scene: bool) -> LedgerEntry | None:
    """*entry* as far as it is about *item*; ``None`` when it is about another incarnation.

    ``holds_scene``: the item holds a file of the scene now, found without any memory. The entry
    gains the incarnation that the item shows. If we locked two or more fields and none is locked
    now, Plex made the item again with the same file: its images and collections were not written.
    """
    if not same_incarnation(entry, held_by(item), holds_scene=holds_scene):
        return None
    entry = _with_locks(entry, item)
    ours = {name for name, memory in entry.fields.items() if memory.locked}
    if len(ours) >= _LOCKS_OF_AN_ITEM and ours.isdisjoint(item.locked):
        fields = {
            name: replace(memory, locked=False)
            for name, memory in entry.fields.items()
            if name != "collection"
        }
        entry = replace(
            entry, fields=fields, images={}, image_versions={}, image_notes={}, image_shown={}
        )
    return replace(
        entry,
        added_at=item.added_at,
        part_ids=tuple(part.part_id for part in item.parts if part.part_id),
    )


def _with_locks(entry: LedgerEntry, item: PlexItem) -> LedgerEntry:
    """An entry of version 1.0, which does not say what we locked, learns it from the item."""
    if entry.added_at or entry.part_ids:
        return entry

    def learnt(name: str, memory: FieldMemory) -> FieldMemory:
        ours = not memory.adopted and not memory.original_locked and name in item.locked
        return replace(memory, locked=ours)

    return replace(entry, fields={name: learnt(name, one) for name, one in entry.fields.items()})
