"""The server's tag table, and the collections that an item's tags make, fill and empty.

Names of tags are shared by items and unique without regard to case.
"""

from __future__ import annotations

import itertools
import unicodedata
from typing import TYPE_CHECKING

from simulators.plex.items import Item, Section, Tag, TagLink

if TYPE_CHECKING:
    from simulators.plex.library import Library

TagSpec = str | tuple[str, str]  # a name, or an actor's name and role


class TagTable:
    """All tags by kind and folded name. The first spelling of a name stays.

    Collections are told apart by section: two libraries may each have one of the same name.
    """

    def __init__(self) -> None:
        self._tags: dict[tuple[str, int, str], Tag] = {}
        self._ids = itertools.count(1)

    def link(self, section: Section, kind: str, spec: TagSpec, thumb: str = "") -> TagLink:
        """A tag, made when there is none, ready to be put on an item of the section."""
        name, role = spec if isinstance(spec, tuple) else (spec, "")
        if kind == "label":
            name = name[:1].upper() + name[1:]  # as Plex shows every label
        place = _place(section, kind, name)
        tag = self._tags.get(place)
        if tag is None:
            tag = self._tags[place] = Tag(next(self._ids), kind, name)
        return TagLink(tag, role, thumb)


def _place(section: Section, kind: str, name: str) -> tuple[str, int, str]:
    folded = unicodedata.normalize("NFC", name).casefold()
    return kind, section.key if kind == "collection" else 0, folded


def settle_collections(library: Library, item: Item) -> None:
    """Bring the section's collections in line with the item's collection tags.

    A tag without a collection makes one; a collection that lost its last member vanishes.
    """
    section = item.section
    alive = item.rating_key in section.items
    wanted = {link.tag.id: link.tag for link in item.links.get("collection", ())} if alive else {}
    for collection in list(item.collections):
        if collection.tag and collection.tag.id not in wanted:
            item.collections.remove(collection)
            del collection.members[item.rating_key]
            library.touch(collection, library.tags_move_updated_at)
            if not collection.members:
                del section.collections[collection.title.casefold()]
                del library.items[collection.rating_key]
                section.version += 1
    for tag in wanted.values():
        collection = section.collections.get(tag.name.casefold()) or _create(library, section, tag)
        if collection not in item.collections:
            collection.members[item.rating_key] = item
            item.collections.append(collection)
            library.touch(collection, library.tags_move_updated_at)


def _create(library: Library, section: Section, tag: Tag) -> Item:
    """A new, empty collection of that tag's name."""
    key, now = library.new_key(), library.now()
    collection = Item(key, section, "collection", f"collection://{section.uuid}-{key}", now, now)
    collection.fields |= {"title": tag.name, "index": str(tag.id)}
    collection.tag = tag
    library.items[key] = collection
    section.collections[tag.name.casefold()] = collection
    section.version += 1
    return collection
