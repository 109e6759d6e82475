"""What both simulators hold, as JSON, and put back into new ones on other ports."""

from __future__ import annotations

import base64
from typing import Any

from simulators.plex.items import (
    AgentCopy,
    Item,
    Location,
    Media,
    Part,
    Picture,
    Section,
    Shelf,
    TagLink,
)
from simulators.plex.library import Library as PlexLibrary
from simulators.plex.server import PlexSimulator
from simulators.stash.library import Table
from simulators.stash.records import Fingerprint, Scene
from simulators.stash.server import StashSimulator

Doc = dict[str, Any]
_SCENE = (*("title", "code", "details", "director", "date", "rating100", "organized"), "updated_at")
_TABLES = ("performers", "studios", "tags", "groups")
_FILE = ("path", "size", "duration", "mod_time", "created_at", "updated_at")


def dump(plex: PlexSimulator, stash: StashSimulator, now: float) -> Doc:
    """Both servers as plain data; collections follow from the tags of their members."""
    library = plex.library
    items = [item for item in library.items.values() if item.type != "collection"]
    return {
        "now": now,
        "machine_identifier": plex.machine_identifier,
        "last_key": max(library.items),
        "sections": [_dump_section(section) for section in library.sections.values()],
        "items": [_dump_item(item) for item in items],
        "collections": {
            f"{section.key}/{one.title}": one.rating_key
            for section in library.sections.values()
            for one in section.collections.values()
        },
        "settings": {
            name: value
            for name, value in stash.settings.items()
            if name not in ("plex_url", "plex_token")
        },
        "records": {name: [r.name for r in _table(stash, name).values()] for name in _TABLES},
        "scenes": [_dump_scene(scene) for scene in stash.library.scenes.values()],
    }


def load_plex(plex: PlexSimulator, doc: Doc) -> None:
    """Fill an empty Plex. Tags get numbers of their own, which no client may rely on."""
    library = plex.library
    for one in doc["sections"]:
        section = library.sections.get(one["key"]) or plex.add_section(
            one["title"], one["type"], [], one["agent"], one["scanner"]
        )
        section.locations = tuple(Location(*location) for location in one["locations"])
        section.created_at, section.scanned_at = one["created_at"], one["scanned_at"]
    library.keys._next = 1_000_000  # for collections, until they get their own back
    for one in doc["items"]:
        _load_item(library, one)
    for section in library.sections.values():
        _number_collections(library, section, doc["collections"])
    parts = [part["id"] for one in doc["items"] for part in _parts(one)]
    media = [version["id"] for one in doc["items"] for version in one["media"]]
    library.keys._next = doc["last_key"] + 1
    library.part_ids._next = max([*parts, *media]) + 1
    for section, one in zip(library.sections.values(), doc["sections"], strict=True):
        section.content_changed_at = one["content_changed_at"]
        library._content_changes = max(library._content_changes, section.content_changed_at)


def load_stash(stash: StashSimulator, doc: Doc) -> None:
    """Fill an empty Stash; its settings are the caller's."""
    library = stash.library
    for name in _TABLES:
        for record in doc["records"][name]:
            _table(stash, name).add(record)
    for one in doc["scenes"]:
        library._last_scene = one["id"] - 1
        library.add_scene(
            files=[{"path": file["path"], "oshash": file["oshash"]} for file in one["files"]],
            performers=one["performers"],
            studio=one["studio"],
            tags=one["tags"],
            groups=one["groups"],
            cover=base64.b64decode(one["cover"]) if one["cover"] else None,
        )
        scene = library.scenes[one["id"]]
        for name in _SCENE:
            setattr(scene, name, one[name])
        for file, kept in zip(scene.files, one["files"], strict=True):
            for name in _FILE:
                setattr(file, name, kept[name])
            file.fingerprints = (Fingerprint("oshash", kept["oshash"]),)


def _table(stash: StashSimulator, name: str) -> Table[Any]:
    """Related records, in the order of their numbers: a cast is in that order."""
    tables: dict[str, Table[Any]] = {
        "performers": stash.library.performers,
        "studios": stash.library.studios,
        "tags": stash.library.tags,
        "groups": stash.library.groups,
    }
    return tables[name]


