"""Small words of the sentences that users read. Pure."""

from __future__ import annotations


class Wrong(str):
    """A line about something that is wrong: a log shows it as a warning."""

    __slots__ = ()


def count(number: int, one: str, many: str) -> str:
    """Return the number with its words: ``count(2, "edit waits", "edits wait")``."""
    return f"{number} {one if number == 1 else many}"
