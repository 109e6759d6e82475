"""Numbers from outside: one function per kind, at most 18 digits. Standard library only.

A number may arrive as a number or as text. A value that is no number, or out of its range, is
"unknown": 0, or ``None`` where 0 has a meaning of its own.
"""

from __future__ import annotations

import re

# Below 2**63 with every sum that we make of two: SQLite and a real Stash take no more.
LARGEST = 10**18 - 1
_DIGITS = 18
_LAST_MOMENT = 253_402_300_799  # the end of the year 9999
_MOST_STARS = 10.0
_LONGEST = 10**9  # seconds: thirty years of video

# The sizes that a listing may have. A library of a million files is not known to exist.
MOST_LISTED = 1_000_000
_SPARE_PAGES = 10
_LISTING_SECONDS = 600.0
_PAGE_SECONDS = 5.0
# No answer may take so long: a page that came later came after a sleep of the machine.
_LONGEST_PAGE = 300.0


class Endless(ValueError):
    """A listing that no server has."""


def whole(value: object, low: int = 0, high: int = LARGEST) -> int | None:
    """Return *value* as a whole number from *low* to *high*; ``None`` for anything else."""
    if isinstance(value, str):
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
            return None
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        return None
    return value


def key(value: object) -> int:
    """Return the number of an item, a library, a file, a scene or a job; 0 = unknown."""
    return whole(value, 1) or 0


def amount(value: object) -> int:
    """Return a size in bytes, a duration in milliseconds or a counter; 0 = unknown."""
    return whole(value) or 0


def moment(value: object) -> int:
    """Return a time in epoch seconds, until the year 9999; 0 = unknown."""
    return whole(value, 1, _LAST_MOMENT) or 0


def instant(value: object) -> float | None:
    """Return a time in epoch seconds with its fraction, until the year 9999; ``None`` = unknown."""
    if isinstance(value, str):
        value = float(value) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{0,9})?", value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _LAST_MOMENT else None


def year(value: object) -> int:
    """Return a year; 0 = unknown."""
    return whole(value, 1, 9999) or 0


def total(value: object) -> int | None:
    """Return how many things a listing has; ``None`` = unknown."""
    return whole(value)


def seconds(value: object) -> float:
    """Return a duration in seconds; 0.0 = unknown. A number of any form, but no text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 <= value <= _LONGEST else 0.0


def stars(value: object) -> str:
    """Return a star rating as its text, 0 to 10 with a decimal; "" = unknown."""
    text = str(value)
    if len(text) > _DIGITS or not re.fullmatch(r"[0-9]{1,2}(\.[0-9]*)?", text):
        return ""
    return f"{float(text):.1f}" if float(text) <= _MOST_STARS else ""


def most_pages(listed: int, size: int) -> int:
    """Return how many pages of *size* a listing may have that begins with *listed* in all.

    It may grow to twice of that while it is read. Raises ``Endless`` for more than MOST_LISTED.
    """
    if listed > MOST_LISTED:
        raise Endless(f"A listing of more than {MOST_LISTED:,} cannot be.")
    return 2 * -(-listed // size) + _SPARE_PAGES


def seconds_awake(seconds: float) -> float:
    """Return how many of the *seconds* of one page count: time asleep is not time waited."""
    return min(seconds, _LONGEST_PAGE)


def longest_listing(pages: int) -> float:
    """Return how many seconds a listing of so many pages may take altogether."""
    return _LISTING_SECONDS + _PAGE_SECONDS * pages
