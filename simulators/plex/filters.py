"""Media queries: which items a query asks for, and in which order.

Plex: strings contain (``=``), are (``==``), begin (``<=``) or end (``>=``) without regard to case;
``,`` is OR; an empty alternative of a contains matches everything; ``push``, ``pop`` and ``or``
are brackets and OR; an unknown name is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulators.plex.items import NO_AGENT, TAG_ELEMENTS, Item
from simulators.plex.query import Parameter, Query
from simulators.plex.values import DATES, NUMBERS, TEXT, date_of, moment, number, number_of, text_of

Test = Callable[[Item], bool]

# On the wire ``updatedAt>=1`` is a parameter named ``updatedAt>``: later, not "not before".
_DATE_OPERATORS = {
    ">=": ">>=",
    ">>=": ">>=",
    "<=": "<<=",
    "<<=": "<<=",
    "=": "=",
    "==": "==",
    "!=": "!=",
}


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
    if name in TEXT:
        return _text_test(text_of(name), parameter, context)
    if name in NUMBERS:
        return _number_test(name, parameter)
    if name in DATES:
        return _date_test(name, parameter, context.now)
    if name in TAG_ELEMENTS:
        return _tag_test(name, parameter)
    if name in _EXACT and parameter.value:
        return _exact_test(_EXACT[name], parameter)
    if name in _FLAGS:
        flag, wish = _FLAGS[name], (parameter.value == "1") == (parameter.operator == "=")
        return lambda item: flag(item) == wish
    return None


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
    wanted = [number for number in map(number, parameter.alternatives) if number is not None]
    if not wanted:
        return None
    limit = wanted[0]
    compare = _comparison(parameter.operator, wanted, limit)
    if compare is None:
        return None

    def matches(item: Item) -> bool:
        value = number_of(item, name)
        return compare(value) if value is not None else parameter.operator == "!="

    return matches


def _comparison(operator: str, wanted: list[float], limit: float) -> Callable[[float], bool] | None:
    """How a number is compared; None for an operator that Plex ignores without a word."""
    known: dict[str, Callable[[float], bool]] = {
        "=": lambda value: value in wanted,
        "==": lambda value: value in wanted,
        ">>=": lambda value: value > limit,
        "<<=": lambda value: value < limit,
        ">=": lambda value: value >= limit,
        "<=": lambda value: value <= limit,
        "!=": lambda value: value not in wanted,
    }
    return known.get(operator)


def _date_test(name: str, parameter: Parameter, now: float) -> Test | None:
    limit = moment(parameter.value, now)
    if limit is None:
        return None
    compare = _comparison(_DATE_OPERATORS.get(parameter.operator, ""), [limit], limit)
    if compare is None:
        return None

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
