"""Parse GraphQL answers: a missing value or one of another type is an error, never empty."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TypeVar

from stash.exceptions import StashQueryFailed, StashUnavailable
from validation import numbers
from validation.documents import Refused, read_json
from validation.texts import said
from validation.words import count

log = logging.getLogger("plexsync.stash")

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


def counted(data: object, *keys: str) -> int:
    """How many things there are in all."""
    found = numbers.total(at(data, int, *keys))
    if found is None:
        raise StashUnavailable("Stash answered with a count that cannot be.")
    return found


def key_of(thing: object) -> int:
    """The number of a scene; 0 for one that cannot be read. Stash writes it as text."""
    text = thing.get("id") if isinstance(thing, dict) else None
    return numbers.key(text) if isinstance(text, str) else 0


def id_of(thing: object) -> int:
    """The number of a scene."""
    number = key_of(thing)
    if not number:
        raise StashQueryFailed("Stash answered with an id that is no number of a scene.")
    return number


def rows_of(data: object) -> list[tuple[int, str]]:
    """The (id, ``updated_at``) pairs of a page of scenes; id 0 for a scene that cannot be read."""
    scenes = at(data, list, "findScenes", "scenes")
    rows = [_row_of(one) for one in scenes]
    unreadable = sum(not scene_id for scene_id, _ in rows)
    if unreadable:
        said_count = count(unreadable, "scene", "scenes")
        log.warning("Stash lists %s with a number or time that cannot be read.", said_count)
    return rows


def _row_of(scene: object) -> tuple[int, str]:
    time = scene.get("updated_at") if isinstance(scene, dict) else None
    return (key_of(scene), time) if isinstance(time, str) else (0, "")


def graphql_data(content: bytes, secrets: Iterable[str]) -> dict[str, object]:
    """The data of an answer to a query. Raises for errors too, because half an answer must not be
    used. Stash's words are shown, but none of *secrets*.
    """
    try:
        answer = read_json(content)
    except Refused:
        raise StashQueryFailed("Stash's answer to one query is too big to be read.") from None
    except ValueError:
        raise StashUnavailable("Stash's answer is not JSON.") from None
    if not isinstance(answer, dict):
        raise StashUnavailable("Stash's answer is not a GraphQL answer.")
    errors = answer.get("errors")
    if errors:
        first = errors[0] if isinstance(errors, list) else errors
        message = first.get("message") if isinstance(first, dict) else first
        words = said(message if isinstance(message, str) else "", secrets)
        raise StashQueryFailed(f"Stash reported an error{f': {words}' if words else ''}.")
    data = answer.get("data")
    if not isinstance(data, dict):
        raise StashUnavailable("Stash's answer has no data.")
    return data
