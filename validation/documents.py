"""Documents from outside: how much XML and JSON is taken for an answer. Standard library only.

A few kilobytes on the wire can become gigabytes in memory: elements and values are counted before
they are made.
"""

from __future__ import annotations

import json
import re

# A listing page of 1,000 items is about 2 MB, and has some 30,000 marks of both kinds.
MOST_BYTES = 12 * 1024 * 1024
_MOST_ELEMENTS = 200_000
_MOST_ATTRIBUTES = 500_000
_MOST_REFERENCES = 100_000
_MOST_VALUES = 1_000_000

_REFERENCE = re.compile(rb"&#(x[0-9a-fA-F]{1,8}|[0-9]{1,8});")
_TOO_LARGE = 10**19  # any number beyond the range of all kinds


class Refused(ValueError):
    """A document that is too big, or made to be."""


def check_xml(content: bytes) -> bytes:
    """Return *content*, UTF-8 XML of which a parser makes no more than we can hold.

    References to characters that XML forbids are taken out, as one of them in one title would
    make a whole page unreadable. Raises ``Refused``.
    """
    # No entity without a document type, and no UTF-16, in which these marks look different.
    if b"<!DOCTYPE" in content or b"\0" in content:
        raise Refused("Entities and other encodings are not read.")
    if (
        len(content) > MOST_BYTES
        or content.count(b"<") > _MOST_ELEMENTS
        or content.count(b"=") > _MOST_ATTRIBUTES
    ):
        raise Refused("The document has too many elements.")
    references = content.count(b"&#")
    return _REFERENCE.sub(_legal, content) if 0 < references < _MOST_REFERENCES else content


def read_json(content: bytes) -> object:
    """Return the value of a JSON document. A number beyond all ranges becomes one that every range
    refuses. Raises ``Refused``, and ``ValueError`` for a text that is no JSON.
    """
    marks = sum(map(content.count, (b",", b":", b"[", b"{")))
    if len(content) > MOST_BYTES or marks > _MOST_VALUES:
        raise Refused("The document has too many values.")
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        found: object = json.loads(text, parse_int=_integer)
        # Stash escapes halves of pairs only.
        return _paired(found) if b"\\ud" in content or b"\\uD" in content else found
    except RecursionError:
        raise Refused("The document is too deep.") from None


def _integer(digits: str) -> int:
    if len(digits) < 20:
        return int(digits)
    return -_TOO_LARGE if digits.startswith("-") else _TOO_LARGE


def _legal(reference: re.Match[bytes]) -> bytes:
    digits = reference[1]
    number = int(digits[1:], 16) if digits.startswith(b"x") else int(digits)
    is_char = (
        number in (9, 10, 13)
        or 0x20 <= number < 0xD800
        or (0xE000 <= number <= 0x10FFFF and number not in (0xFFFE, 0xFFFF))
    )
    return reference[0] if is_char else b""


def _paired(value: object) -> object:
    """*value* without halves of surrogate pairs, which no file and no database takes."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {_paired(name): _paired(inner) for name, inner in value.items()}
    return [_paired(inner) for inner in value] if isinstance(value, list) else value
