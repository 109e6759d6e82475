"""Media queries: which items a query asks for, and in which order.

Plex: strings contain (``=``), are (``==``), begin (``<=``) or end (``>=``) without regard to case;
``,`` is OR; an empty alternative of a contains matches everything; ``push``, ``pop`` and ``or``
are brackets and OR; an unknown name is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from simulators.plex.items import TAG_ELEMENTS, Item
from simulators.plex.requests import Parameter, Query

TEXT = frozenset(
    {"title", "titleSort", "originalTitle", "studio", "summary", "tagline", "editionTitle"}
)
NUMBERS = frozenset(
    {"year", "decade", "rating", "audienceRating", "userRating", "index", "duration"}
)
DATES = frozenset({"addedAt", "updatedAt", "originallyAvailableAt", "lastViewedAt", "lastRatedAt"})
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


def expression(query: Query, wild: bool) -> Test | None:
    """The query's conditions as one test of an item; None when it has none.

    ``wild`` makes ``%`` and ``_`` in a text LIKE wildcards.
    """
    return _expression(list(query), wild)


def _expression(parameters: list[Parameter], wild: bool) -> Test | None:
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
            test = _expression(parameters, wild)
        else:
            test = condition(parameter, wild)
        if test is not None:
            alternatives[-1].append(test)
    groups = [tests for tests in alternatives if tests]
    if not groups:
        return None
    if len(groups) == 1 and len(groups[0]) == 1:
        return groups[0][0]
    return lambda item: any(all(test(item) for test in tests) for tests in groups)


def condition(parameter: Parameter, wild: bool) -> Test | None:
    """One parameter as a test of an item; None when it is no filter."""
    name = parameter.name
    if name == "file":
        return _text_test(lambda item: item.folded_files, parameter, wild)
    if name in TEXT:
        return _text_test(text_of(name), parameter, wild)
    if name in NUMBERS:
        return _number_test(name, parameter)
    if name in DATES:
        return _date_test(name, parameter)
    if name in TAG_ELEMENTS:
        return _tag_test(name, parameter)
    if name in _EXACT and parameter.value:
        return _exact_test(_EXACT[name], parameter)
    return None


def _text_test(value_of: Callable[[Item], str], parameter: Parameter, wild: bool) -> Test:
    compare = _text_comparison(parameter, wild)
    wish = not parameter.operator.startswith("!")
    return lambda item: compare(value_of(item)) == wish


def _text_comparison(parameter: Parameter, wild: bool) -> Callable[[str], bool]:
    needles = tuple(needle.casefold() for needle in parameter.alternatives)
    operator = parameter.operator.lstrip("!")
    if operator == "==":
        return lambda value: value in needles
    if operator == "<=":
        return lambda value: value.startswith(needles)
    if operator == ">=":
        return lambda value: value.endswith(needles)
    if wild:
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


def _date_test(name: str, parameter: Parameter) -> Test | None:
    limit = moment(parameter.value)
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
}


def text_of(name: str) -> Callable[[Item], str]:
    """How to read a text field of an item, folded for comparison."""
    if name == "titleSort":
        return lambda item: item.sort_title.casefold()
    if name == "guid":
        return lambda item: item.guid
    return lambda item: item.fields.get(name, "").casefold()


def number_of(item: Item, name: str) -> float | None:
    """A numeric field; None when the item has no such value."""
    if name == "duration":
        return float(item.media[0].duration) if item.media else None
    if name == "decade":
        year = number(item.fields.get("year", ""))
        return None if year is None else year // 10 * 10
    return number(item.fields.get(name, ""))


def date_of(item: Item, name: str) -> float | None:
    """A date field in epoch seconds; None when the item has none."""
    if name == "addedAt":
        return item.added_at
    if name == "updatedAt":
        return item.updated_at
    return moment(item.fields.get(name, ""))


def number(text: str) -> float | None:
    """A number from text; None when it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def moment(text: str) -> float | None:
    """Epoch seconds of ``1700000000`` or ``2024-02-29``."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return number(text)
