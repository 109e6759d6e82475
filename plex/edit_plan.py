"""The edit plan: the writes that make one Plex item show one scene. Pure.

The path of one item:

1. :func:`confirm` completes the ledger's memory with the item as it was just read. This covers a
   write whose answer was lost, and one that was not read back yet.
2. :func:`plan` compares the scene, the item and the memory, once. The plan carries its decisions.
3. :func:`intend` notes before the write what it is about to change.
4. :func:`remember` makes the ledger's new entry after the write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from plex import field_memory
from plex.decisions import FieldDecision, decide_fields, require_full
from plex.fields import value_in_plex
from plex.items import PlexItem
from plex.ownership import BELIEVED, Why
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.records import FieldMemory, FieldState, LedgerEntry, Value

# A run may clear or remove on this many items, or this share of them, without being asked twice.
_SAFE_ITEMS = 50
_SAFE_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class TagEdit:
    """One tag field's edit: the whole list as it shall be, and the names that go.

    Plex does not document whether it replaces or appends; both together are right in either case. A
    removed name is never a wanted one, under any case or Unicode form.
    """

    wanted: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One line of a preview: a field before and after, and the reason in words."""

    field: str
    before: Value
    after: Value
    why: str


@dataclass(frozen=True, slots=True)
class EditPlan:
    """Everything to be written to one item; falsy when that is nothing.

    - ``values``: scalar fields (``""`` = clear); ``tags``: the tag fields.
    - ``locks``: the lock of each field that is locked or unlocked, with or without a value.
    - ``removals``: how many values that we wrote go without another taking their place (see
      :func:`unsafe`).
    - ``decisions``: every field as it was decided, also those that stay.
    """

    rating_key: int
    section_id: int
    kind: str
    values: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, TagEdit] = field(default_factory=dict)
    locks: Mapping[str, bool] = field(default_factory=dict)
    changes: tuple[FieldChange, ...] = ()
    removals: int = 0
    decisions: Mapping[str, FieldDecision] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values or self.tags or self.locks)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose write Plex did not carry out. ``final``: for the second time in a row."""

    field: str
    sent: Value
    kept: Value
    final: bool


def plan(
    scene: SyncMetadata,
    item: PlexItem,
    entry: LedgerEntry | None,
    config: PlexSyncConfig,
    *,
    restored: bool = False,
) -> EditPlan:
    """Decide what to write to *item*, which has to be read in full.

    *entry* is what we remember of this item on this server, confirmed; ``None`` = nothing.
    ``restored``: the ledger was lost or came from a copy, so that equal locked values may be ours.
    Raises ValueError for an abridged item, whose lists are cut: tag arithmetic on it would delete
    tags.
    """
    fields = decide_fields(scene, item, entry, config, restored=restored)
    values: dict[str, str] = {}
    tags: dict[str, TagEdit] = {}
    for name, one in fields.items():
        after = one.decision.value
        if one.decision.acts and isinstance(after, str):
            values[name] = after
        elif one.decision.acts and not isinstance(after, str):
            tags[name] = TagEdit(after, one.decision.removed)
    return EditPlan(
        rating_key=item.rating_key,
        section_id=item.section_id,
        kind=item.kind,
        values=values,
        tags=tags,
        locks={name: one.lock for name, one in fields.items() if one.lock is not None},
        changes=tuple(_changes(fields)),
        removals=sum(one.decision.lost for one in fields.values()),
        decisions=fields,
    )


def unsafe(items: int, removing: int) -> bool:
    """Whether a run over *items* items is suspicious, of which *removing* lose something.

    It stops with ``too_many_removals``; the caller lets a second run pass.
    """
    return removing > max(_SAFE_ITEMS, _SAFE_SHARE * items)


def intend(
    entry: LedgerEntry | None,
    edits: EditPlan,
    *,
    item: PlexItem,
    scene_id: int,
    server: str,
    now: float = 0.0,
) -> LedgerEntry:
    """The entry to store before the write: its answer may be lost.

    It keeps what is about to be written, with Plex's own value and lock of each field that we
    write for the first time, so that an undo knows them. ``now`` is epoch seconds.
    """
    after = remember(entry, edits, item=item, scene_id=scene_id, server=server)
    return replace(
        after,
        fields=entry_of(entry, item, scene_id, server).fields,
        intended=after.fields,
        first_written=after.first_written or now,
    )


def remember(
    entry: LedgerEntry | None,
    sent: EditPlan,
    *,
    item: PlexItem,
    scene_id: int,
    server: str,
    scene_file: str | None = None,
    file: str | None = None,
) -> LedgerEntry:
    """The ledger's entry after *sent* (also an empty plan) was carried out.

    *entry* and *item* are those that the plan was made from. *sent* is the plan as sent, with texts
    cut where necessary. *server* is the machineIdentifier. *scene_file* and *file* are the pair of
    paths of the match, ``None`` = as before.
    """
    known = entry_of(entry, item, scene_id, server)
    fields: dict[str, FieldMemory | None] = dict(known.fields)
    for name, one in sent.decisions.items():
        fields[name] = field_memory.remember(one, sent.values.get(name, one.decision.value))
    return replace(
        known,
        fields={name: memory for name, memory in fields.items() if memory is not None},
        intended={},
        scene_file=known.scene_file if scene_file is None else scene_file,
        file=known.file if file is None else file,
    )


def confirm(entry: LedgerEntry, item: PlexItem) -> tuple[LedgerEntry, tuple[Difference, ...]]:
    """*entry* as it is in truth, now that *item* was read in full after the last write.

    The effect of a write without an answer is ours, where Plex shows it. Sent values are read back:
    Plex's own form of them is learnt. Returns also the fields of which Plex still shows the value
    from before the write. After a first such difference the next plan sends the value again. A
    final one is left alone until Stash's own value changes. Any third value is a user's.
    """
    require_full(item)
    fields: dict[str, FieldMemory] = {}
    differences: list[Difference] = []
    for name, memory in _recalled(entry, item).items():
        fields[name] = memory
        if memory.state is FieldState.SENT:
            now = _shown(item, name, memory)
            fields[name] = after = field_memory.confirm(memory, now)
            if after.doubts:
                final = after.doubts >= BELIEVED
                differences.append(Difference(name, _without_blanks(memory.stored), now, final))
    shown = entry.image_shown
    if entry.unread:  # Plex moves the address of an image with each edit of ours
        shown = {slot: item.pictures.get(slot, "") for slot in entry.images}
    return replace(entry, fields=fields, intended={}, image_shown=shown), tuple(differences)


def entry_of(entry: LedgerEntry | None, item: PlexItem, scene_id: int, server: str) -> LedgerEntry:
    """Our memory of *item* on *server*, as it is now; another server's entry is nothing."""
    if entry is None or entry.server != server:
        file = item.parts[0].file if item.parts else ""
        entry = LedgerEntry(server, item.rating_key, item.section_id, scene_id, file=file)
    return replace(
        entry,
        section_id=item.section_id,
        scene_id=scene_id,
        added_at=item.added_at,
        part_ids=item.part_ids,
    )


def _recalled(entry: LedgerEntry, item: PlexItem) -> dict[str, FieldMemory]:
    """The fields of *entry*, with what a write without an answer did."""
    fields = dict(entry.fields)
    for name, meant in entry.intended.items():
        shown, locked = _shown(item, name, meant), name in item.locked
        found = field_memory.recall(fields.get(name), meant, shown, locked)
        if found is not None:
            fields[name] = found
    return fields


def _changes(fields: Mapping[str, FieldDecision]) -> Iterator[FieldChange]:
    """The lines of a preview. A lock that goes along with other edits has none."""
    for name, one in fields.items():
        if one.decision.acts:
            yield FieldChange(name, one.now, one.decision.value, str(one.decision.why))
        elif one.lock is not None and not one.beside:
            why = Why.LOCKED if one.lock else Why.SWITCHED_OFF
            yield FieldChange(name, one.now, one.now, str(why))


def _shown(item: PlexItem, name: str, memory: FieldMemory) -> Value:
    if isinstance(memory.written, str):
        return value_in_plex(item, name)
    return item.tags.get(name, ())


def _without_blanks(stored: Value) -> Value:
    """The value as sent: names that a user took out are blank in the stored form."""
    return stored if isinstance(stored, str) else tuple(filter(None, stored))
