"""A ledger entry as the JSON document that a row keeps, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_queue.trouble import DatabaseTooNew, damaged, read_object
from validation.records import FieldMemory, FieldState, LedgerEntry, Value

VERSION = 1

# Fields of an entry that JSON keeps as they are.
_PLAIN = (
    "server",
    "rating_key",
    "section_id",
    "scene_id",
    "images",
    "image_versions",
    "fingerprint",
    "considered",
    "scene_updated_at",
    "item_updated_at",
    "synced_at",
    "file",
)


def write_entry(entry: LedgerEntry) -> dict[str, object]:
    """The document of *entry*."""
    plain: dict[str, object] = {name: getattr(entry, name) for name in _PLAIN}
    fields = {name: _write_field(memory) for name, memory in entry.fields.items()}
    intended = {name: _write_field(memory) for name, memory in entry.intended.items()}
    more = {"intended": intended} if intended else {}
    return {"version": VERSION, **plain, "fields": fields, **more}


def read_entry(text: str) -> LedgerEntry:
    """The entry of a document. Raises ``DatabaseDamaged``, or ``DatabaseTooNew``."""
    try:
        document = read_object(text, "ledger")
        if document["version"] != VERSION:
            raise DatabaseTooNew("The ledger was written by a newer PlexSync; update this one.")
        return LedgerEntry(
            **{name: document[name] for name in _PLAIN},
            fields={name: _read_field(field) for name, field in document["fields"].items()},
            intended={
                name: _read_field(field) for name, field in document.get("intended", {}).items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged("ledger") from error


def _write_field(memory: FieldMemory) -> dict[str, object]:
    """The document of one field. What follows from the rest is left out: long texts are mostly
    stored as they were written."""
    document: dict[str, object] = {"written": memory.written, "original": memory.original}
    if memory.stored != memory.written:
        document["stored"] = memory.stored
    if memory.original_locked:
        document["original_locked"] = True
    if memory.state is not FieldState.SETTLED:
        document["state"] = memory.state
    if memory.removed:
        document["removed"] = memory.removed
    if memory.doubts:
        document["doubts"] = memory.doubts
    return document


def _read_field(document: Mapping[str, Any]) -> FieldMemory:
    written = _value(document["written"])
    return FieldMemory(
        written=written,
        stored=_value(document["stored"]) if "stored" in document else written,
        original=_value(document["original"]),
        original_locked=document.get("original_locked", False),
        state=FieldState(document.get("state", FieldState.SETTLED)),
        removed=tuple(document.get("removed", ())),
        doubts=document.get("doubts", 0),
    )


def _value(stored: object) -> Value:
    """JSON has no tuples: a list is a tag field's names."""
    if isinstance(stored, str):
        return stored
    if isinstance(stored, list):
        return tuple(stored)
    raise TypeError("neither text nor names")
