"""Which endpoint serves a method and a path."""

from __future__ import annotations

import re
from collections.abc import Callable

from simulators.plex import listing, reads, writes
from simulators.plex.answers import Answer
from simulators.plex.calls import Call

Endpoint = Callable[[Call], Answer]

_SECTION = r"/library/sections/(\d+)"
_ITEM = r"/library/metadata/(\d+)"
_ITEMS = r"/library/metadata/([\d,]+)"
_EITHER = r"/library/(?:metadata|collections)/(\d+)"
_COLLECTION = r"/library/collections/(\d+)"
_CHOICES = "genre|actor|collection|label|director|writer|producer|country|year|decade|studio"

_TABLE: list[tuple[str, str, Endpoint]] = [
    ("GET", "/", reads.root),
    ("GET", "/identity", reads.identity),
    ("GET", "/activities", reads.activities),
    ("GET", "/library", reads.library_root),
    ("GET", "/library/sections(?:/all)?", reads.sections),
    ("GET", "/library/all", listing.list_everything),
    ("GET", _SECTION, reads.section_root),
    ("GET", _SECTION + "/all", listing.list_section),
    ("GET", _SECTION + "/collections", listing.list_collections),
    ("GET", _SECTION + f"/({_CHOICES}|contentRating|editionTitle)", reads.choices),
    ("GET", _ITEMS, reads.metadata),
    ("GET", _ITEM + "/children", reads.children),
    ("GET", _ITEM + "/allLeaves", reads.leaves),
    ("GET", _EITHER + "/(posters|arts)", reads.pictures),
    ("GET", _EITHER + r"/(thumb|art)/\d+", reads.picture_bytes),
    ("GET", _EITHER + "/(file)", reads.picture_bytes),
    ("GET", _COLLECTION, reads.metadata),
    ("GET", _COLLECTION + "/(?:children|items)", reads.children),
    ("GET", _SECTION + "/timeline", reads.timeline),
    ("GET", _SECTION + "/refresh", writes.scan_section),
    ("POST", _SECTION + "/refresh", writes.scan_section),
    ("GET", "/library/sections/all/refresh", writes.scan_everything),
    ("DELETE", "/library/sections/all/refresh", writes.nothing),
    ("PUT", "/library/(?:clean/bundles|optimize)", writes.nothing),
    ("PUT", _ITEM + "/analyze", writes.nothing),
    ("PUT", _SECTION + "/(?:analyze|emptyTrash)", writes.nothing),
    ("DELETE", _SECTION + "/(?:refresh|indexes)", writes.nothing),
    ("PUT", _SECTION + "/all", writes.edit_section),
    ("PUT", _ITEMS, writes.edit_metadata),
    ("PUT", _EITHER + "/(poster|art)", writes.select_picture),
    ("PUT", _ITEMS + "/refresh", writes.refresh_item),
    ("PUT", _EITHER + "/prefs", writes.set_preferences),
    ("PUT", "/:/rate", writes.rate),
    ("GET", "/:/scrobble", writes.played),
    ("GET", "/:/unscrobble", writes.unplayed),
    ("POST", _EITHER + "/(posters|arts)", writes.upload_picture),
    ("DELETE", _EITHER + "/(thumb|art)", writes.deselect_picture),
    ("DELETE", _ITEM, writes.delete_item),
    ("POST", "/library/collections", writes.create_collection),
    ("PUT", _COLLECTION + "/items", writes.add_to_collection),
    ("PUT", _COLLECTION + r"/items/(\d+)/move", writes.move_in_collection),
    ("DELETE", _COLLECTION + r"/items/(\d+)", writes.remove_from_collection),
    ("DELETE", _COLLECTION, writes.delete_item),
]
_ROUTES = [(method, re.compile(path), endpoint) for method, path, endpoint in _TABLE]


def find_route(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]] | None:
    """The endpoint and the parts of the path it is told; None for an unknown address."""
    path = path.rstrip("/") or "/"
    for expected, pattern, endpoint in _ROUTES:
        match = pattern.fullmatch(path) if expected == method else None
        if match:
            return endpoint, match.groups()
    return None
