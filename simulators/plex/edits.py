"""The meaning of a PUT on items: values, locks, tags to add, tags to remove.

Plex: ``title.value=x&title.locked=1`` sets and locks; an empty value clears. ``genre[0].tag.tag=x``
adds, ``genre[].tag.tag-=x,y`` removes (split at commas first, each name decoded once more, so that
a name with a comma is sent encoded twice), and that with an empty value, or ``genre[].tag=``,
removes every tag of the kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote_plus

from simulators.plex.answers import Refused
from simulators.plex.items import TAG_ELEMENTS, Item, TagLink
from simulators.plex.library import Library
from simulators.plex.requests import Query
from simulators.plex.tags import settle_collections

_TEXTS = frozenset(
    {
        "title",
        "titleSort",
        "originalTitle",
        "studio",
        "summary",
        "tagline",
        "contentRating",
        "editionTitle",
    }
)
_RATINGS = frozenset({"rating", "audienceRating", "userRating"})
_NUMBERS = frozenset({"year", "index", "parentIndex"})
_ONE_TAG = re.compile(r"^(\w+)\[(\d*)\]\.(tag|tagging)(?:\.(\w+))?(-?)$")


@dataclass(slots=True)
class TagEdit:
    """The edit of one kind of tag. ``add`` is ordered by index: the order of the cast."""

    clear: bool = False
    add: dict[int, dict[str, str]] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Edit:
    values: dict[str, str] = field(default_factory=dict)
    locks: dict[str, bool] = field(default_factory=dict)
    tags: dict[str, TagEdit] = field(default_factory=dict)


def parse_edit(query: Query) -> Edit:
    """Read the parameters of a PUT; names that are no edit are ignored.

    Raises ``Refused`` (400) for a value that cannot be stored.
    """
    edit = Edit()
    for parameter in query:
        name, _, action = parameter.name.rpartition(".")
        tag = _ONE_TAG.match(parameter.name)
        if tag and tag[1] in TAG_ELEMENTS:
            _parse_tag(edit.tags.setdefault(tag[1], TagEdit()), tag, parameter.value)
        elif action == "locked":
            edit.locks[name] = parameter.value == "1"
        elif action == "value":
            edit.values[name] = _checked(name, parameter.value)
    return edit


def _parse_tag(edit: TagEdit, match: re.Match[str], value: str) -> None:
    _kind, index, owner, what, minus = match.groups()
    if minus:
        names = [unquote_plus(name) for name in value.split(",")]
        edit.remove += [name for name in names if name]
        edit.clear |= not value
    elif what is None:
        edit.clear = True
    elif index:
        key = {"text": "role", "tag": "name"}.get(what, what)
        if owner == "tag" or what in ("text", "thumb"):
            edit.add.setdefault(int(index), {})[key] = value


def _checked(name: str, value: str) -> str:
    if not value or name in _TEXTS:
        return value
    try:
        if name in _RATINGS:
            number = float(value)
            if not 0 <= number <= 10:
                raise ValueError(value)
            return f"{number:.1f}"
        if name in _NUMBERS:
            return str(int(value))
        if name == "originallyAvailableAt":
            return datetime.strptime(value[:10], "%Y-%m-%d").strftime("%Y-%m-%d")
    except ValueError as error:
        raise Refused(400, f"{name} cannot be {value!r}") from error
    return value


def apply_edit(library: Library, items: Sequence[Item], edit: Edit, one: bool) -> None:
    """Change the items. ``one`` says that the request names a single item by its id.

    Only then, and only where the library does not append, do the sent tags replace the item's.
    Raises ``Refused`` (400) for an edition: the server has no Plex Pass.
    """
    if edit.values.get("editionTitle"):
        raise Refused(400, "editions need Plex Pass")
    for item in items:
        _apply_values(library, item, edit)
        for kind, tag_edit in edit.tags.items():
            if kind not in library.ignored_edits:
                replace = one and bool(tag_edit.add) and not library.append_tags
                item.links[kind] = _edited(library, item, kind, tag_edit, replace)
        if "collection" in edit.tags:
            settle_collections(library, item)
        for name, locked in edit.locks.items():
            (item.locked.add if locked else item.locked.discard)(name)
        stamps = library.tags_move_updated_at or bool(edit.values.keys() - {"userRating"})
        library.touch(item, stamps)


def _apply_values(library: Library, item: Item, edit: Edit) -> None:
    for name, value in edit.values.items():
        if name in library.ignored_edits:
            continue
        if name in _TEXTS | _RATINGS | _NUMBERS | {"originallyAvailableAt"}:
            _store(item, name, library.stored_form(name, value))


def _store(item: Item, name: str, value: str) -> None:
    if value:
        item.fields[name] = value
    else:
        item.fields.pop(name, None)


def _edited(library: Library, item: Item, kind: str, edit: TagEdit, replace: bool) -> list[TagLink]:
    old = [] if edit.clear or replace else item.links.get(kind, [])
    kept = {link.tag.id: link for link in old}
    for _index, new in sorted(edit.add.items()):
        if new.get("name"):
            spec = (new["name"], new.get("role", ""))
            link = library.tags.link(item.section, kind, spec, new.get("thumb", ""))
            kept[link.tag.id] = link
    dropped = {library.tags.link(item.section, kind, name).tag.id for name in edit.remove}
    return [link for tag_id, link in kept.items() if tag_id not in dropped]
