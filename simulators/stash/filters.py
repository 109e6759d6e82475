"""``findScenes``: which scenes, in which order, which page. Pure functions of the library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simulators.stash.library import Library, natural
from simulators.stash.records import Scene, Studio, Tag

Test = Callable[[Scene], bool]
Filter = Mapping[str, Any]

DEFAULT_PAGE = 25


class BadFilter(Exception):
    """Stash, or this simulator, cannot do what the filter asks."""


def page_of(rows: list[Any], asked: Filter) -> list[Any]:
    """25 rows by default; a negative ``per_page`` gives all, 0 none (only the count)."""
    size = asked.get("per_page")
    size = DEFAULT_PAGE if size is None else size
    if size < 0:
        return rows
    start = (max(asked.get("page") or 1, 1) - 1) * size
    return rows[start : start + size]


def in_order(scenes: list[Scene], asked: Filter) -> list[Scene]:
    """Sort as asked; without a sort Stash gives rows by id."""
    name = asked.get("sort")
    if not name:
        return scenes
    if name not in _SORTS:
        raise BadFilter(f"invalid sort: {name}")
    down = asked.get("direction") == "DESC"
    if name == "id":
        return scenes[::-1] if down else scenes
    scenes = sorted(scenes, key=_shown_title)
    return sorted(scenes, key=_SORTS[name], reverse=down)


def _shown_title(scene: Scene) -> tuple[tuple[bool, int, str], ...]:
    return natural(scene.title or (scene.files[0].basename if scene.files else str(scene.id)))


_SORTS: dict[str, Callable[[Scene], Any]] = {
    "id": lambda scene: scene.id,
    "title": _shown_title,
    "path": lambda scene: natural(scene.files[0].path if scene.files else ""),
    "date": lambda scene: scene.date or "",
    "rating": lambda scene: -1 if scene.rating100 is None else scene.rating100,
    "created_at": lambda scene: scene.created_at,
    "updated_at": lambda scene: scene.updated_at,
    "organized": lambda scene: scene.organized,
    "filesize": lambda scene: scene.files[0].size if scene.files else -1,
    "duration": lambda scene: scene.files[0].duration if scene.files else -1.0,
    "file_count": lambda scene: len(scene.files),
    "tag_count": lambda scene: len(scene.tags),
    "performer_count": lambda scene: len(scene.performers),
}


def matching(library: Library, scene_filter: Filter, query: str) -> list[Scene]:
    """All scenes that pass every criterion, by id."""
    asked = {name: value for name, value in scene_filter.items() if value is not None}
    tests = [_test(library, name, value) for name, value in asked.items()]
    if query:
        tests.append(_text_search(query))
    scenes = list(library.scenes.values())
    for test in tests:
        scenes = [scene for scene in scenes if test(scene)]
    return scenes


def _test(library: Library, name: str, asked: Any) -> Test:
    if name in _RELATED:
        return _related(name, _wanted(library, name, asked), asked)
    if name in _COMPARED:
        return _compared(_COMPARED[name], asked)
    if name == "organized":
        return lambda scene: scene.organized == asked
    if name == "path":
        return lambda scene: any(_text(file.path, asked) for file in scene.files)
    if name == "title":
        return lambda scene: _text(scene.title, asked)
    raise BadFilter(f"scene_filter.{name} is not simulated")


_RELATED: dict[str, Callable[[Scene], Iterable[Any]]] = {
    "performers": lambda scene: scene.performers,
    "studios": lambda scene: (scene.studio,) if scene.studio else (),
    "tags": lambda scene: scene.tags,
    "groups": lambda scene: [link.group for link in scene.groups],
}

_COMPARED: dict[str, Callable[[Scene], Any]] = {
    "id": lambda scene: scene.id,
    "rating100": lambda scene: scene.rating100,
    "date": lambda scene: scene.date,
    "file_count": lambda scene: len(scene.files),
    # Times are compared as the text that is stored, whatever its offset says.
    "created_at": lambda scene: scene.created_at,
    "updated_at": lambda scene: scene.updated_at,
}


def _wanted(library: Library, name: str, asked: Filter) -> list[set[int]]:
    """For each asked id the ids that count for it: itself, and with ``depth`` its descendants."""
    depth = asked.get("depth") or 0
    wanted = []
    for value in asked.get("value") or ():
        ids = {_number(value)}
        if name == "studios":
            _descend(ids, library.studios.values(), _studio_parents, depth)
        elif name == "tags":
            _descend(ids, library.tags.values(), _tag_parents, depth)
        wanted.append(ids)
    return wanted


def _studio_parents(studio: Studio) -> tuple[Studio, ...]:
    return (studio.parent_studio,) if studio.parent_studio else ()


def _tag_parents(tag: Tag) -> tuple[Tag, ...]:
    return tag.parents


def _descend(
    ids: set[int], records: Iterable[Any], parents: Callable[[Any], Iterable[Any]], depth: int
) -> None:
    """Add children down to ``depth`` levels; -1 is all of them."""
    rows = list(records)
    while depth:
        found = {row.id for row in rows if any(above.id in ids for above in parents(row))} - ids
        if not found:
            return
        ids |= found
        depth -= 1


def _related(name: str, wanted: list[set[int]], asked: Filter) -> Test:
    of = _RELATED[name]
    anyone = set().union(*wanted)

    def has(scene: Scene, ids: set[int]) -> bool:
        return any(record.id in ids for record in of(scene))

    tests: dict[str, Test] = {
        "INCLUDES": lambda scene: has(scene, anyone),
        "INCLUDES_ALL": lambda scene: all(has(scene, ids) for ids in wanted),
        "EXCLUDES": lambda scene: not has(scene, anyone),
        "IS_NULL": lambda scene: not any(True for _ in of(scene)),
        "NOT_NULL": lambda scene: any(True for _ in of(scene)),
    }
    return _pick(tests, asked)


def _compared(value_of: Callable[[Scene], Any], asked: Filter) -> Test:
    low, high = asked.get("value"), asked.get("value2")

    def known(test: Callable[[Any], bool]) -> Test:
        return lambda scene: (value := value_of(scene)) is not None and test(value)

    tests: dict[str, Test] = {
        "EQUALS": known(lambda value: value == low),
        "NOT_EQUALS": known(lambda value: value != low),
        "GREATER_THAN": known(lambda value: value > low),
        "LESS_THAN": known(lambda value: value < low),
        "BETWEEN": known(lambda value: low <= value <= high),
        "NOT_BETWEEN": known(lambda value: not low <= value <= high),
        "IS_NULL": lambda scene: value_of(scene) is None,
        "NOT_NULL": lambda scene: value_of(scene) is not None,
    }
    return _pick(tests, asked)


def _pick(tests: Mapping[str, Test], asked: Filter) -> Test:
    modifier = asked["modifier"]
    if modifier not in tests:
        raise BadFilter(f"unsupported modifier {modifier}")
    return tests[modifier]


_OPPOSITES = {
    "EXCLUDES": "INCLUDES",
    "NOT_EQUALS": "EQUALS",
    "NOT_MATCHES_REGEX": "MATCHES_REGEX",
}


def _text(value: str, asked: Filter) -> bool:
    wanted: str = asked["value"]
    tests: dict[str, Callable[[], bool]] = {
        "INCLUDES": lambda: wanted.casefold() in value.casefold(),
        "EQUALS": lambda: wanted == value,
        "MATCHES_REGEX": lambda: _finds(wanted, value),
    }
    modifier: str = asked["modifier"]
    positive = _OPPOSITES.get(modifier, modifier)
    if positive not in tests:
        raise BadFilter(f"unsupported modifier {modifier}")
    return tests[positive]() is (modifier == positive)


def _finds(pattern: str, value: str) -> bool:
    """Stash's own are RE2, found anywhere and with case."""
    try:
        return re.search(pattern, value) is not None
    except re.error as error:
        raise BadFilter(f"error parsing regexp: {error}") from error


def _text_search(query: str) -> Test:
    words = query.casefold().split()

    def test(scene: Scene) -> bool:
        paths = " ".join(file.path for file in scene.files)
        text = f"{scene.title} {scene.details} {paths}".casefold()
        return all(word in text for word in words)

    return test


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise BadFilter(f'strconv.Atoi: parsing "{value}": invalid syntax') from error
