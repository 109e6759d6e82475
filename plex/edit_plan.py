"""The edit plan: what to write to one Plex item so that it shows one scene. Pure.

The road of one item: :func:`plan` compares the scene, the full item and the ledger's memory;
:func:`intend` notes before the write what it is about to change, and :func:`recall` makes use of
that when no answer came; after the write :func:`remember` makes the ledger's new entry, and
:func:`settle` completes it when the item has been read back. :func:`needs_read` says whether the
next sync has to read the item at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from plex import memory as memories
from plex.cases import NamesCase, TextCase, acts, decide_fields, require_full
from plex.fields import value_in_plex, wanted_fields
from plex.items import PlexItem
from plex.ownership import BELIEVED, Action
from validation.config import PlexSyncConfig, fingerprint
from validation.metadata import SyncMetadata
from validation.records import FieldMemory, FieldState, LedgerEntry, Value

# A run may clear or remove on this many items, or this share of them, without being asked twice.
_SAFE_ITEMS = 50
_SAFE_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class TagEdit:
    """One tag field's edit: the whole list as it shall be, and the names that go.

    Whether Plex replaces or appends is not documented; both together are right in either case.
    A removed name is never a wanted one, under any case or Unicode form.
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

    ``values`` holds scalar fields (``""`` = clear), ``tags`` the tag fields, ``locks`` the lock of
    each field that is locked or unlocked. ``removals`` counts the values that we wrote and that
    go without another taking their place (see :func:`unsafe`).
    """

    rating_key: int
    section_id: int
    kind: str
    values: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, TagEdit] = field(default_factory=dict)
    locks: Mapping[str, bool] = field(default_factory=dict)
    changes: tuple[FieldChange, ...] = ()
    removals: int = 0

    def __bool__(self) -> bool:
        return bool(self.values or self.tags)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that Plex gave back differently. ``final``: for the second time in a row."""

    field: str
    sent: Value
    kept: Value
    final: bool


def plan(
    scene: SyncMetadata, item: PlexItem, entry: LedgerEntry | None, config: PlexSyncConfig
) -> EditPlan:
    """Decide what to write to *item*, which has to be read in full.

    *entry* is what we remember of this item on this server, ``None`` = nothing. Raises ValueError
    for an abridged item, whose lists are cut: tag arithmetic on it would delete tags.
    """
    texts, lists = decide_fields(scene, item, entry, config)
    written = {name: case for name, case in texts.items() if acts(case.decision)}
    edited = {name: case for name, case in lists.items() if acts(case.decision)}
    cases: dict[str, TextCase | NamesCase] = {**written, **edited}
    changes = tuple(
        FieldChange(name, case.now, case.decision.value, str(case.decision.why))
        for name, case in cases.items()
    )
    cleared = sum(case.decision.action is Action.CLEAR for case in written.values())
    return EditPlan(
        rating_key=item.rating_key,
        section_id=item.section_id,
        kind=item.kind,
        values={name: case.decision.value for name, case in written.items()},
        tags={
            name: TagEdit(case.decision.value, case.decision.removed)
            for name, case in edited.items()
        },
        locks={} if config.leave_unlocked else dict.fromkeys(cases, True),
        changes=changes,
        removals=cleared + sum(case.decision.lost for case in edited.values()),
    )


def unsafe(items: int, removing: int) -> bool:
    """Is a run over *items* items suspicious, of which *removing* have plans with removals?

    It stops with ``too_many_removals``; the caller lets a second run pass.
    """
    return removing > max(_SAFE_ITEMS, _SAFE_SHARE * items)


def intend(
    entry: LedgerEntry | None,
    scene: SyncMetadata,
    item: PlexItem,
    edits: EditPlan,
    config: PlexSyncConfig,
    server: str,
) -> LedgerEntry:
    """The entry to store before the write: its answer may be lost.

    It keeps what is about to be written, and Plex's own value and lock of each field that we write
    for the first time, so that an undo knows them.
    """
    entry = _own(entry, scene, item, server)
    first = {
        name: memories.before_write(_now(item, name, name in edits.tags), name in item.locked)
        for name in (*edits.values, *edits.tags)
        if name not in entry.fields
    }
    after = remember(entry, scene, item, edits, config, 0.0, server)
    return replace(entry, fields={**entry.fields, **first}, intended=after.fields, considered="")


def recall(entry: LedgerEntry | None, item: PlexItem) -> LedgerEntry | None:
    """*entry* as it is in truth, if the answer to the last write was lost: *item*, read since,
    shows whether Plex carried it out. Values of ours would else be taken for a person's.
    """
    if entry is None or not entry.intended:
        return entry
    fields = dict(entry.fields)
    for name, meant in entry.intended.items():
        now = _now(item, name, not isinstance(meant.written, str))
        found = memories.recall(fields.get(name), meant, now)
        if found is not None:
            fields[name] = found
    return replace(entry, fields=fields, intended={})


