"""What an endpoint hands back, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from simulators.plex.xml import Element

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
