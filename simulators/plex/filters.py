"""Media queries: which items a query asks for.

Plex: a text contains (``=``) without regard to case; ``,`` is OR; an empty alternative matches
everything; ``push``, ``pop`` and ``or`` are brackets and OR; an unknown name is ignored. Filters of
Plex that no client of ours sends are refused, so that none is ignored by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from simulators.plex.answers import Refused
from simulators.plex.items import TAG_ELEMENTS, Item
from simulators.plex.requests import Parameter, Query

Test = Callable[[Item], bool]

# On the wire ``updatedAt>=1`` is a parameter named ``updatedAt>``: later, not "not before".
_LATER = (">=", ">>=")
_MOMENTS: dict[str, Callable[[Item], float | None]] = {
    "addedAt": lambda item: item.added_at,
    "updatedAt": lambda item: item.updated_at,
    "lastRatedAt": lambda item: float(item.fields.get("lastRatedAt", "nan")),
}
_NOT_SIMULATED = {
    *("title", "titleSort", "originalTitle", "studio", "summary", "year", "decade", "guid"),
    *("rating", "audienceRating", "userRating", "index", "duration", "id"),
    *("originallyAvailableAt", "lastViewedAt", *TAG_ELEMENTS),
}


def expression(query: Query, wild: bool) -> Test | None:
    """The query's conditions as one test of an item; None when it has none.

    ``wild`` makes ``%`` and ``_`` in a text LIKE wildcards. Raises ``Refused`` (501).
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
    name, operator = parameter.name, parameter.operator
    if name == "file" and operator == "=":
        return _file_test(parameter.alternatives, wild)
    if name.removeprefix("episode.") == "inProgress" and operator == "=":
        return lambda item: "viewOffset" in item.fields
    if name in _MOMENTS and operator in _LATER:
        return _later_test(_MOMENTS[name], moment(parameter.value))
    if name in _MOMENTS and operator == ">>==":
        return None  # Plex ignores it without an error
    if name == "file" or name in _MOMENTS or name in _NOT_SIMULATED:
        raise Refused(501, f"the filter {name}{operator} is not simulated")
    return None


def _file_test(alternatives: list[str], wild: bool) -> Test:
    needles = [needle.casefold() for needle in alternatives]
    if wild:
        pattern = re.compile("|".join(map(_like, needles)), re.DOTALL)
        return lambda item: bool(pattern.search(item.folded_files))
    return lambda item: any(needle in item.folded_files for needle in needles)


def _like(needle: str) -> str:
    return re.escape(needle).replace("%", ".*").replace("_", ".")


def _later_test(value_of: Callable[[Item], float | None], limit: float) -> Test:
    def is_later(item: Item) -> bool:
        value = value_of(item)
        return value is not None and value > limit

    return is_later


def moment(text: str) -> float:
    """Epoch seconds. Raises ``Refused`` (400)."""
    if not text.isdigit():
        raise Refused(400, f"{text!r} is no moment")
    return float(text)
