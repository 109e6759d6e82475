"""A made-up library, and the whole state as plain data."""

from __future__ import annotations

from typing import Any

from simulators.plex.items import Item, Section
from simulators.plex.library import Library


def generate(library: Library, count: int, folder: str = "/data/movies") -> Section:
    """A movie section of that many items, the same for the same count."""
    section = library.add_section("Movies", locations=[folder])
    for number in range(1, count + 1):
        name = f"Scene {number:06d}"
        library.add_movie(
            section,
            f"{folder}/{number % 500:03d}/{name}.mp4",
            title=name,
            size=100_000_000 + number,
            duration=600_000 + number * 1000,
        )
    return section


def snapshot(library: Library) -> dict[int, dict[str, Any]]:
    """Every item by rating key. Time stamps are left out, so that equal content is equal."""
    with library.lock:
        return {key: describe(item) for key, item in sorted(library.items.items())}


def describe(item: Item) -> dict[str, Any]:
    """One item as plain data. The number of a collection's tag is left out, as stamps are."""
    left_out = {"lastRatedAt", "index"} if item.type == "collection" else {"lastRatedAt"}
    plain: dict[str, Any] = {
        "type": item.type,
        "section": item.section.key,
        "fields": {k: v for k, v in sorted(item.fields.items()) if k not in left_out},
        "tags": {kind: names for kind, names in item.tags.items() if names},
        "locked": sorted(item.locked),
        "files": item.files,
        "posters": item.posters,
        "poster": item.selected_poster,
        "arts": item.arts,
        "art": item.art_shelf.selected_upload,
    }
    roles = {link.tag.name: link.role for link in item.links.get("actor", ()) if link.role}
    if roles:
        plain["roles"] = roles
    if item.type == "collection":
        plain["members"] = list(item.members)
    return plain
