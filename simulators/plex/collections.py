"""Collections: an item's collection tags make, fill and empty them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.plex.answers import Refused
from simulators.plex.items import Item, Section, Tag

if TYPE_CHECKING:
    from simulators.plex.library import Library


def settle(library: Library, item: Item) -> None:
    """Bring the section's collections in line with the item's collection tags.

    A tag without a collection makes one; a collection that lost its last member vanishes, unless
    it is a smart one.
    """
    section = item.section
    alive = item.rating_key in section.items
    wanted = {link.tag.id: link.tag for link in item.links.get("collection", ())} if alive else {}
    for collection in list(item.collections):
        if collection.tag and collection.tag.id not in wanted:
            item.collections.remove(collection)
            del collection.members[item.rating_key]
            library.touch(collection, library.tags_move_updated_at)
            if not collection.members and not collection.smart_uri:
                forget(library, collection)
    for tag in wanted.values():
        collection = section.collections.get(tag.name.casefold()) or create(library, section, tag)
        if collection not in item.collections:
            collection.members[item.rating_key] = item
            item.collections.append(collection)
            library.touch(collection, library.tags_move_updated_at)


def create(library: Library, section: Section, tag: Tag, smart_uri: str = "") -> Item:
    """A new, empty collection of that tag's name."""
    key, now = library.new_key(), library.now()
    collection = Item(key, section, "collection", f"collection://{section.uuid}-{key}", now, now)
    collection.fields |= {"title": tag.name, "index": str(tag.id)}
    collection.tag = tag
    collection.smart_uri = smart_uri
    library.items[key] = collection
    section.collections[tag.name.casefold()] = collection
    section.version += 1
    return collection


def forget(library: Library, collection: Item) -> None:
    """Delete a collection; its members lose the tag."""
    section = collection.section
    section.collections.pop(collection.title.casefold(), None)
    library.items.pop(collection.rating_key, None)
    section.version += 1
    for member in list(collection.members.values()):
        links = member.links["collection"]
        member.links["collection"] = [link for link in links if link.tag is not collection.tag]
        settle(library, member)
        library.touch(member, library.tags_move_updated_at)


def rename(library: Library, collection: Item, title: str) -> None:
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
