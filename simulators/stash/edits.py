"""Applies a mutation's input to a record. Only sent keys change anything; null empties."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from graphql import GraphQLError

from simulators.stash.library import Library, Table, in_id_order, in_tag_order
from simulators.stash.queries import number
from simulators.stash.records import (
    Entity,
    Group,
    Performer,
    Scene,
    SceneGroup,
    StashID,
    Studio,
    Tag,
)

Sent = Mapping[str, Any]
T = TypeVar("T")
E = TypeVar("E", bound=Entity)
_TEXT = ("title", "code", "details", "director")
_DATE_FORMS = ("%Y-%m-%d", "%Y-%m", "%Y")


def edit_scene(library: Library, scene: Scene, sent: Sent) -> None:
    """`sceneUpdate` and `bulkSceneUpdate` alike. Any edit, even an empty one, moves updated_at.

    Everything that can be refused is looked up before the first field changes.
    """
    changes: dict[str, Any] = {key: (sent[key] or "").strip() for key in _TEXT if key in sent}
    if changes.get("title") == "" and not scene.files:
        raise GraphQLError("title must be set if scene has no files")
    if "date" in sent:
        changes["date"] = parse_date(sent["date"])
    for key in ("rating100", "play_duration", "resume_time"):
        if key in sent:
            changes[key] = sent[key] or (None if key == "rating100" and sent[key] is None else 0)
    if "organized" in sent:
        changes["organized"] = bool(sent["organized"])
    changes |= _relations(library, scene, sent)
    for key, value in changes.items():
        setattr(scene, key, value)
    scene.updated_at = library.clock.text()


def _relations(library: Library, scene: Scene, sent: Sent) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "studio_id" in sent:
        changes["studio"] = one(library.studios, sent["studio_id"], "studio")
    if "performer_ids" in sent:
        chosen = _several(library.performers, scene.performers, sent["performer_ids"], "performer")
        changes["performers"] = in_id_order(chosen)
    if "tag_ids" in sent:
        changes["tags"] = in_tag_order(_several(library.tags, scene.tags, sent["tag_ids"], "tag"))
    if "groups" in sent or "group_ids" in sent or "movies" in sent:
        changes["groups"] = _groups(library, scene, sent)
    if "urls" in sent or "url" in sent:
        changes["urls"] = _urls(scene, sent)
    if "stash_ids" in sent:
        changes["stash_ids"] = stash_ids(sent["stash_ids"], library.clock.text())
    if sent.get("cover_image"):
        changes["cover"] = image_bytes(sent["cover_image"])
    if sent.get("primary_file_id"):
        changes["files"] = _with_primary(scene, number(sent["primary_file_id"]))
    return changes


def _with_primary(scene: Scene, file_id: int) -> tuple[Any, ...]:
    primary = [file for file in scene.files if file.id == file_id]
    if not primary:
        raise GraphQLError(f"file with id {file_id} not associated with scene")
    return (*primary, *(file for file in scene.files if file.id != file_id))


def combine(present: Iterable[T], given: Iterable[T], mode: str) -> tuple[T, ...]:
    """SET, ADD or REMOVE, each entry once."""
    given = list(given)
    if mode == "REMOVE":
        return tuple(entry for entry in present if entry not in given)
    start = () if mode == "SET" else present
    return tuple(dict.fromkeys([*start, *given]))


def one(table: Table[E], record_id: str | None, kind: str) -> E | None:
    """The record of an id that may be null. Raises GraphQLError when there is none."""
    if record_id is None or record_id == "":
        return None
    found = table.get(number(record_id))
    if found is None:
        raise GraphQLError(f"{kind} with id {record_id} not found")
    return found


def every(table: Table[E], ids: Iterable[str] | None, kind: str) -> list[E]:
    return [found for value in ids or () if (found := one(table, value, kind))]


def _several(table: Table[E], present: Iterable[E], sent: Any, kind: str) -> tuple[E, ...]:
    """A plain list replaces; a bulk edit's ``{ids, mode}`` says what it does."""
    ids, mode = (sent.get("ids"), sent["mode"]) if isinstance(sent, dict) else (sent, "SET")
    return combine(present, every(table, ids, kind), mode)


