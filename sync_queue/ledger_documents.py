"""A ledger entry as the JSON document that a row keeps, and back.

Version 2 is written. Version 1, of PlexSync 1.0, is read: it knows no incarnation, no adopted
values and no locks of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_queue.trouble import DatabaseTooNew, damaged, read_object
from validation.records import (
    BEFORE_EVERYTHING,
    FieldMemory,
    FieldState,
    LedgerEntry,
    PictureBefore,
    Value,
)
from validation.sanitizers import name_key

VERSION = 2

# Fields of an entry that JSON keeps as they are; the second kind only where they are not empty.
_PLAIN = ("server", "rating_key", "section_id", "scene_id", "images", "image_versions", "file")
_OPTIONAL = (
    "image_notes",
    "image_shown",
    "scene_file",
    "added_at",
    "part_ids",
    "searched",
    "first_written",
)


def write_entry(entry: LedgerEntry) -> dict[str, object]:
    """The document of *entry*."""
    plain: dict[str, object] = {name: getattr(entry, name) for name in _PLAIN}
    more = {name: getattr(entry, name) for name in _OPTIONAL if getattr(entry, name)}
    fields = {name: _write_field(memory) for name, memory in entry.fields.items()}
    if entry.intended:
        more["intended"] = {name: _write_field(one) for name, one in entry.intended.items()}
    if entry.pictures_before:
        before = entry.pictures_before.items()
        more["pictures_before"] = {slot: [one.key, one.locked] for slot, one in before}
    return {"version": VERSION, **plain, "fields": fields, **more}


def read_entry(text: str) -> LedgerEntry:
    """The entry of a document. Raises ``DatabaseDamaged``, or ``DatabaseTooNew``."""
    try:
        document = read_object(text, "ledger")
        read = _READERS.get(document["version"])
        if read is None:
            raise DatabaseTooNew("The ledger was written by a newer PlexSync; update this one.")
        return read(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged("ledger") from error


def _read_2(document: Mapping[str, Any]) -> LedgerEntry:
    more = {name: document[name] for name in _OPTIONAL if name in document}
    if "part_ids" in more:
        more["part_ids"] = tuple(more["part_ids"])
    return LedgerEntry(
        **{name: document[name] for name in _PLAIN},
        **more,
        fields={name: _read_field(one) for name, one in document["fields"].items()},
        intended={name: _read_field(one) for name, one in document.get("intended", {}).items()},
        pictures_before={
            slot: PictureBefore(key, locked)
            for slot, (key, locked) in document.get("pictures_before", {}).items()
        },
    )


def _read_1(document: Mapping[str, Any]) -> LedgerEntry:
    """An entry of version 1.0. A field of which only the original was noted is none: nothing was
    written to it."""
    fields, intended = (
        {
            name: _read_field_1(name, one)
            for name, one in document.get(kind, {}).items()
            if one.get("state") != "planned"
        }
        for kind in ("fields", "intended")
    )
    plain = {name: document[name] for name in _PLAIN}
    return LedgerEntry(**plain, fields=fields, intended=intended, first_written=BEFORE_EVERYTHING)


_READERS = {1: _read_1, 2: _read_2}


def _write_field(memory: FieldMemory) -> dict[str, object]:
    """The document of one field. Derived values are left out: long texts are mostly stored as they
    were written."""
    document: dict[str, object] = {"written": memory.written, "original": memory.original}
    if memory.stored != memory.written:
        document["stored"] = memory.stored
    if memory.state is not FieldState.SETTLED:
        document["state"] = memory.state
    if memory.before is not None:
        document["before"] = memory.before
    for name in ("original_locked", "removed", "doubts", "locked", "adopted", "order", "taken"):
        if getattr(memory, name):
            document[name] = getattr(memory, name)
    return document


def _read_field(document: Mapping[str, Any]) -> FieldMemory:
    written = _value(document["written"])
    original, before = document["original"], document.get("before")
    return FieldMemory(
        written=written,
        stored=_value(document["stored"]) if "stored" in document else written,
        original=None if original is None else _value(original),
        original_locked=document.get("original_locked", False),
        state=FieldState(document.get("state", FieldState.SETTLED)),
        removed=tuple(document.get("removed", ())),
        doubts=document.get("doubts", 0),
        before=None if before is None else _value(before),
        locked=document.get("locked", False),
        adopted=tuple(document.get("adopted", ())),
        order=tuple(document.get("order", ())),
        taken=tuple(document.get("taken", ())),
    )


def _read_field_1(name: str, document: Mapping[str, Any]) -> FieldMemory:
    """A field of version 1.0: it was adopted, if Plex had before us what was written."""
    old = _read_field({**document, "original": document["original"]})
    written, original = old.written, _value(document["original"])
    before: Value | None = None
    if isinstance(written, str):
        adopted: tuple[str, ...] = (written,) if written and written == original else ()
        if old.removed:  # a value that was cleared
            before = old.removed[0]
        elif old.doubts:
            before = original
        removed: tuple[str, ...] = ()
    else:
        adopted, removed = _adopted_names(name, written, old), old.removed
    return FieldMemory(
        written,
        old.stored,
        original,
        old.original_locked,
        old.state,
        removed,
        old.doubts,
        before,
        adopted=adopted,
        taken=_taken_names(name, written, old),
    )


def _adopted_names(name: str, written: tuple[str, ...], memory: FieldMemory) -> tuple[str, ...]:
    """The names that Plex had before us and that were not taken over: those of a locked list, of
    one that was equal, and collections."""
    original = {name_key(one) for one in memory.original or ()}
    stays = memory.original_locked or name == "collection"
    if not stays and original != {name_key(one) for one in written}:
        return ()
    return tuple(one for one in written if name_key(one) in original)


def _taken_names(name: str, written: Value, memory: FieldMemory) -> tuple[str, ...]:
    """The names that Plex had before us and that version 1.0 took out: it replaced the agent's
    lists, and added to a user's lists and to collections."""
    if isinstance(written, str) or memory.original_locked or name == "collection":
        return ()
    left = {name_key(one) for one in (*written, *memory.stored)}
    return tuple(one for one in memory.original or () if name_key(one) not in left)


def _value(stored: object) -> Value:
    """JSON has no tuples: a list is a tag field's names."""
    if isinstance(stored, str):
        return stored
    if isinstance(stored, list):
        return tuple(stored)
    raise TypeError("neither text nor names")
