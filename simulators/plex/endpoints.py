"""The addresses of Plex, and their work."""

from __future__ import annotations

import re
from collections.abc import Callable

from simulators.plex import history, user
from simulators.plex.answers import Answer, Element, Refused, done
from simulators.plex.calls import IDENTIFIER, TAG_VERSION, Call, container
from simulators.plex.edits import Edit, apply_edit, parse_edit
from simulators.plex.items import TYPE_NAMES, Item, Section
from simulators.plex.listing import find
from simulators.plex.render import (
    Shape,
    item_element,
    picture_elements,
    section_element,
)
from simulators.plex.requests import Request

VERSION = "1.43.1.10611-1e34174b1"


def root(call: Call) -> Answer:
    """GET / : the server's name and abilities."""
    library = call.library
    attributes = {
        "allowSync": "1",
        "apiVersion": "1.2.0",
        "friendlyName": call.server.friendly_name,
        "machineIdentifier": call.server.machine_identifier,
        "multiuser": "1",
        "myPlex": "1",
        "myPlexSubscription": "0",
        "platform": "Linux",
        "platformVersion": "6.17.0",
        "updatedAt": str(library.now()),
        "version": VERSION,
    }
    names = ("identity", "library")
    return container([_directory(name) for name in names], attributes)


def identity(call: Call) -> Answer:
    """GET /identity, the one thing that needs no token."""
    attributes = {
        "apiVersion": "1.2.0",
        "claimed": "1",
        "machineIdentifier": call.server.machine_identifier,
        "version": VERSION,
    }
    return container([], attributes)


def _directory(name: str) -> Element:
    return Element("Directory", {"key": name, "title": name})


def sections(call: Call) -> Answer:
    """GET /library/sections"""
    found = [section_element(section) for section in call.library.sections.values()]
    return container(found, {"allowSync": "0", "title1": "Plex Library"})


def metadata(call: Call) -> Answer:
    """GET /library/metadata/{ids}: whole items, several at once; those that exist."""
    items = call.items()
    if call.library.reads_refresh and not call.query.flag("skipRefresh"):
        for item in items:
            call.library.refresh(item)
    shape = Shape.of(call.query, full=True)
    section = items[0].section
    attributes = {
        "allowSync": "1",
        "identifier": IDENTIFIER,
        "librarySectionID": str(section.key),
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
        **TAG_VERSION,
    }
    found = [item_element(item, shape) for item in items]
    return container(found, attributes)


def pictures(call: Call) -> Answer:
    """GET /library/metadata/{id}/posters and …/arts"""
    item = call.item()
    found = picture_elements(item, user.shelf_of(item, call.groups[1]))
    return container(found, {"identifier": IDENTIFIER, **TAG_VERSION})


def picture_bytes(call: Call) -> Answer:
    """GET /library/metadata/{id}/thumb/{stamp} and …/art/{stamp}: the selected upload itself."""
    kind = "arts" if call.groups[1] == "art" else "posters"
    shelf = user.shelf_of(call.item(), kind)
    picture = shelf.pictures.get(shelf.selected)
    if picture is None:
        raise Refused(404, "no such picture")
    return Answer(body=picture.data, content_type="image/jpeg")


def wanted_type(call: Call, default: str) -> str:
    """The type a query asks for. Plex: a ``file`` filter without a type ends in a 500."""
    number = call.query.get("type")
    if not number:
        if any(parameter.name == "file" for parameter in call.query):
            raise Refused(500, "file= needs type=")
        return default
    if not number.isdigit():
        raise Refused(400, "type is a number")
    return TYPE_NAMES.get(int(number), "")


def list_section(call: Call) -> Answer:
    """GET /library/sections/{id}/all"""
    section = call.section()
    kind = wanted_type(call, section.type)
    found = find(call.library, call.server.catalogue, section, kind, call.query)
    return _page_of(call, found, section_attributes(section, kind))


def section_attributes(section: Section, kind: str) -> dict[str, str]:
    thumb = "video" if section.other_videos else section.type
    view = {"collection": "mixed", "season": "season", "episode": "episode"}.get(kind, section.type)
    what = section.title if section.other_videos else f"{section.type.title()}s"
    return {
        "allowSync": "1",
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "identifier": IDENTIFIER,
        "librarySectionID": str(section.key),
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
        **TAG_VERSION,
        "thumb": f"/:/resources/{thumb}.png",
        "title1": section.title,
        "title2": f"All {what}",
        "viewGroup": view,
        "viewMode": "65592",
    }