def _groups(library: Library, scene: Scene, sent: Sent) -> tuple[SceneGroup, ...]:
    if "group_ids" in sent:
        present = [link.group for link in scene.groups]
        kept = {link.group: link for link in scene.groups}
        chosen = _several(library.groups, present, sent["group_ids"] or [], "group")
        return tuple(kept.get(group, SceneGroup(group, None)) for group in chosen)
    links = sent["groups"] if "groups" in sent else sent["movies"]
    made = []
    for link in links or ():
        group = one(library.groups, link.get("group_id", link.get("movie_id")), "group")
        if group is not None:
            made.append(SceneGroup(group, link.get("scene_index")))
    return tuple(made)


def _urls(scene: Scene, sent: Sent) -> tuple[str, ...]:
    if "urls" not in sent:
        return (sent["url"].strip(),) if sent["url"] else ()
    given = sent["urls"]
    if isinstance(given, dict):
        return combine(scene.urls, _stripped(given.get("values")), given["mode"])
    return tuple(_stripped(given))


def _stripped(values: Iterable[str] | None) -> list[str]:
    return [value.strip() for value in values or ()]


def stash_ids(sent: Iterable[Sent] | None, now: str) -> tuple[StashID, ...]:
    return tuple(
        StashID(entry["endpoint"], entry["stash_id"], entry.get("updated_at") or now)
        for entry in sent or ()
    )


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


Edit = Callable[[Library, Any, Sent], None]


def edit_entity(library: Library, record: Entity, sent: Sent) -> None:
    """What performers, studios, tags and groups share, and then their own fields."""
    table = table_of(library, record)
    kind = type(record).__name__.lower()
    changes: dict[str, Any] = {}
    name = (sent.get("name") or record.name).strip()
    if name != record.name and table.taken(name) and not isinstance(record, Performer | Group):
        raise GraphQLError(f"{kind} with name '{name}' already exists")
    for key, empty in _PLAIN[type(record)].items():
        if key in sent:
            changes[key] = empty if sent[key] is None else sent[key]
    for key in ("date", "birthdate", "death_date"):
        if key in changes:
            changes[key] = parse_date(changes[key])
    for key in ("urls", "aliases", "alias_list"):
        if isinstance(changes.get(key), list):
            changes[key] = tuple(_stripped(changes[key]))
    changes |= _entity_relations(library, sent)
    for key, value in changes.items():
        setattr(record, key, value)
    table.rename(record, name)
    record.updated_at = library.clock.text()


_SHARED: dict[str, Any] = {
    "rating100": None,
    "details": "",
    "favorite": False,
    "ignore_auto_tag": False,
    "urls": (),
}
_PLAIN: dict[type[Entity], dict[str, Any]] = {
    Performer: _SHARED
    | {"disambiguation": "", "gender": None, "alias_list": (), "country": ""}
    | {"birthdate": None, "death_date": None},
    Studio: _SHARED | {"aliases": ()},
    Tag: _SHARED | {"sort_name": "", "description": "", "aliases": ()},
    Group: _SHARED
    | {"aliases": "", "duration": None, "date": None, "director": "", "synopsis": ""},
}


def _entity_relations(library: Library, sent: Sent) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "tag_ids" in sent:
        changes["tags"] = in_tag_order(every(library.tags, sent["tag_ids"], "tag"))
    if "stash_ids" in sent:
        changes["stash_ids"] = stash_ids(sent["stash_ids"], library.clock.text())
    if "parent_id" in sent:
        changes["parent_studio"] = one(library.studios, sent["parent_id"], "studio")
    if "studio_id" in sent:
        changes["studio"] = one(library.studios, sent["studio_id"], "studio")
    if "parent_ids" in sent:
        changes["parents"] = tuple(every(library.tags, sent["parent_ids"], "tag"))
    for key, field in (("image", "image"), ("front_image", "image"), ("back_image", "back_image")):
        if key in sent:
            changes[field] = image_bytes(sent[key]) if sent[key] else None
    return changes


def table_of(library: Library, record: Entity) -> Table[Any]:
    tables: dict[type[Entity], Table[Any]] = {
        Performer: library.performers,
        Studio: library.studios,
        Tag: library.tags,
        Group: library.groups,
    }
    return tables[type(record)]
