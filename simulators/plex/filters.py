"""Media queries: which items a query asks for, and in which order.

Plex: strings contain (``=``), are (``==``), begin (``<=``) or end (``>=``) without regard to case;
``,`` is OR; an empty alternative of a contains matches everything; ``push``, ``pop`` and ``or``
are brackets and OR; an unknown name is ignored.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from simulators.plex.items import NO_AGENT, TAG_ELEMENTS, Item
from simulators.plex.query import Parameter, Query

Test = Callable[[Item], bool]

_TEXT = frozenset(
    {"title", "titleSort", "originalTitle", "studio", "summary", "tagline", "editionTitle"}
)
_NUMBERS = frozenset(
    {"year", "decade", "rating", "audienceRating", "userRating", "viewCount", "duration", "index"}
)
_DATES = frozenset({"addedAt", "updatedAt", "originallyAvailableAt", "lastViewedAt", "lastRatedAt"})
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mon": 2629800, "y": 31557600}


@dataclass(frozen=True, slots=True)
class Context:
    """``now`` for relative dates; whether ``%`` and ``_`` in a string are LIKE wildcards, which
    nobody outside Plex knows: a client has to stand both."""

    now: float
    like_wildcards: bool = False


def expression(query: Query, context: Context) -> Test | None:
    """The query's conditions as one test of an item; None when it has none."""
    return _expression(list(query), context)


def _expression(parameters: list[Parameter], context: Context) -> Test | None:
    """AND of conditions, with ``or=1`` between groups and ``push=1`` … ``pop=1`` as brackets."""
    alternatives: list[list[Test]] = [[]]
    while parameters:
        parameter = parameters.pop(0)
        if parameter.name == "pop":
            break
        if parameter.name == "or":
            alternatives.append([])
            continue
        if parameter.name == "push":
            test = _expression(parameters, context)
        else:
            test = condition(parameter, context)
        if test is not None:
            alternatives[-1].append(test)
    groups = [tests for tests in alternatives if tests]
    if not groups:
        return None
    if len(groups) == 1 and len(groups[0]) == 1:
        return groups[0][0]
    return lambda item: any(all(test(item) for test in tests) for tests in groups)


def condition(parameter: Parameter, context: Context) -> Test | None:
    """One parameter as a test of an item; None when it is no filter."""
    scope, dot, name = parameter.name.rpartition(".")
    test = _bare_condition(name, parameter, context)
    if test is None or not dot:
        return test
    return lambda item: any(test(other) for other in _scoped(item, scope))


def _scoped(item: Item, scope: str) -> Sequence[Item]:
    above = item.above(scope)
    return [above] if above else item.descendants(scope)


def _bare_condition(name: str, parameter: Parameter, context: Context) -> Test | None:
    if name == "file":
        return _text_test(lambda item: item.folded_files, parameter, context)
    if name in _TEXT:
        return _text_test(_text_of(name), parameter, context)
    if name in _NUMBERS:
        return _number_test(name, parameter)
    if name in _DATES:
        return _date_test(name, parameter, context.now)
    if name in TAG_ELEMENTS:
        return _tag_test(name, parameter)
    if name in _EXACT:
        return _exact_test(_EXACT[name], parameter)
    if name in _FLAGS:
        flag, wish = _FLAGS[name], (parameter.value == "1") == (parameter.operator == "=")
        return lambda item: flag(item) == wish
    return None


def _text_of(name: str) -> Callable[[Item], str]:
    if name == "titleSort":
        return lambda item: item.sort_title.casefold()
    if name == "guid":
        return lambda item: item.guid
    return lambda item: item.fields.get(name, "").casefold()


def _text_test(value_of: Callable[[Item], str], parameter: Parameter, context: Context) -> Test:
    compare = _text_comparison(parameter, context)
    wish = not parameter.operator.startswith("!")
    return lambda item: compare(value_of(item)) == wish


def _text_comparison(parameter: Parameter, context: Context) -> Callable[[str], bool]:
    needles = tuple(needle.casefold() for needle in parameter.alternatives)
    operator = parameter.operator.lstrip("!")
    if operator == "==":
        return lambda value: value in needles
    if operator == "<=":
        return lambda value: value.startswith(needles)
    if operator == ">=":
        return lambda value: value.endswith(needles)
    if context.like_wildcards:
        pattern = re.compile("|".join(map(_like, needles)), re.DOTALL)
        return lambda value: bool(pattern.search(value))
    if len(needles) == 1:
        only = needles[0]
        return lambda value: only in value
    return lambda value: any(needle in value for needle in needles)


def _like(needle: str) -> str:
    return re.escape(needle).replace("%", ".*").replace("_", ".")


def _number_test(name: str, parameter: Parameter) -> Test | None:
    wanted = [number for number in map(_number, parameter.alternatives) if number is not None]
    if not wanted:
        return None
    limit = wanted[0]
    compare = _comparison(parameter.operator, wanted, limit)

    def matches(item: Item) -> bool:
        value = number_of(item, name)
        return compare(value) if value is not None else parameter.operator == "!="

    return matches


