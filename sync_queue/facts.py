"""The stored facts of a moment, as Status reads them. Standard library only, and little of it.

``sync_queue.state`` has their records; a document that cannot be read counts as its defaults.
"""

from __future__ import annotations

import json
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

VERSION = 1
_LARGEST = 1e18


class Facts:
    """The stored documents of a moment, by name."""

    __slots__ = ("documents",)

    def __init__(self, stored: Mapping[str, object] | None = None) -> None:
        self.documents = {name: read_document(text) for name, text in (stored or {}).items()}

    def doc(self, name: str) -> dict[str, Any]:
        """The document of that name; empty without a readable one."""
        return self.documents.get(name, {})

    def text(self, name: str, field: str) -> str:
        """A text of a document, "" without one."""
        value = self.doc(name).get(field)
        return value if isinstance(value, str) else ""

    def number(self, name: str, field: str) -> float:
        """A number of a document, 0 without one."""
        value = self.doc(name).get(field)
        known = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if known and abs(value) < _LARGEST else 0.0  # type: ignore[arg-type]

    @property
    def outage(self) -> str:
        """Why edits wait for Plex, "" while the circuit breaker is closed."""
        if self.text("breaker", "state") not in ("open", "half_open"):
            return ""
        return outage_sentence(
            self.number("breaker", "opened_at"), self.number("breaker", "probe_at")
        )


def outage_sentence(since: float, until: float) -> str:
    """Why edits wait for Plex: it is unreachable *since* then, and tried again at *until*."""
    return (
        f"Plex has not answered since {clock_time(since)}; the next try is at {clock_time(until)}."
    )


def clock_time(moment: float) -> str:
    """An epoch time as this machine's clock shows it; "?" for one that no clock can show."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(moment))
    except (OverflowError, OSError, ValueError):
        return "?"


def read_document(text: object) -> dict[str, Any]:
    """A stored JSON object; empty for another version, or for a text that cannot be parsed."""
    try:
        doc = json.loads(text) if isinstance(text, str | bytes) else None
    except (ValueError, RecursionError):
        return {}
    return doc if isinstance(doc, dict) and doc.get("version") == VERSION else {}