def _dump_section(section: Section) -> Doc:
    plain = ("key", "title", "type", "agent", "scanner", "created_at", "scanned_at")
    doc: Doc = {name: getattr(section, name) for name in plain}
    doc["locations"] = [[location.id, location.path] for location in section.locations]
    doc["content_changed_at"] = section.content_changed_at
    return doc


def _dump_item(item: Item) -> Doc:
    plain = ("rating_key", "type", "guid", "added_at", "updated_at", "fields")
    doc: Doc = {name: getattr(item, name) for name in plain}
    doc["section"] = item.section.key
    doc["parent"] = item.parent.rating_key if item.parent else 0
    doc["tags"] = {kind: _dump_links(links) for kind, links in item.links.items()}
    doc["locked"] = sorted(item.locked)
    doc["media"] = [
        {
            "id": media.id,
            "parts": [
                {name: getattr(part, name) for name in ("id", "file", "size", "duration", "stamp")}
                for part in media.parts
            ],
        }
        for media in item.media
    ]
    doc["posters"], doc["arts"] = _dump_shelf(item.poster_shelf), _dump_shelf(item.art_shelf)
    copy = item.agent_copy
    tags = {kind: _dump_links(list(links)) for kind, links in copy.tags.items()}
    doc["agent_copy"] = {"fields": copy.fields, "tags": tags}
    return doc


def _dump_links(links: list[TagLink]) -> list[list[str]]:
    return [[link.tag.name, link.role] for link in links]


def _dump_shelf(shelf: Shelf) -> Doc:
    pictures = [
        [picture.key, picture.provider, picture.sha1, base64.b64encode(picture.data).decode()]
        for picture in shelf.pictures.values()
    ]
    return {"selected": shelf.selected, "pictures": pictures}


def _dump_scene(scene: Scene) -> Doc:
    doc: Doc = {"id": scene.id, **{name: getattr(scene, name) for name in _SCENE}}
    doc["studio"] = scene.studio.name if scene.studio else None
    doc["performers"] = [performer.name for performer in scene.performers]
    doc["tags"] = [tag.name for tag in scene.tags]
    doc["groups"] = [link.group.name for link in scene.groups]
    doc["cover"] = base64.b64encode(scene.cover).decode() if scene.cover else ""
    doc["files"] = [
        {**{name: getattr(file, name) for name in _FILE}, "oshash": file.fingerprint_of("oshash")}
        for file in scene.files
    ]
    return doc


def _parts(doc: Doc) -> list[Doc]:
    return [part for version in doc["media"] for part in version["parts"]]


def _load_item(library: PlexLibrary, doc: Doc) -> None:
    section = library.sections[doc["section"]]
    item = Item(
        rating_key=doc["rating_key"],
        section=section,
        type=doc["type"],
        guid=doc["guid"],
        added_at=doc["added_at"],
        stamp=doc["updated_at"],
        media=tuple(
            Media(version["id"], tuple(Part(**part) for part in version["parts"]))
            for version in doc["media"]
        ),
        parent=library.items.get(doc["parent"]),
    )
    tags = {kind: [tuple(pair) for pair in pairs] for kind, pairs in doc["tags"].items()}
    library.adopt(item, doc["fields"], tags)
    item.locked = set(doc["locked"])
    item.poster_shelf, item.art_shelf = _load_shelf(doc["posters"]), _load_shelf(doc["arts"])
    known = {
        kind: tuple(library.tags.link(section, kind, tuple(pair)) for pair in pairs)
        for kind, pairs in doc["agent_copy"]["tags"].items()
    }
    item.agent_copy = AgentCopy(dict(doc["agent_copy"]["fields"]), known)
    if item.type == "show":
        section.shows[item.title] = item


def _load_shelf(doc: Doc) -> Shelf:
    pictures = {
        key: Picture(key, provider, sha1, base64.b64decode(data))
        for key, provider, sha1, data in doc["pictures"]
    }
    return Shelf(pictures, doc["selected"])


def _number_collections(library: PlexLibrary, section: Section, keys: dict[str, int]) -> None:
    """Give the collections that came with the tags the keys that they had."""
    for collection in section.collections.values():
        del library.items[collection.rating_key]
    for collection in section.collections.values():
        collection.rating_key = keys[f"{section.key}/{collection.title}"]
        library.items[collection.rating_key] = collection
