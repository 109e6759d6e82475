"""Small words of the sentences that users read. Pure."""

from __future__ import annotations


def count(number: int, one: str, many: str) -> str:
    """Return the number with its words: ``count(2, "edit waits", "edits wait")``."""
    return f"{number} {one if number == 1 else many}"
