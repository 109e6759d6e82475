"""The undo of one item: what goes back to the state before our first write, and what stays. Pure.

A field that still shows our value goes back to the value and the lock that Plex had. In a tag field
each name is decided for itself: ours go, those that our writes took out come back, and all others
stay. What a user or the agent changed since stays. What the ledger does not know is not guessed.

A plan may be made again after a kill: what is back already needs nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from plex.decisions import require_full
from plex.edit_plan import EditPlan, TagEdit
from plex.fields import value_in_plex
from plex.images import sent_sha1
from plex.items import PlexItem
from plex.ownership import alike, is_as_left, keys_of, names_of, same, text_of
from plex.pictures import Shelf
from plex.questions import LOCKS, ImageSlot
from plex.tag_ownership import forms_of, ours_of, was_moved
from validation.records import FieldMemory, LedgerEntry, Value
from validation.sanitizers import name_key

_T = TypeVar("_T")


class Stays(StrEnum):
    """Why a field is not as it was before our first write, or not wholly; "" = it goes back."""

    NO = ""
    CHANGED = "changed in Plex since, stays"
    UNKNOWN = "not known what Plex had before, stays"
    NOT_IN_PLEX = "Plex does not have the picture from before any more"
    NOT_TAKEN = "Plex keeps our value"
    UNCERTAIN = "all locks of PlexSync are gone, stays"


# Our value is still there, and may go back another time.
_OURS = frozenset({Stays.UNKNOWN, Stays.NOT_IN_PLEX})
_LOCK_OF: Mapping[str, str] = {str(slot): name for slot, name in LOCKS.items()}


@dataclass(frozen=True, slots=True)
class UndoneField:
    """A field as Plex shows it, and as it is after the undo; locks count as values.

    ``goes_back``: something is written.
    """

    field: str
    before: Value
    after: Value
    lock: bool | None = None
    stays: Stays = Stays.NO

    @property
    def goes_back(self) -> bool:
        """Whether something is written to the field."""
        return self.before != self.after or self.lock is not None

    @property
    def is_back(self) -> bool:
        """Whether Plex shows what was written, apart from what a server may do by itself: another
        order of names and other capitals."""
        if isinstance(self.before, str) or isinstance(self.after, str):
            equal = alike(text_of(self.before), text_of(self.after))
        else:
            equal = {*keys_of(self.before)} == {*keys_of(self.after)}
        return equal and self.lock is None


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """The undo of one item.

    ``fields`` are those that go back or stay against the rule; a field that is back already is not
    among them. ``pictures`` are the keys to select, "" for none. ``edits`` come after them, because
    Plex locks a picture that is selected. ``kept`` is the entry afterwards: only what is still
    ours, ``None`` = nothing.
    """

    fields: tuple[UndoneField, ...]
    pictures: Mapping[ImageSlot, str]
    edits: EditPlan
    kept: LedgerEntry | None

    def __bool__(self) -> bool:
        return bool(self.pictures or self.edits)


def asked_slots(entry: LedgerEntry) -> tuple[ImageSlot, ...]:
    """The slots whose pictures have to be listed: those of which the past is known."""
    return tuple(slot for slot in LOCKS if slot in entry.images and slot in entry.pictures_before)


def plan_undo(entry: LedgerEntry, item: PlexItem, shelves: Mapping[ImageSlot, Shelf]) -> UndoPlan:
    """Decide the undo of *item*, which was read in full; *entry* is what we know of it, confirmed.

    *shelves* has the pictures of the ``asked_slots``. Raises ValueError for an abridged item.
    """
    require_full(item)
    fields = [_field(name, memory, item) for name, memory in entry.fields.items()]
    pictures = [_picture(slot, entry, item, shelves.get(slot)) for slot in LOCKS]
    found = [one for one in (*fields, *pictures) if one is not None]
    return UndoPlan(
        fields=tuple(one for one in found if one.goes_back or one.stays),
        pictures={
            slot: text_of(one.after)
            for slot, one in zip(LOCKS, pictures, strict=True)
            if one is not None and one.before != one.after
        },
        edits=_edits(item, found),
        kept=remaining(entry, {one.field for one in found if one.stays in _OURS}),
    )


def uncertain(
    stored: LedgerEntry, believed: LedgerEntry, item: PlexItem
) -> tuple[UndoneField, ...]:
    """What an entry has of an item that Plex may have made again: its collections and pictures
    count as not written."""
    names = stored.fields.keys() - believed.fields.keys()
    slots = stored.images.keys() - believed.images.keys()
    lists = ((name, item.tags.get(name, ()), stored.fields[name]) for name in sorted(names))
    return (
        *(
            UndoneField(name, now, now, stays=Stays.UNCERTAIN)
            for name, now, memory in lists
            if not ours_of(memory).isdisjoint(keys_of(now))
        ),
        *(UndoneField(slot, "", "", stays=Stays.UNCERTAIN) for slot in sorted(slots)),
    )


def not_taken(entry: LedgerEntry, plan: UndoPlan, item: PlexItem) -> set[str]:
    """The fields that Plex has not put back, now that *item* was read after the plan was carried
    out. Pictures are believed: only a listing shows them."""
    return {
        one.field
        for one in plan.fields
        if one.goes_back and one.field in entry.fields
        if not _field(one.field, entry.fields[one.field], item).is_back
    }


def _edits(item: PlexItem, fields: Iterable[UndoneField]) -> EditPlan:
    values: dict[str, str] = {}
    tags: dict[str, TagEdit] = {}
    locks: dict[str, bool] = {}
    for one in fields:
        if one.lock is not None:
            locks[_LOCK_OF.get(one.field, one.field)] = one.lock
        if one.before == one.after or one.field in _LOCK_OF:
            continue
        if isinstance(one.after, str):
            values[one.field] = one.after
        else:
            left = {*keys_of(one.after)}
            gone = (tag for tag in names_of(one.before) if name_key(tag) not in left)
            tags[one.field] = TagEdit(one.after, tuple(gone))
    return EditPlan(item.rating_key, item.section_id, item.kind, values, tags, locks)


def remaining(entry: LedgerEntry, names: set[str]) -> LedgerEntry | None:
    """The entry with nothing but these fields and pictures; ``None`` without any."""
    if not names:
        return None
    return replace(
        entry,
        fields=_only(entry.fields, names),
        intended={},
        images=_only(entry.images, names),
        image_versions=_only(entry.image_versions, names),
        image_notes=_only(entry.image_notes, names),
        image_shown=_only(entry.image_shown, names),
        pictures_before=_only(entry.pictures_before, names),
    )


def _only(values: Mapping[str, _T], names: set[str]) -> dict[str, _T]:
    return {name: value for name, value in values.items() if name in names}


def _field(name: str, memory: FieldMemory, item: PlexItem) -> UndoneField:
    locked = name in item.locked
    if isinstance(memory.written, str):
        return _text(name, memory, value_in_plex(item, name), locked)
    return _names(name, memory, item.tags.get(name, ()), locked)


def _text(name: str, memory: FieldMemory, now: str, locked: bool) -> UndoneField:
    """A scalar field. One that was adopted was never ours, whatever lock we put beside it."""
    ours = is_as_left(now, memory) and not memory.adopted
    if memory.original is None:
        return UndoneField(name, now, now, stays=Stays.UNKNOWN if ours else Stays.CHANGED)
    original = text_of(memory.original)
    if ours or (same(now, original) and memory.locked):
        return UndoneField(name, now, original, _lock(memory, locked))
    return UndoneField(name, now, now, stays=Stays.NO if same(now, original) else Stays.CHANGED)


def _names(name: str, memory: FieldMemory, now: tuple[str, ...], locked: bool) -> UndoneField:
    """A tag field, name by name."""
    ours = ours_of(memory)
    if memory.original is None:
        unknown = not ours.isdisjoint(keys_of(now))
        return UndoneField(name, now, now, stays=Stays.UNKNOWN if unknown else Stays.CHANGED)
    original = {name_key(tag): tag for tag in names_of(memory.original)}
    taken = {*keys_of(memory.taken)}
    left = {
        name_key(tag): _spelling(tag, memory, original)
        for tag in now
        if name_key(tag) in original or name_key(tag) not in ours
    }
    goal = {key: left.get(key, tag) for key, tag in original.items() if key in {*left, *taken}}
    goal |= left
    after = tuple(goal.values())
    if {*map(_exact, after)} == {*map(_exact, now)} and (name != "actor" or was_moved(now, memory)):
        after = now  # only the cast has an order, and a user may have changed it
    is_users = goal.keys() != original.keys()
    lock = None if is_users and locked else _lock(memory, locked)
    if not memory.locked and not (ours or taken):
        lock = None
    return UndoneField(name, now, after, lock, Stays.CHANGED if is_users else Stays.NO)


def _lock(memory: FieldMemory, locked: bool) -> bool | None:
    """The lock to send so that it is as before our first write, ``None`` = it is."""
    return None if locked == memory.original_locked else memory.original_locked


def _exact(tag: str) -> str:
    return name_key(tag) + tag


def _spelling(tag: str, memory: FieldMemory, original: Mapping[str, str]) -> str:
    """The spelling from before, where Plex shows the one that we left."""
    key = name_key(tag)
    forms = forms_of(memory)
    return original[key] if key in original and same(tag, forms.get(key, "")) else tag


def _picture(
    slot: ImageSlot, entry: LedgerEntry, item: PlexItem, shelf: Shelf | None
) -> UndoneField | None:
    """A picture by Plex's keys; ``None`` where we uploaded none."""
    if slot not in entry.images:
        return None
    if slot not in entry.pictures_before or shelf is None:
        return UndoneField(slot, "", "", stays=Stays.UNKNOWN)
    before, shown = entry.pictures_before[slot], shelf.selected
    locked = LOCKS[slot] in item.locked
    lock = None if locked == before.locked else before.locked
    if shown == before.key:
        return UndoneField(slot, shown, shown, lock)
    if not shelf.shows_upload(sent_sha1(entry.images[slot])):
        return UndoneField(slot, shown, shown, stays=Stays.CHANGED)
    if before.key and before.key not in shelf.keys:
        return UndoneField(slot, shown, shown, stays=Stays.NOT_IN_PLEX)
    # Plex locks a picture that is selected.
    return UndoneField(slot, shown, before.key, before.locked)
