"""What a client can change."""

from __future__ import annotations

import re
from urllib.parse import unquote

from simulators.plex import collections, images
from simulators.plex.answers import Answer, Refused, done
from simulators.plex.calls import Call, container
from simulators.plex.edits import Edit, apply_edit, parse_edit
from simulators.plex.items import Item, Section
from simulators.plex.listing import find, wanted_type
from simulators.plex.render import item_element, picture_stamp
from simulators.plex.requests import Request
from simulators.plex.shape import Shape
from simulators.plex.user import set_rating

MOST_IDS = 100  # larger batches fail on real servers


def edit_section(call: Call) -> Answer:
    """PUT /library/sections/{id}/all: edit the items of ``id``, or, without it, all of a type."""
    section = call.section()
    edit = parse_edit(call.query)
    if not call.query.get("type"):
        raise Refused(400, "type is missing")
    kind = wanted_type(call, section.type)
    ids = [text for text in call.query.get("id").split(",") if text]
    if not ids:
        call.server.requests.alarm(
            Request(call.method, call.path, call.raw_query, 200, call.library.clock())
        )
        everything = find(call, section, kind)
        return _apply(call, everything, edit, one=False)
    if len(ids) > MOST_IDS:
        raise Refused(400, f"more than {MOST_IDS} ids")
    items = [_member(call, section, kind, text) for text in ids]
    return _apply(call, items, edit, one=len(items) == 1)


def _member(call: Call, section: Section, kind: str, text: str) -> Item:
    item = call.library.items.get(int(text)) if text.isdigit() else None
    if item is None or item.section is not section:
        raise Refused(404, f"no item {text} in this section")
    if item.type != kind:
        raise Refused(400, f"item {text} is a {item.type}, not a {kind}")
    return item


def edit_metadata(call: Call) -> Answer:
    """PUT /library/metadata/{ids}: the same edits, addressed by path."""
    keys = call.groups[0].split(",")
    items = call.items()
    if len(items) != len(keys):
        raise Refused(404, "an item is missing")
    return _apply(call, items, parse_edit(call.query), one=len(items) == 1)


def _apply(call: Call, items: list[Item], edit: Edit, one: bool) -> Answer:
    apply_edit(call.library, items, edit, one)
    return done()


def rate(call: Call) -> Answer:
    """PUT /:/rate: the star rating, without a lock; -1 takes it away."""
    item = _by_key(call)
    rating = float(call.query.get("rating", "-1"))
    if rating > 10:
        raise Refused(400, "a rating is at most 10")
    set_rating(call.library, item, rating if rating >= 0 else None)
    return done()


def played(call: Call) -> Answer:
    """GET /:/scrobble: a person has watched an item, or everything below it."""
    for item in _watched(call):
        item.fields["viewCount"] = str(int(item.fields.get("viewCount", "0")) + 1)
        item.fields["lastViewedAt"] = str(call.library.now())
    return done()


def unplayed(call: Call) -> Answer:
    """GET /:/unscrobble"""
    for item in _watched(call):
        item.fields.pop("viewCount", None)
        item.fields.pop("lastViewedAt", None)
    return done()


def _watched(call: Call) -> list[Item]:
    item = _by_key(call)
    return [item] if item.files else item.descendants("episode")


def _by_key(call: Call) -> Item:
    key = call.query.get("key")
    item = call.library.items.get(int(key)) if key.isdigit() else None
    if item is None:
        raise Refused(404, "no such item")
    return item


def upload_picture(call: Call) -> Answer:
    """POST /library/metadata/{id}/posters and …/arts"""
    images.upload(call.library, call.item(), call.groups[1], call.body, call.query.get("url"))
    return done()


def select_picture(call: Call) -> Answer:
    """PUT /library/metadata/{id}/poster?url=…: answers a plain path, which is no XML."""
    item = call.item()
    images.select(call.library, item, call.groups[1] + "s", call.query.get("url"))
    name = "thumb" if call.groups[1] == "poster" else "art"
    path = f"/library/metadata/{item.rating_key}/{name}/{picture_stamp(item)}"
    return Answer(body=path.encode())


