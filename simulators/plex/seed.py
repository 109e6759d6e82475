"""Plain data in and out: seeds of sections and items, and the whole state as a snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulators.plex.items import Item, Section
from simulators.plex.library import Library


def load(library: Library, document: Mapping[str, Any]) -> None:
    """Add ``{"sections": [{"title", "type", "locations", "agent", "items": [{"path", …}]}]}``."""
    for entry in document.get("sections", ()):
        options = dict(entry)
        items = options.pop("items", ())
        section = library.add_section(**options)
        add_items(library, section, items)


def add_items(
    library: Library, section: Section, entries: Sequence[Mapping[str, Any]]
) -> list[Item]:
    """Add movies, or episodes in a show section; keys as the arguments of the library's methods."""
    return [add_item(library, section, entry) for entry in entries]


def add_item(library: Library, section: Section, entry: Mapping[str, Any]) -> Item:
    """Add one item, with its ``locked`` names when there are any."""
    options = dict(entry)
    locked = options.pop("locked", ())
    add = library.add_movie if section.type == "movie" else library.add_episode
    item = add(section, **options)
    item.locked.update(locked)
    return item


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
        "art": item.selected_art,
    }
    roles = {link.tag.name: link.role for link in item.links.get("actor", ()) if link.role}
    if roles:
        plain["roles"] = roles
    if item.type == "collection":
        plain["members"] = list(item.members)
    return plain
