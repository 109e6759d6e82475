"""Items as they were before the first sync, and what an undo has left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulators.plex.items import TAG_ELEMENTS, Item
from tests.identity.oracle import Past

TEXTS = (
    "title", "summary", "studio", "tagline", "originallyAvailableAt", "year", "userRating",
)  # fmt: skip
PICTURES = {"thumb": "poster_shelf", "art": "art_shelf"}


@dataclass(frozen=True)
class Before:
    """One item."""

    texts: dict[str, str]
    tags: dict[str, frozenset[str]]
    locked: frozenset[str]
    pictures: dict[str, str]


def before(item: Item) -> Before:
    """The item as it is now."""
    return Before(
        {**{name: item.fields.get(name, "") for name in TEXTS}, "titleSort": item.sort_title},
        {kind: frozenset(item.tags[kind]) for kind in TAG_ELEMENTS},
        frozenset(item.locked),
        {name: getattr(item, shelf).selected for name, shelf in PICTURES.items()},
    )


def differences(item: Item, was: Before, past: Past) -> Iterator[str]:
    """What is not as it was, but for what users changed since."""
    users = {*past.locks, *past.edits} | ({"userRating"} if past.rating else set())
    users |= {"thumb"} if past.poster else set()
    users |= {"titleSort"} if "title" in users else set()
    now = before(item)
    for name, text in now.texts.items():
        if name not in users and text != was.texts[name]:
            yield f"{item.files}: {name} is {text!r}, it was {was.texts[name]!r}"
    for kind, names in now.tags.items():
        added, removed = past.added.get(kind, set()), past.removed.get(kind, set())
        if names - was.tags[kind] - added:
            yield f"{item.files}: {kind} has {sorted(names)}, it had {sorted(was.tags[kind])}"
        lost = was.tags[kind] - names - removed
        if lost:
            yield f"{item.files}: {kind} has {sorted(names)}, {sorted(lost)} did not come back"
    if now.locked - users != was.locked - users:
        yield f"{item.files}: locked are {sorted(now.locked)}, it was {sorted(was.locked)}"
    for name, key in now.pictures.items():
        if name not in users and key != was.pictures[name]:
            yield f"{item.files}: {name} is {key!r}, it was {was.pictures[name]!r}"
