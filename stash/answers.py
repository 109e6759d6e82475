"""GraphQL answers, parsed: what is missing or of another kind is an error, never an empty value."""

from __future__ import annotations

from typing import TypeVar

from stash.exceptions import StashUnavailable

_T = TypeVar("_T")
_ABSENT = object()


def at(data: object, kind: type[_T], *keys: str) -> _T:
    """Return what *data*, a GraphQL answer, holds under *keys*: a *kind*, or StashUnavailable."""
    for key in keys:
        data = data.get(key, _ABSENT) if isinstance(data, dict) else _ABSENT
    if data is _ABSENT or not isinstance(data, kind):
        raise StashUnavailable(
            "Stash answered something that PlexSync does not understand: its"
            f" {'.'.join(keys)!r} is no {kind.__name__}."
        )
    return data


def listed(data: object, key: str) -> list[object]:
    """A list that may be null."""
    return [] if at(data, object, key) is None else at(data, list, key)


def id_of(thing: object) -> int:
    """The number of a scene."""
    text = at(thing, str, "id")
    if not text.isdecimal():
        raise StashUnavailable("Stash answered with an id that is no number.")
    return int(text)


def rows_of(data: object) -> list[tuple[int, str]]:
    """The (id, ``updated_at``) pairs of a page of scenes."""
    scenes = at(data, list, "findScenes", "scenes")
    return [(id_of(scene), at(scene, str, "updated_at")) for scene in scenes]
