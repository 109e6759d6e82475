"""What Plex itself does to a library: makes it anew, renames, merges, splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from simulators.plex.items import Item, Media, Part, Section
from simulators.plex.server import PlexSimulator


@dataclass(frozen=True, slots=True)
class File:
    """A file on disk as Plex measures it: bytes and milliseconds."""

    path: str
    size: int
    duration: int


def files_of(item: Item) -> list[File]:
    """The files that an item holds."""
    return [File(part.file, part.size, part.duration) for part in item.parts]


def scan(plex: PlexSimulator, section: Section, file: File, key: int = 0) -> Item:
    """A scan meets a file: a new item, of a given rating key where a server gives one again."""
    item = plex.add_movie(section, file.path, size=file.size, duration=file.duration)
    if key:
        give_key(plex, item, key)
    return item


def give_key(plex: PlexSimulator, item: Item, key: int) -> None:
    """Let an item that is in no collection have another rating key, which must be free."""
    library = plex.library
    with library.lock:
        assert library.items.get(key) in (None, item)
        for table in (library.items, item.section.items):
            del table[item.rating_key]
        item.rating_key = key
        for table in (library.items, item.section.items):
            table[key] = item


def wipe(plex: PlexSimulator, section: Section) -> list[tuple[int, File]]:
    """Empty a library; returns the keys and the first files that it had."""
    held = [(item.rating_key, files_of(item)[0]) for item in plex.items(section)]
    for item in plex.items(section):
        plex.library.remove(item)
    return held


def rebuild(
    plex: PlexSimulator,
    section: Section,
    *,
    keys: str = "new",
    part_ids: str = "new",
    library: str = "same",
) -> dict[str, Item]:
    """A library is made anew, after which its items are other ones.

    ``library``: ``same`` where it was emptied and filled again, ``new`` where it was deleted and
    has another number. ``keys``: ``new``; ``same``, each file under its old one; ``shifted``,
    each under that of another film. ``part_ids``: ``same`` where the server counts from 1 again.
    Returns the new items by file.
    """
    parts = {part.file: part.id for item in plex.items(section) for part in item.parts}
    held = wipe(plex, section)
    old = [key for key, _ in held]
    given = {"new": [0] * len(old), "same": old, "shifted": [*old[1:], *old[:1]]}[keys]
    made = {}
    if library == "new":
        section = replace_section(plex, section)
    for key, (_, file) in zip(given, held, strict=True):
        item = made[file.path] = scan(plex, section, file, key)
        if part_ids == "same":
            hold(plex, item, [replace(item.parts[0], id=parts[file.path])])
    return made


def replace_section(plex: PlexSimulator, old: Section) -> Section:
    """A library is deleted, and another one is made of the same folders."""
    agent = "none" if old.other_videos else old.agent
    places = [location.path for location in old.locations]
    new = plex.add_section(old.title, old.type, places, agent=agent)
    del plex.library.sections[old.key]
    return new


def hold(plex: PlexSimulator, item: Item, parts: Iterable[Part]) -> None:
    """Let an item hold these parts, each as a version of its own, as after a scan."""
    with plex.library.lock:
        first = item.media[0].id
        item.media = tuple(Media(first + n, (part,)) for n, part in enumerate(parts))
        item.folded_files = "\n".join(item.files).casefold()
        plex.library.content_changed(item.section)


def rename(plex: PlexSimulator, names: Mapping[str, str]) -> None:
    """Files get other names on disk, all at once, and their items stay: key and addedAt too."""
    for item in plex.items():
        if any(file in names for file in item.files):
            parts = [replace(part, file=names.get(part.file, part.file)) for part in item.parts]
            hold(plex, item, parts)


def swap_files(plex: PlexSimulator, one: Item, other: Item) -> None:
    """Two files swap their names on disk; each item finds the other's file under its path."""
    first, second = one.parts, other.parts
    names = [part.file for part in first], [part.file for part in second]
    hold(plex, one, [replace(p, file=n) for p, n in zip(second, names[0], strict=True)])
    hold(plex, other, [replace(p, file=n) for p, n in zip(first, names[1], strict=True)])


def merge(plex: PlexSimulator, kept: Item, gone: Item) -> None:
    """A user merges two items: one holds the files of both as versions."""
    parts = [*kept.parts, *gone.parts]
    plex.library.remove(gone)
    hold(plex, kept, parts)


def split(plex: PlexSimulator, item: Item) -> list[Item]:
    """A user splits an item: every version but the first becomes an item of its own."""
    first, *others = item.parts
    hold(plex, item, [first])
    section = item.section
    return [scan(plex, section, File(p.file, p.size, p.duration)) for p in others]
