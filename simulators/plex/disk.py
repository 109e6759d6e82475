"""Acts on files and libraries, and the items that an immediate scan makes of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from simulators.plex.items import AgentCopy, Item, Media, Part, Section, is_below
from simulators.plex.library import Library, scanned_fields

Rename = Callable[[str], str]


def _same(file: str) -> str:
    return file


class Disk:
    """The files of a library. Acts are done when they return; no scan has to be asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def rebuild(
        self,
        section: Section,
        *,
        reuse_keys: bool = False,
        reuse_part_ids: bool = False,
        reuse_section_key: bool = True,
        keep_added_at: bool = False,
        order: Sequence[str] | None = None,
        seed: int = 0,
    ) -> dict[str, Item]:
        """Delete a library and make it again from its files; returns the items by first file.

        Locks, tags, posters and collections of clients and users are gone, and titles are the
        agent's. ``reuse_keys`` hands the old keys out again from the lowest on, and
        ``reuse_part_ids`` the old ids of versions and parts. Files are met in ``order``, or
        shuffled by ``seed``. ``keep_added_at`` gives each file the addedAt that it had.
        """
        library = self._library
        with library.lock:
            old = [item for item in section.items.values() if item.files]
            keys = [*section.items, *(c.rating_key for c in section.collections.values())]
            ids = [number for item in old for number in _numbers(item)]
            for item in old:
                library.remove(item)
            library.renew(section, reuse_section_key)
            if reuse_keys:
                library.keys.give_back(keys)
            if reuse_part_ids:
                library.part_ids.give_back(ids)
            if order is None:
                random.Random(seed).shuffle(old)
            else:
                places = {file: place for place, file in enumerate(order)}
                old.sort(key=lambda item: places[item.files[0]])
            made = [self._made_again(item, section, keep_added_at=keep_added_at) for item in old]
            return {item.files[0]: item for item in made}

    def scan_again(self, item: Item, keep_added_at: bool = False) -> Item:
        """Remove an item and scan its file once more: a new item with a new key."""
        return self._moved(item, item.section, _same, keep_added_at)

    def move(self, item: Item, section: Section, rename: Rename | None = None) -> Item:
        """Move an item's files to another library, where it is a new item."""
        return self._moved(item, section, rename or _same, False)

    def rename_file(self, old: str, new: str, *, keep_item: bool = True) -> list[Item]:
        """Rename a file: its items keep their keys and get new part ids, or are made again."""
        return self._rename(lambda file: new if file == old else file, keep_item)

    def rename_folder(self, old: str, new: str, *, keep_items: bool = True) -> list[Item]:
        """Rename a folder with all that is in it; see ``rename_file``."""

        def renamed(file: str) -> str:
            return new + file[len(old) :] if is_below(file, old) else file

        return self._rename(renamed, keep_items)

    def swap_names(self, one: str, other: str, *, keep_items: bool = True) -> list[Item]:
        """Swap the names of two files or of two folders."""

        def swapped(file: str) -> str:
            for old, new in ((one, other), (other, one)):
                if is_below(file, old):
                    return new + file[len(old) :]
            return file

        return self._rename(swapped, keep_items)

    def replace_file(
        self, path: str, *, size: int, duration: int | None = None, new_part: bool = False
    ) -> list[Item]:
        """Put another file in the place of one; its items stay."""

        def replaced(part: Part) -> Part:
            if part.file != path:
                return part
            number = self._library.part_ids.take() if new_part else part.id
            stamp = self._library.now()
            return replace(
                part, id=number, size=size, duration=duration or part.duration, stamp=stamp
            )

        return [self._hold(item, replaced) for item in self._with(lambda file: file == path)]

    def add_optimised(self, item: Item, file: str, target: str = "Mobile") -> None:
        """Let Plex convert an item: its own version comes first in an answer, with a later id."""
        [media] = self._library.versions([[file]], 10_000_000, item.media[0].parts[0].duration)
        self._add_media(item, (replace(media, target=target), *item.media), media)

    def merge(self, item: Item, *others: Item) -> None:
        """Make versions of one item of several; the others are gone."""
        with self._library.lock:
            media = tuple(media for each in (item, *others) for media in each.media)
            for other in others:
                self._library.remove(other)
            self._add_media(item, media, media[0])

    def split(self, item: Item) -> list[Item]:
        """Make an item of each version; the lowest id stays with the item. Returns the new ones."""
        first, *rest = sorted(item.media, key=lambda media: media.id)
        with self._library.lock:
            self._add_media(item, (first,), first)
            return [self._made_again(item, item.section, media=(media,)) for media in rest]

    def teach_agent(self, item: Item, **fields: str) -> None:
        """Let the agent know other values, which the next refresh shows where unlocked."""
        known = {**item.agent_copy.fields, **fields}
        item.agent_copy = AgentCopy(known, item.agent_copy.tags)

    def _rename(self, rename: Rename, keep_item: bool) -> list[Item]:
        def renamed(part: Part) -> Part:
            file = rename(part.file)
            if file == part.file:
                return part
            return replace(part, id=self._library.part_ids.take(), file=file)

        found = self._with(lambda file: rename(file) != file)
        if keep_item:
            return [self._hold(item, renamed) for item in found]
        with self._library.lock:
            for item in found:
                self._library.remove(item)
            return [self._made_again(item, item.section, rename) for item in found]

    def _with(self, wanted: Callable[[str], bool]) -> list[Item]:
        with self._library.lock:
            items = list(self._library.items.values())
        return [item for item in items if any(map(wanted, item.files))]

    def _hold(self, item: Item, changed: Callable[[Part], Part]) -> Item:
        media = tuple(
            replace(media, parts=tuple(map(changed, media.parts))) for media in item.media
        )
        self._add_media(item, media, media[0])
        return item

    def _add_media(self, item: Item, media: tuple[Media, ...], added: Media) -> Media:
        library = self._library
        with library.lock:
            item.hold(media)
            library.content_changed(item.section)
            library.touch(item, library.files_move_updated_at)
        return added

    def _moved(self, item: Item, section: Section, rename: Rename, keep_added_at: bool) -> Item:
        with self._library.lock:
            self._library.remove(item)
            return self._made_again(item, section, rename, keep_added_at)

    def _made_again(
        self,
        item: Item,
        section: Section,
        rename: Rename = _same,
        keep_added_at: bool = False,
        media: tuple[Media, ...] | None = None,
    ) -> Item:
        """A new item as a scan makes it of the files of another: the agent's values, no more."""
        library, now = self._library, self._library.now()
        parent = item.parent
        if parent and parent.parent:
            show = library.add_show(section, parent.parent.agent_copy.fields["title"])
            parent = library.season(show, int(parent.agent_copy.fields["index"]))
        key = library.new_key()
        held = media or tuple(self._scanned(each, rename) for each in item.media if not each.target)
        first = held[0].parts[0].file
        again = Item(
            rating_key=key,
            section=section,
            type=item.type,
            guid=library.guid_for(section, key, first, item.guid),
            added_at=item.added_at if keep_added_at else now,
            stamp=item.added_at if keep_added_at else now,
            media=held,
            guids=item.guids,
            parent=parent,
        )
        fields = dict(item.agent_copy.fields)
        old = scanned_fields(item.section, item.files[0], item.added_at)
        for name, value in scanned_fields(section, first, now).items():
            if fields.get(name) == old.get(name):
                fields[name] = value
        tags = {
            kind: [(link.tag.name, link.role) for link in links]
            for kind, links in item.agent_copy.tags.items()
        }
        library.adopt(again, fields, tags)
        return again

    def _scanned(self, media: Media, rename: Rename) -> Media:
        take = self._library.part_ids.take
        number = take()
        parts = tuple(replace(part, id=take(), file=rename(part.file)) for part in media.parts)
        return replace(media, id=number, parts=parts)


def _numbers(item: Item) -> list[int]:
    return [number for m in item.media for number in (m.id, *(part.id for part in m.parts))]