def _comparison(operator: str, wanted: list[float], limit: float) -> Callable[[float], bool]:
    return {
        ">>=": lambda value: value > limit,
        "<<=": lambda value: value < limit,
        ">=": lambda value: value >= limit,
        "<=": lambda value: value <= limit,
        "!=": lambda value: value not in wanted,
    }.get(operator, lambda value: value in wanted)


def _date_test(name: str, parameter: Parameter, now: float) -> Test | None:
    limit = _moment(parameter.value, now)
    if limit is None:
        return None
    compare = _comparison(parameter.operator, [limit], limit)

    def matches(item: Item) -> bool:
        value = date_of(item, name)
        return value is not None and compare(value)

    return matches


def _tag_test(kind: str, parameter: Parameter) -> Test:
    wanted = {text.casefold() for text in parameter.alternatives if text}

    def held(item: Item) -> set[str]:
        links = item.links.get(kind, ())
        return {link.tag.name.casefold() for link in links} | {str(link.tag.id) for link in links}

    if parameter.operator.startswith("!"):
        return lambda item: not wanted & held(item)
    if parameter.operator == "&=":
        return lambda item: wanted <= held(item)
    return lambda item: bool(wanted & held(item))


def _exact_test(value_of: Callable[[Item], str], parameter: Parameter) -> Test:
    wanted = {text.casefold() for text in parameter.alternatives}
    wish = not parameter.operator.startswith("!")
    return lambda item: (value_of(item).casefold() in wanted) == wish


_EXACT: dict[str, Callable[[Item], str]] = {
    "id": lambda item: str(item.rating_key),
    "guid": lambda item: item.guid,
    "contentRating": lambda item: item.fields.get("contentRating", ""),
    "resolution": lambda item: str(item.media[0].height) if item.media else "",
    "container": lambda item: item.parts[0].container if item.parts else "",
}
_FLAGS: dict[str, Test] = {
    "unmatched": lambda item: item.guid.startswith(("local://", NO_AGENT)),
    "unwatched": lambda item: "viewCount" not in item.fields,
    "duplicate": lambda item: len(item.media) > 1,
    "hdr": lambda _: False,
    "inProgress": lambda _: False,
    "trash": lambda _: False,
}


def number_of(item: Item, name: str) -> float | None:
    if name == "duration":
        return float(item.media[0].duration) if item.media else None
    if name == "decade":
        year = _number(item.fields.get("year", ""))
        return None if year is None else year // 10 * 10
    return _number(item.fields.get(name, "0" if name == "viewCount" else ""))


def date_of(item: Item, name: str) -> float | None:
    if name == "addedAt":
        return item.added_at
    if name == "updatedAt":
        return item.updated_at
    return _moment(item.fields.get(name, ""), 0)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _moment(text: str, now: float) -> float | None:
    """Epoch seconds of ``1700000000``, ``2024-02-29`` or ``-3d`` (relative to ``now``)."""
    if text[:1] in ("-", "+"):
        digits = text[1:].rstrip("abcdefghijklmnopqrstuvwxyz")
        unit = _UNITS.get(text[1 + len(digits) :])
        return None if unit is None or not digits else now + float(text[0] + digits) * unit
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return _number(text)


def arrange(items: list[Item], sort: str) -> list[Item]:
    """Sort by ``titleSort,year:desc`` and the like; an unknown name leaves the order alone."""
    for piece in reversed(sort.split(",")):
        name, _, how = piece.partition(":")
        scope, _, bare = name.rpartition(".")
        features = how.split(":")
        if bare == "random":
            items = random.sample(items, len(items))
            continue
        nulls_last = "nullsLast" in features
        descending = "desc" in features
        keyed = [(_sort_key(item, scope, bare), item) for item in items]
        absent = [item for key, item in keyed if key is None]
        present = [(key, item) for key, item in keyed if key is not None]
        present.sort(key=lambda pair: pair[0], reverse=descending)
        ordered = [item for _, item in present]
        items = ordered + absent if nulls_last or descending else absent + ordered
    return items


def _sort_key(item: Item, scope: str, name: str) -> tuple[float, str] | None:
    subject = item.above(scope) if scope else item
    if subject is None:
        return None
    if name in _DATES:
        number = date_of(subject, name)
    elif name in _NUMBERS:
        number = number_of(subject, name)
    elif name == "id":
        number = float(subject.rating_key)
    else:
        return (0.0, _text_of(name)(subject))
    return None if number is None else (number, "")


def default_order(kind: str) -> str:
    """How Plex sorts a listing that asks for nothing."""
    return {
        "season": "show.titleSort,index",
        "episode": "show.titleSort,season.index,index",
    }.get(kind, "titleSort")
