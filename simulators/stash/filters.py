"""``findScenes``: which scenes, and which page of them. Pure functions of the library.

Filters and orders that no client of ours sends are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simulators.stash.library import Library
from simulators.stash.records import Scene

Test = Callable[[Scene], bool]
Filter = Mapping[str, Any]

DEFAULT_PAGE = 25


class BadFilter(Exception):
    """Stash, or this simulator, cannot do what the filter asks."""


def page_of(rows: list[Scene], asked: Filter) -> list[Scene]:
    """25 rows by default; a negative ``per_page`` gives all, 0 none (only the count)."""
    if asked.get("sort") not in (None, "id"):
        raise BadFilter(f"the order {asked.get('sort')} is not simulated")
    if asked.get("direction") == "DESC":
        rows = rows[::-1]
    size = asked.get("per_page")
    size = DEFAULT_PAGE if size is None else size
    if size < 0:
        return rows
    start = (max(asked.get("page") or 1, 1) - 1) * size
    return rows[start : start + size]


def matching(library: Library, scene_filter: Filter) -> list[Scene]:
    """All scenes that pass every criterion, by id."""
    asked = {name: value for name, value in scene_filter.items() if value is not None}
    scenes = list(library.scenes.values())
    for test in [_test(name, value) for name, value in asked.items()]:
        scenes = [scene for scene in scenes if test(scene)]
    return scenes


_RELATED: dict[str, Callable[[Scene], Iterable[Any]]] = {
    "performers": lambda scene: scene.performers,
    "studios": lambda scene: (scene.studio,) if scene.studio else (),
    "tags": lambda scene: scene.tags,
    "groups": lambda scene: [link.group for link in scene.groups],
}


def _test(name: str, asked: Any) -> Test:
    criterion = asked if isinstance(asked, dict) else {"value": asked, "modifier": ""}
    value, modifier = criterion["value"], criterion["modifier"]
    if name in _RELATED and modifier == "INCLUDES" and not criterion.get("depth"):
        wanted, of = set(map(_number, value)), _RELATED[name]
        return lambda scene: any(record.id in wanted for record in of(scene))
    if (name, modifier) == ("id", "GREATER_THAN"):
        return lambda scene: scene.id > value
    if (name, modifier) == ("path", "INCLUDES"):
        folded = value.casefold()
        return lambda scene: any(folded in file.path.casefold() for file in scene.files)
    if (name, modifier) == ("path", "MATCHES_REGEX"):
        pattern = _compiled(value)
        return lambda scene: any(pattern.search(file.path) for file in scene.files)
    raise BadFilter(f"scene_filter.{name} {modifier} is not simulated")


def _compiled(pattern: str) -> re.Pattern[str]:
    """Stash's own are RE2, found anywhere and with case."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise BadFilter(f"error parsing regexp: {error}") from error


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise BadFilter(f'strconv.Atoi: parsing "{value}": invalid syntax') from error