def _page_of(call: Call, found: list[Item], attributes: dict[str, str]) -> Answer:
    """A page of items, or all of them; only a page says offset and total."""
    page, headers = call.page(), {}
    if page is not None:
        start, size = page
        total = len(found)
        found = found[start : None if size is None else start + size]
        attributes = {"totalSize": str(total), "offset": str(start)} | attributes
        headers = {"X-Plex-Container-Start": str(start), "X-Plex-Container-Total-Size": str(total)}
    shape = Shape.of(call.query, full=False)
    answer = container([item_element(item, shape) for item in found], attributes)
    answer.headers = headers
    return answer


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
        return _apply(call, call.server.catalogue.ordered(section, kind), edit, one=False)
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


def _apply(call: Call, items: list[Item], edit: Edit, one: bool) -> Answer:
    apply_edit(call.library, items, edit, one)
    return done()


def rate(call: Call) -> Answer:
    """PUT /:/rate: the star rating, without a lock; -1 takes it away."""
    item = _by_key(call)
    rating = float(call.query.get("rating", "-1"))
    if rating > 10:
        raise Refused(400, "a rating is at most 10")
    user.set_rating(call.library, item, rating if rating >= 0 else None)
    return done()


def _by_key(call: Call) -> Item:
    key = call.query.get("key")
    item = call.library.items.get(int(key)) if key.isdigit() else None
    if item is None:
        raise Refused(404, "no such item")
    return item


def upload_picture(call: Call) -> Answer:
    """POST /library/metadata/{id}/posters and …/arts"""
    user.upload_picture(call.library, call.item(), call.groups[1], call.body)
    return done()


def select_picture(call: Call) -> Answer:
    """PUT /library/metadata/{id}/poster and …/art?url=<key>: answers the path of the picture."""
    item, kind = call.item(), f"{call.groups[1]}s"
    user.select_picture(call.library, item, kind, call.query.get("url"))
    path = f"/library/metadata/{item.rating_key}/{user.LOCKS[kind]}"
    return Answer(body=path.encode(), content_type="text/plain")


def deselect_picture(call: Call) -> Answer:
    """DELETE /library/metadata/{id}/thumb and …/art: the item shows none."""
    kind = {"thumb": "posters", "art": "arts"}[call.groups[1]]
    user.select_picture(call.library, call.item(), kind, "")
    return done()


def scan_section(call: Call) -> Answer:
    """GET or POST /library/sections/{id}/refresh: answers immediately, the scan goes on."""
    call.server.scanner.start(call.section(), call.query.get("path"))
    return done()


_SECTION = r"/library/sections/(\d+)"
_ITEM = r"/library/metadata/(\d+)"
_ITEMS = r"/library/metadata/([\d,]+)"
Endpoint = Callable[[Call], Answer]
_TABLE: list[tuple[str, str, Endpoint]] = [
    ("GET", "/", root),
    ("GET", "/identity", identity),
    ("GET", "/library/sections(?:/all)?", sections),
    ("GET", _SECTION + "/all", list_section),
    ("GET", _SECTION + "/refresh", scan_section),
    ("POST", _SECTION + "/refresh", scan_section),
    ("PUT", _SECTION + "/all", edit_section),
    ("GET", _ITEMS, metadata),
    ("GET", _ITEM + "/(posters|arts)", pictures),
    ("POST", _ITEM + "/(posters|arts)", upload_picture),
    ("GET", _ITEM + r"/(thumb|art)/\d+", picture_bytes),
    ("PUT", _ITEM + "/(poster|art)", select_picture),
    ("DELETE", _ITEM + "/(thumb|art)", deselect_picture),
    ("PUT", "/:/rate", rate),
    ("GET", "/status/sessions/history/all", history.listing),
]
_ROUTES = [(method, re.compile(path), endpoint) for method, path, endpoint in _TABLE]


def find_route(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]] | None:
    """The endpoint and the parts of the path that it gets; None for an unknown address."""
    path = path.rstrip("/") or "/"
    for expected, pattern, endpoint in _ROUTES:
        match = pattern.fullmatch(path) if expected == method else None
        if match:
            return endpoint, match.groups()
    return None
