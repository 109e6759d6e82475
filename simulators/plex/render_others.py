"""Sections and pictures as elements."""

from __future__ import annotations

from urllib.parse import quote

from simulators.plex.items import Item, Section, Shelf
from simulators.plex.xml import Element


def section_element(section: Section) -> Element:
    """A library in ``/library/sections``."""
    number = section.key
    thumb = "video" if section.other_videos else section.type
    attributes = {
        "allowSync": "1",
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "composite": f"/library/sections/{number}/composite/{section.scanned_at}",
        "filters": "1",
        "refreshing": "1" if section.running_scans else "0",
        "thumb": f"/:/resources/{thumb}.png",
        "key": str(number),
        "type": section.type,
        "title": section.title,
        "agent": section.agent,
        "scanner": section.scanner,
        "language": section.language,
        "uuid": section.uuid,
        "updatedAt": str(section.scanned_at),
        "createdAt": str(section.created_at),
        "scannedAt": str(section.scanned_at),
        "content": "1",
        "directory": "1",
        "contentChangedAt": str(section.content_changed_at),
        "hidden": "0",
    }
    places = [
        Element("Location", {"id": str(place.id), "path": place.path})
        for place in section.locations
    ]
    return Element("Directory", attributes, places)


def picture_elements(item: Item, shelf: Shelf) -> list[Element]:
    """The posters (or backgrounds) of an item."""
    found = []
    for picture in shelf.pictures.values():
        path = picture.key
        if not path.startswith("http"):
            path = f"/library/metadata/{item.rating_key}/file?url={quote(picture.key, safe='')}"
        selected = "1" if picture.key == shelf.selected else "0"
        attributes = {"key": path, "ratingKey": picture.key, "selected": selected, "thumb": path}
        if picture.provider:
            attributes["provider"] = picture.provider
        found.append(Element("Photo", attributes))
    return found
