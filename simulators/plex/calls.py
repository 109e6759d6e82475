"""One request as an endpoint sees it, and the server it is made to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simulators.plex.answers import XML, Answer, Element, Refused
from simulators.plex.items import Item, Section
from simulators.plex.library import Library
from simulators.plex.listing import Catalogue
from simulators.plex.requests import Query, RequestLog
from simulators.plex.scan import Scanner

IDENTIFIER = "com.plexapp.plugins.library"
TAG_VERSION = {"mediaTagPrefix": "/system/bundle/media/flags/", "mediaTagVersion": "1775731696"}


@dataclass(frozen=True, slots=True)
class Server:
    """The objects that all endpoints share."""

    library: Library
    scanner: Scanner
    requests: RequestLog
    machine_identifier: str
    friendly_name: str = "Simulated Plex"
    catalogue: Catalogue = field(default_factory=Catalogue)


@dataclass(frozen=True, slots=True)
class Call:
    """A request: ``groups`` are the parts of its path that the route names; header names are
    lower-case."""

    server: Server
    method: str
    path: str
    raw_query: str
    query: Query
    headers: Mapping[str, str]
    body: bytes
    groups: tuple[str, ...]

    @property
    def library(self) -> Library:
        return self.server.library

    def section(self) -> Section:
        """The section of the path. Raises ``Refused`` (404)."""
        section = self.library.sections.get(int(self.groups[0]))
        if section is None:
            raise Refused(404, "no such section")
        return section

    def items(self) -> list[Item]:
        """The items of a path's id list that exist. Raises ``Refused`` (404) when none does."""
        found = [
            item
            for key in self.groups[0].split(",")
            if (item := self.library.items.get(int(key or 0))) is not None
        ]
        if not found:
            raise Refused(404, "no such item")
        return found

    def item(self) -> Item:
        return self.items()[0]

    def page(self) -> tuple[int, int | None] | None:
        """Start and size from headers or parameters; None when the client asks for no page."""
        start, size = (self._paging(name) for name in ("Start", "Size"))
        if start is None and size is None:
            return None
        return start or 0, size

    def _paging(self, what: str) -> int | None:
        name = f"X-Plex-Container-{what}"
        text = self.headers.get(name.lower()) or self.query.get(name)
        return int(text) if text and text.isdigit() else None


def container(
    children: Sequence[Element],
    attributes: Mapping[str, str] | None = None,
    size: int | None = None,
) -> Answer:
    """A MediaContainer with its size first."""
    shown = {"size": str(len(children) if size is None else size)} | dict(attributes or {})
    return Answer(Element("MediaContainer", shown, list(children)), content_type=XML)
