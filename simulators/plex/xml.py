"""A tiny element tree and its written form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

Put = Callable[[str], None]

_SPECIAL = re.compile('[<>&"\r\n\t]')
_ENTITIES = {
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
    '"': "&quot;",
    "\r": "&#13;",
    "\n": "&#10;",
    "\t": "&#9;",
}


@dataclass(slots=True)
class Element:
    """A tag with attributes in order and children. Values are text as the XML form shows them."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)


def write_xml(root: Element) -> bytes:
    """The XML form, UTF-8. Control characters are sent raw, as Plex does: not well-formed."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(root, lines.append)
    # A lone surrogate cannot come in over HTTP; "replace" keeps a test's bad text from killing us.
    return "".join(lines).encode("utf-8", "replace")


def _write(element: Element, put: Put) -> None:
    line = "<" + element.tag
    for name, value in element.attributes.items():
        if _SPECIAL.search(value):
            value = _SPECIAL.sub(_entity, value)
        line += f' {name}="{value}"'
    if not element.children:
        put(line + "/>\n")
        return
    put(line + ">\n")
    for child in element.children:
        _write(child, put)
    put(f"</{element.tag}>\n")


def _entity(match: re.Match[str]) -> str:
    return _ENTITIES[match[0]]