def remember(
    entry: LedgerEntry | None,
    scene: SyncMetadata,
    item_before: PlexItem,
    edits: EditPlan,
    config: PlexSyncConfig,
    now: float,
    server: str,
) -> LedgerEntry:
    """The ledger's entry after *edits* (also empty ones) were carried out on *item_before*.

    *entry* and *item_before* are those that the plan was made from; *edits* are as sent, so with
    a text that had to be cut. *now* is epoch seconds, *server* the machineIdentifier. Values that
    were found equal in Plex are adopted here as ours.
    """
    known = _own(entry, scene, item_before, server)
    texts, lists = decide_fields(scene, item_before, known, config)
    fields: dict[str, FieldMemory | None] = dict(known.fields)
    for name, text in texts.items():
        sent = edits.values.get(name, text.decision.value)
        fields[name] = memories.remember_text(
            text.memory, text.wanted, text.now, text.locked, text.decision, sent
        )
    for name, names in lists.items():
        fields[name] = memories.remember_names(
            names.memory, names.wanted, names.now, names.locked, names.decision
        )
    return replace(
        known,
        fields={name: memory for name, memory in fields.items() if memory is not None},
        intended={},
        fingerprint=fingerprint(config),
        considered=_digest(scene, config),
        scene_updated_at=scene.updated_at,
        item_updated_at=0 if edits else item_before.updated_at,
        synced_at=now,
    )


def settle(entry: LedgerEntry, item_after: PlexItem) -> tuple[LedgerEntry, tuple[Difference, ...]]:
    """Complete *entry* with the item as Plex gives it back: stored forms and ``updatedAt``.

    Returns the fields that Plex holds with another value than was sent. A first difference makes
    the next plan send the value again (under ``preserve_plex_edits`` only if Plex ignored it; a
    third value may be a person's); a final one is left alone until Stash's own value changes.
    """
    require_full(item_after)
    fields: dict[str, FieldMemory] = {}
    differences: list[Difference] = []
    known = True
    for name, memory in entry.fields.items():
        now = _now(item_after, name, not isinstance(memory.written, str))
        fields[name] = memory
        if memory.state is FieldState.SETTLED:
            known &= memories.still_there(memory, now)
        elif memory.state is FieldState.SENT:
            settled = (
                memories.settle_text(memory, now)
                if isinstance(now, str)
                else memories.settle_names(memory, now)
            )
            fields[name] = settled
            if settled.doubts:
                final = settled.doubts >= BELIEVED
                differences.append(Difference(name, _without_blanks(memory.stored), now, final))
    known &= all(difference.final for difference in differences)
    settled_entry = replace(
        entry,
        fields=fields,
        item_updated_at=item_after.updated_at,
        considered=entry.considered if known else "",
    )
    return settled_entry, tuple(differences)


def needs_read(
    entry: LedgerEntry, scene: SyncMetadata, config: PlexSyncConfig, indexed_updated_at: int
) -> bool:
    """Does the item have to be read from Plex, or would the plan be empty anyway?

    False when Stash's values and the settings are those of the last plan and the index shows the
    ``updatedAt`` (epoch seconds, 0 = not indexed) that was read back after the last write.
    Images are another question: they have their own versions in the entry.
    """
    return (
        not entry.item_updated_at
        or entry.item_updated_at != indexed_updated_at
        or entry.fingerprint != fingerprint(config)
        or entry.considered != _digest(scene, config)
    )


def _without_blanks(stored: Value) -> Value:
    """What was sent: names that a person took out are blank in the stored form."""
    return stored if isinstance(stored, str) else tuple(filter(None, stored))


def _own(
    entry: LedgerEntry | None, scene: SyncMetadata, item: PlexItem, server: str
) -> LedgerEntry:
    """What we remember of *item* on *server*; another server's entry is no memory."""
    file = item.parts[0].file if item.parts else ""
    if entry is None or entry.server != server:
        entry = LedgerEntry(server, item.rating_key, item.section_id, scene.scene_id)
    return replace(entry, section_id=item.section_id, scene_id=scene.scene_id, file=file)


def _digest(scene: SyncMetadata, config: PlexSyncConfig) -> str:
    """A short text that changes when anything changes that *scene* could write to an item."""
    wanted = wanted_fields(scene, "movie", config, title_is_ours=True)
    content = json.dumps([wanted.values, wanted.tags], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _now(item: PlexItem, name: str, is_list: bool) -> Value:
    return item.tags.get(name, ()) if is_list else value_in_plex(item, name)
