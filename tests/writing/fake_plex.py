"""Plex's rules for an edit, as a pure function of one item: the smallest believable fake.

It reads the very request line that would be sent. ``append`` is the mode in which sent tags are
added to an item's own; otherwise they replace them. Both modes are possible on a real server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

from plex.edit_plan import EditPlan
from plex.items import PlexItem
from plex.requests import edit_parameters, edit_path
from validation.sanitizers import name_key

TAG = re.compile(r"(\w+)\[(\d*)\]\.tag\.tag(-?)")


def apply(item: PlexItem, edits: EditPlan, *, append: bool) -> PlexItem:
    """The item after every request of *edits*."""
    for parameters in edit_parameters(edits):
        item = put(item, edit_path(edits.section_id, parameters), append=append)
    return item


def put(item: PlexItem, path: str, *, append: bool) -> PlexItem:
    query = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True, strict_parsing=True))
    assert urlsplit(path).path == f"/library/sections/{item.section_id}/all"
    assert query.pop("type") == {"movie": "1", "episode": "4"}[item.kind]
    assert query.pop("id") == str(item.rating_key), "an edit without id hits the whole library"
    values, locked = dict(item.values), set(item.locked)
    added: dict[str, dict[int, str]] = {}
    removed: dict[str, list[str]] = {}
    for name, value in query.items():
        field, _, action = name.rpartition(".")
        tag = TAG.fullmatch(name)
        if tag and tag[3]:
            removed[tag[1]] = [unquote(part) for part in value.split(",")]
        elif tag:
            added.setdefault(tag[1], {})[int(tag[2])] = value
        elif action == "locked":
            (locked.add if value == "1" else locked.discard)(field)
        else:
            assert action == "value", name
            values[field] = stored_form(value)
    tags = dict(item.tags)
    for kind in added.keys() | removed.keys():
        sent = [added.get(kind, {})[index] for index in sorted(added.get(kind, {}))]
        old = item.tags.get(kind, ()) if append or not sent else ()
        tags[kind] = _distinct((*old, *sent), removed.get(kind, []))
    return replace(
        item,
        values=_shown({name: value for name, value in values.items() if value}),
        tags={kind: names for kind, names in tags.items() if names},
        locked=frozenset(locked),
    )


def stored_form(value: str) -> str:
    """What an XML reader makes of a text in an attribute: a line break is a space."""
    return value.replace("\n", " ")


def _shown(values: dict[str, str]) -> dict[str, str]:
    """Plex shows a titleSort only when it differs from the title."""
    if values.get("titleSort") == values["title"]:
        del values["titleSort"]
    return values


def _distinct(names: tuple[str, ...], removed: list[str]) -> tuple[str, ...]:
    """Each name once, without case, in the spelling that came first; then those removed go."""
    unique: dict[str, str] = {}
    for name in names:
        unique.setdefault(name_key(name), name)
    gone = set(map(name_key, removed))
    return tuple(name for key, name in unique.items() if key not in gone)


def user_sets(item: PlexItem, field: str, value: str) -> PlexItem:
    """A user edits a field in Plex, which locks it."""
    values = {**item.values, field: value}
    return replace(
        item,
        values=_shown({name: text for name, text in values.items() if text}),
        locked=item.locked | {field},
    )


def user_tags(item: PlexItem, kind: str, names: tuple[str, ...]) -> PlexItem:
    """A user edits a list in Plex, which locks it."""
    tags = {**item.tags, kind: _distinct(names, [])}
    return replace(
        item,
        tags={kind: names for kind, names in tags.items() if names},
        locked=item.locked | {kind},
    )


def agent_refreshes(item: PlexItem, values: Mapping[str, str], tags: Mapping[str, str]) -> PlexItem:
    """The agent puts its own values and names into every field that is not locked."""
    free = {name: value for name, value in values.items() if name not in item.locked}
    lists = {kind: (name,) for kind, name in tags.items() if kind not in item.locked}
    return replace(item, values=_shown({**item.values, **free}), tags={**item.tags, **lists})


def user_unlocks(item: PlexItem, field: str) -> PlexItem:
    """A user gives a field back to the agent."""
    return replace(item, locked=item.locked - {field})
