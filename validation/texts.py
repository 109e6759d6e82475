"""Texts from outside, as users may see them: in a log, a terminal, a reply. Pure.

``validation.sanitizers`` cleans the texts for Plex.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# Control characters, ends of lines of every kind and broken surrogates: they move a terminal's
# cursor, forge a line of a log, or cannot be written at all. Each run becomes one space. Compiled
# when first needed: Status reads this module and must be quick.
_CONTROLS = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+"
# They turn around the order of all that follows them on a screen.
_TURNS = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
_NOT_WORD = r"[\W_]+"


def one_line(text: str, limit: int = 0) -> str:
    """Return *text* as one line without control characters, at most *limit* long (0 = any)."""
    if limit and len(text) > 4 * limit:
        text = text[: 4 * limit]
    if not text.isprintable():
        text = re.sub(_TURNS, "", re.sub(_CONTROLS, " ", text))
    return text[:limit].rstrip() if limit else text


def one_lines(value: object) -> object:
    """Return *value*, an answer made of mappings, lists and plain values, with every text in it
    as one line."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Mapping):
        return {one_lines(name): one_lines(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [one_lines(inner) for inner in value]
    return value


def said(text: str, secrets: Iterable[str], limit: int = 200) -> str:
    """Return a server's own words for users, "" when they hold one of *secrets*.

    A server may repeat what it was sent, whole or cut into pieces: letters and digits alone are
    compared.
    """
    words = _bare(text)
    if any(_bare(secret) in words for secret in secrets if _bare(secret)):
        return ""
    return one_line(text, limit).rstrip(". ")


def _bare(text: str) -> str:
    return re.sub(_NOT_WORD, "", text).casefold()
