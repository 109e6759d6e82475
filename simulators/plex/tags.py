"""The server's tag table: names are shared by items and unique without regard to case."""

from __future__ import annotations

import itertools
import unicodedata

from simulators.plex.items import Section, Tag, TagLink

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
