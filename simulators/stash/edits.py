"""Applies a mutation's input to a record. Only sent keys change anything; null empties."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from graphql import GraphQLError

from simulators.stash.library import Library, Table, in_id_order, in_tag_order
from simulators.stash.queries import number
from simulators.stash.records import Entity, Performer, Scene, SceneGroup

Sent = Mapping[str, Any]
E = TypeVar("E", bound=Entity)
_TEXT = ("title", "code", "details", "director")
_DATE_FORMS = ("%Y-%m-%d", "%Y-%m", "%Y")
_SIMULATED = {
    *("id", "ids", "clientMutationId", *_TEXT, "date", "rating100", "organized", "resume_time"),
    *("studio_id", "performer_ids", "tag_ids", "groups", "urls", "cover_image"),
}


def edit_scene(library: Library, scene: Scene, sent: Sent) -> None:
    """`sceneUpdate` and `bulkSceneUpdate` alike. Any edit, even an empty one, moves updated_at.

    Everything that can be refused is looked up before the first field changes.
    """
    refuse_others(sent, _SIMULATED)
    changes: dict[str, Any] = {key: (sent[key] or "").strip() for key in _TEXT if key in sent}
    if changes.get("title") == "" and not scene.files:
        raise GraphQLError("title must be set if scene has no files")
    if "date" in sent:
        changes["date"] = parse_date(sent["date"])
    if "rating100" in sent:
        changes["rating100"] = sent["rating100"]
    if "resume_time" in sent:
        changes["resume_time"] = sent["resume_time"] or 0.0
    if "organized" in sent:
        changes["organized"] = bool(sent["organized"])
    changes |= _relations(library, scene, sent)
    for key, value in changes.items():
        setattr(scene, key, value)
    scene.updated_at = library.clock.text()


def refuse_others(sent: Sent, simulated: Iterable[str]) -> None:
    """Raises GraphQLError for a key that this simulator cannot store."""
    for key in sent.keys() - set(simulated):
        raise GraphQLError(f"the input {key} is not simulated")


def _relations(library: Library, scene: Scene, sent: Sent) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "studio_id" in sent:
        changes["studio"] = one(library.studios, sent["studio_id"], "studio")
    if "performer_ids" in sent:
        chosen = _several(library.performers, scene.performers, sent["performer_ids"], "performer")
        changes["performers"] = in_id_order(chosen)
    if "tag_ids" in sent:
        changes["tags"] = in_tag_order(_several(library.tags, scene.tags, sent["tag_ids"], "tag"))
    if "groups" in sent:
        changes["groups"] = tuple(
            SceneGroup(group, link.get("scene_index"))
            for link in sent["groups"] or ()
            if (group := one(library.groups, link["group_id"], "group"))
        )
    if "urls" in sent:
        changes["urls"] = tuple(url.strip() for url in sent["urls"] or ())
    if sent.get("cover_image"):
        changes["cover"] = image_bytes(sent["cover_image"])
    return changes


def one(table: Table[E], record_id: str | None, kind: str) -> E | None:
    """The record of an id that may be null. Raises GraphQLError when there is none."""
    if record_id is None or record_id == "":
        return None
    found = table.get(number(record_id))
    if found is None:
        raise GraphQLError(f"{kind} with id {record_id} not found")
    return found


def _several(table: Table[E], present: Iterable[E], sent: Any, kind: str) -> list[E]:
    """A plain list replaces; a bulk edit's ``{ids, mode}`` sets, adds or removes."""
    ids, mode = (sent.get("ids"), sent["mode"]) if isinstance(sent, dict) else (sent, "SET")
    given = [found for value in ids or () if (found := one(table, value, kind))]
    if mode == "REMOVE":
        return [record for record in present if record not in given]
    return given if mode == "SET" else [*present, *given]


def parse_date(text: str | None) -> str | None:
    """Full, ``YYYY-MM`` or ``YYYY``. Raises GraphQLError for anything else."""
    if not text:
        return None
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form).strftime(form)
        except ValueError:
            continue
    raise GraphQLError(f'converting date: failed to parse date "{text}"')


def image_bytes(data_url: str) -> bytes:
    """The bytes of a base64 data URL; a URL to download is not simulated."""
    found = re.fullmatch(r"data:[^;,]*;base64,(.*)", data_url, re.DOTALL)
    if found is None:
        raise GraphQLError("an image must be a base64 data URL here")
    return base64.b64decode(found[1])


def edit_record(library: Library, table: Table[Any], record: Entity, sent: Sent) -> None:
    """Edit the name of a performer, studio, tag or group, and the tags of a performer.

    Raises GraphQLError for a name that is taken.
    """
    has_tags = isinstance(record, Performer)
    refuse_others(sent, ("id", "name", *(("tag_ids",) if has_tags else ())))
    name = (sent.get("name") or record.name).strip()
    if name != record.name and table.taken(name) and table.names_are_unique:
        raise GraphQLError(f"{table.kind.__name__.lower()} with name '{name}' already exists")
    if isinstance(record, Performer) and "tag_ids" in sent:
        record.tags = in_tag_order(_several(library.tags, record.tags, sent["tag_ids"], "tag"))
    table.rename(record, name)