def deselect_picture(call: Call) -> Answer:
    """DELETE /library/metadata/{id}/thumb and …/art"""
    kind = "posters" if call.groups[1] == "thumb" else "arts"
    images.deselect(call.library, call.item(), kind)
    return done()


def refresh_item(call: Call) -> Answer:
    """PUT /library/metadata/{id}/refresh"""
    for item in call.items():
        call.library.refresh(item)
    return done()


def scan_section(call: Call) -> Answer:
    """GET or POST /library/sections/{id}/refresh: answers at once, the scan goes on."""
    call.server.scanner.start(call.section(), call.query.get("path"), call.query.flag("force"))
    return done()


def create_collection(call: Call) -> Answer:
    """POST /library/collections"""
    library, query = call.library, call.query
    section = library.sections.get(int(query.get("sectionId", "0")))
    title = query.get("title")
    if section is None or not title:
        raise Refused(400, "sectionId and title are needed")
    uri = query.get("uri")
    link = library.tags.link(section, "collection", title)
    collection = section.collections.get(title.casefold())
    if collection is None:
        smart = uri if query.flag("smart") else ""
        collection = collections.create(library, section, link.tag, smart)
    if not query.flag("smart"):
        _join(call, collection, uri)
    return container([item_element(collection, Shape(full=True))])


def add_to_collection(call: Call) -> Answer:
    """PUT /library/collections/{id}/items?uri=…: more members, or another smart query."""
    collection = _collection(call)
    if collection.smart_uri:
        collection.smart_uri = call.query.get("uri")
        call.library.touch(collection)
    else:
        _join(call, collection, call.query.get("uri"))
    return container([item_element(collection, Shape(full=True))])


def _collection(call: Call) -> Item:
    item = call.item()
    if item.type != "collection":
        raise Refused(404, "no such collection")
    return item


def _join(call: Call, collection: Item, uri: str) -> None:
    match = re.search(r"/library/metadata/([\d,]+)", unquote(uri))
    for text in match[1].split(",") if match else ():
        item = call.library.items.get(int(text or 0))
        if item is None:
            raise Refused(404, f"no item {text}")
        link = call.library.tags.link(item.section, "collection", collection.title)
        held = item.links.setdefault("collection", [])
        if link not in held:
            held.append(link)
        collections.settle(call.library, item)
        call.library.touch(item)


def remove_from_collection(call: Call) -> Answer:
    """DELETE /library/collections/{id}/items/{item}"""
    collection = _collection(call)
    item = collection.members.get(int(call.groups[1]))
    if item is None:
        raise Refused(404, "not in this collection")
    links = item.links["collection"]
    item.links["collection"] = [link for link in links if link.tag is not collection.tag]
    collections.settle(call.library, item)
    call.library.touch(item)
    return done()


def move_in_collection(call: Call) -> Answer:
    """PUT /library/collections/{id}/items/{item}/move?after={other}; without it to the front."""
    collection = _collection(call)
    moved = collection.members.pop(int(call.groups[1]), None)
    if moved is None:
        raise Refused(404, "not in this collection")
    order = list(collection.members.values())
    after = collection.members.get(int(call.query.get("after") or 0))
    order.insert(order.index(after) + 1 if after else 0, moved)
    collection.members = {item.rating_key: item for item in order}
    return done()


def delete_item(call: Call) -> Answer:
    """DELETE /library/metadata/{id} and /library/collections/{id}"""
    item = call.item()
    if item.type == "collection":
        collections.forget(call.library, item)
    else:
        call.library.remove(item)
    return done()


def set_preferences(call: Call) -> Answer:
    """PUT /library/metadata/{id}/prefs"""
    item = call.item()
    item.fields.update({p.name: p.value for p in call.query if not p.name.startswith("X-Plex")})
    call.library.touch(item)
    return done()


def nothing(_call: Call) -> Answer:
    """Jobs that leave no trace here: analyse, empty the trash, clean bundles."""
    return done()


def scan_everything(call: Call) -> Answer:
    """GET /library/sections/all/refresh"""
    for section in call.library.sections.values():
        call.server.scanner.start(section, force=call.query.flag("force"))
    return done()
