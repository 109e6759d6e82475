"""Requests as they come: Plex's operators in a query, the log, the alarm for an edit of nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from simulators import request_log

log = logging.getLogger(__name__)

_OPERATOR = re.compile(r"^(.*?)([!<>&=]*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parameter:
    """``name`` without operator, ``operator`` such as ``=`` ``!=`` ``==`` ``>>=``, the value."""

    name: str
    operator: str
    value: str

    @property
    def alternatives(self) -> list[str]:
        """Plex decodes first and splits at commas second: a comma is always an OR."""
        return self.value.split(",")


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of one request, in order."""

    parameters: tuple[Parameter, ...] = ()
    _first: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def parse(raw: str) -> Query:
        """Split ``a=1&b%3E%3E=2``. A value that begins with ``=`` makes the operator ``==``."""
        parameters = tuple(_parameter(piece) for piece in raw.split("&") if piece)
        first: dict[str, str] = {}
        for parameter in parameters:
            first.setdefault(parameter.name, parameter.value)
        return Query(parameters, first)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def get(self, name: str, default: str = "") -> str:
        """The first value of that name."""
        return self._first.get(name, default)

    def flag(self, name: str) -> bool:
        return self.get(name) == "1"

    def names(self, name: str) -> frozenset[str]:
        """A comma-separated value as a set."""
        return frozenset(filter(None, self.get(name).split(",")))


def _parameter(piece: str) -> Parameter:
    raw_name, _, raw_value = piece.partition("=")
    tail = "="
    if raw_value.startswith("="):
        raw_value, tail = raw_value[1:], "=="
    match = _OPERATOR.match(unquote_plus(raw_name))
    assert match
    return Parameter(match[1], match[2] + tail, unquote_plus(raw_value))


@dataclass(frozen=True, slots=True)
class Request(request_log.Request):
    """One request to Plex."""

    @property
    def parameters(self) -> Query:
        return Query.parse(self.query)


class RequestLog(request_log.RequestLog[Request]):
    """Every request; ``whole_section_edits`` must stay empty, and survives ``clear``."""

    def __init__(self) -> None:
        super().__init__()
        self.whole_section_edits: list[Request] = []

    def alarm(self, request: Request) -> None:
        """Note an edit without an id: it changed every item of its type in the section."""
        log.error("an edit without id changed a whole section: %s %s", request.method, request.path)
        self.whole_section_edits.append(request)
