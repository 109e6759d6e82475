"""How much of an item an answer shows."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.plex.query import Query


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of an item is shown. ``full`` as for its own address, else as in a list."""

    full: bool = False
    guids: bool = False
    check_files: bool = False
    without_fields: frozenset[str] = frozenset()
    without_elements: frozenset[str] = frozenset()

    @staticmethod
    def of(query: Query, full: bool) -> Shape:
        """The shape a request asks for with include… and exclude… parameters."""
        return Shape(
            full=full,
            guids=full or query.flag("includeGuids"),
            check_files=query.flag("checkFiles"),
            without_fields=query.names("excludeFields"),
            without_elements=query.names("excludeElements"),
        )
