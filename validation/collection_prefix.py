r"""The setting ``collection_prefix``: what stands before the names of collections, by their kind.

``studio=Studio: ; performer=Star `` gives collections such as ``Studio: Northlight``. Blanks after
the ``=`` belong to the prefix. ``\;`` is a semicolon in it, and ``\\`` a backslash. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

KINDS = ("studio", "parent_studio", "performer", "tag", "group")
LONGEST = 100

_PART = re.compile(r"(?:\\.|[^;\\]|\\$)+", re.DOTALL)
_ESCAPE = re.compile(r"\\([;\\])")
_SHOWN = 40  # characters of a wrong part that its sentence repeats


@dataclass(frozen=True, slots=True)
class Prefixes:
    """The prefixes by kind; ``problems`` are sentences about the parts that are left out."""

    by_kind: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def named(self, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """The collections of things of one kind."""
        prefix = self.by_kind.get(kind, "")
        return tuple(prefix + name for name in names) if prefix else names


@lru_cache(maxsize=8)
def parse_prefixes(text: str) -> Prefixes:
    """Parse the prefixes. A part that is none is left out and reported."""
    found: dict[str, str] = {}
    problems: list[str] = []
    for part in filter(str.strip, _PART.findall(text)):
        name, equals, prefix = part.partition("=")
        kind, prefix = name.strip().lower(), _ESCAPE.sub(r"\1", prefix)
        problem = _problem(kind, equals, prefix, found)
        if problem:
            problems.append(f"{part.strip()[:_SHOWN]!r} {problem}.")
        else:
            found[kind] = prefix
    return Prefixes(found, tuple(problems))


def _problem(kind: str, equals: str, prefix: str, found: Mapping[str, str]) -> str:
    """Why a part is left out, "" = it is not."""
    if not equals:
        return "has no =; write it as in studio=Studio:"
    if kind not in KINDS:
        return f"begins with no kind of collection; there are {', '.join(KINDS)}"
    if kind in found:
        return f"is left out, because {kind} has a prefix already"
    return f"is longer than {LONGEST} characters" if len(prefix) > LONGEST else ""
