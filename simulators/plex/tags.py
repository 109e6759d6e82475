"""The server's tag table, and the collections that an item's tags make, fill and empty.

Names of tags are shared by items and unique without regard to case.
"""

from __future__ import annotations

import itertools
import unicodedata
from typing import TYPE_CHECKING

from simulators.plex.answers import Refused
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

    def link(
        self, section: Section, kind: str, spec: TagSpec, thumb: str = "", tag_key: str = ""
    ) -> TagLink:
        """A tag, made when there is none, ready to be put on an item of the section."""
        name, role = spec if isinstance(spec, tuple) else (spec, "")
        if kind == "label":
            name = name[:1].upper() + name[1:]  # as Plex shows every label
        place = _place(section, kind, name)
        tag = self._tags.get(place)
        if tag is None:
            tag = self._tags[place] = Tag(next(self._ids), kind, name)
        return TagLink(tag, role, thumb, tag_key)

    def rename(self, section: Section, tag: Tag, name: str) -> None:
        """Give a tag another name; every item that has it shows the new one."""
        self._tags.pop(_place(section, tag.kind, tag.name), None)
        tag.name = name
        self._tags[_place(section, tag.kind, name)] = tag


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
                forget_collection(library, collection)
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


def forget_collection(library: Library, collection: Item) -> None:
    """Delete a collection; its members lose the tag."""
    section = collection.section
    section.collections.pop(collection.title.casefold(), None)
    library.items.pop(collection.rating_key, None)
    section.version += 1
    for member in list(collection.members.values()):
        links = member.links["collection"]
        member.links["collection"] = [link for link in links if link.tag is not collection.tag]
        settle_collections(library, member)
        library.touch(member, library.tags_move_updated_at)


def rename_collection(library: Library, collection: Item, title: str) -> None:
    """Give a collection another name. Raises ``Refused`` (409) when the section has that name."""
    section = collection.section
    taken = section.collections.get(title.casefold())
    if taken is not None and taken is not collection:
        raise Refused(409, "a collection of that name exists")
    section.collections.pop(collection.title.casefold(), None)
    section.collections[title.casefold()] = collection
    if collection.tag:
        library.tags.rename(section, collection.tag, title)
    collection.fields["title"] = title
