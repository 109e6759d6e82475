"""Answers: element trees and their written form, pages, refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

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
    """A tag with attributes in order and children, of which some may be written already."""

    tag: str
    attributes: dict[str, str]
    children: Sequence[Element | str] = field(default_factory=list)


def write_xml(root: Element) -> bytes:
    """The XML form, UTF-8. Control characters are sent raw, as Plex does: not well-formed."""
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + to_text(root)
    # A lone surrogate cannot come in over HTTP; "replace" keeps a test's bad text from killing us.
    return text.encode("utf-8", "replace")


def to_text(element: Element) -> str:
    """One element with all that is in it, without the XML declaration."""
    lines: list[str] = []
    _write(element, lines.append)
    return "".join(lines)


def _write(element: Element, put: Put) -> None:
    attributes = element.attributes
    if _SPECIAL.search("".join(attributes.values())):
        attributes = {name: _SPECIAL.sub(_entity, value) for name, value in attributes.items()}
    text = "".join([f' {name}="{value}"' for name, value in attributes.items()])
    if not element.children:
        put(f"<{element.tag}{text}/>\n")
        return
    put(f"<{element.tag}{text}>\n")
    for child in element.children:
        if isinstance(child, str):
            put(child)
        else:
            _write(child, put)
    put(f"</{element.tag}>\n")


def _entity(match: re.Match[str]) -> str:
    return _ENTITIES[match[0]]


XML = "text/xml;charset=utf-8"
HTML = "text/html"


class Refused(Exception):
    """The request cannot be served; ``status`` is the HTTP status of the answer."""

    def __init__(self, status: int, why: str = "") -> None:
        super().__init__(why)
        self.status = status


@dataclass(slots=True)
class Answer:
    """An answer before it is written: an element tree, or bytes as they are."""

    root: Element | None = None
    body: bytes = b""
    status: int = 200
    content_type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)


def done() -> Answer:
    """The answer to a write: 200 with nothing in it."""
    return Answer()


def error_page(status: int) -> Answer:
    """Plex's page for an error."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    page = (
        f"<html><head><title>{phrase}</title></head><body><h1>{status} {phrase}</h1></body></html>"
    )
    return Answer(body=page.encode(), status=status)
