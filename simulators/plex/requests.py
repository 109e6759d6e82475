"""The request log, and the alarm for an edit that names no item."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from simulators.plex.query import Query

log = logging.getLogger(__name__)

_WRITES = ("PUT", "POST", "DELETE")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``status`` is what was (or would have been) answered; 0 is a cut connection.

    ``target`` is path and query as sent; ``at`` epoch seconds; ``fault`` the fault it met, if any.
    """

    method: str
    path: str
    query: str
    status: int
    at: float
    body_size: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: str = ""

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def was_answered(self) -> bool:
        """Whether the client was told that all went well."""
        return self.status == 200 and not self.fault

    @property
    def parameters(self) -> Query:
        return Query.parse(self.query)


class RequestLog:
    """Every request in order of its answer. ``whole_section_edits`` must stay empty."""

    def __init__(self) -> None:
        self.whole_section_edits: list[Request] = []
        self._requests: list[Request] = []
        self._lock = threading.Lock()

    def add(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)

    def alarm(self, request: Request) -> None:
        """Note an edit without an id: it changed every item of its type in the section."""
        log.error("an edit without id changed a whole section: %s %s", request.method, request.path)
        self.whole_section_edits.append(request)

    def __iter__(self) -> Iterator[Request]:
        with self._lock:
            return iter(list(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    def matching(self, method: str | None = None, path: str = "") -> list[Request]:
        """The requests of that method whose path the regular expression finds."""
        return [
            request
            for request in self
            if method in (None, request.method) and re.search(path, request.path)
        ]

    def count(self, method: str | None = None, path: str = "") -> int:
        """How many requests ``matching`` finds."""
        return len(self.matching(method, path))

    def writes(self) -> list[Request]:
        """Every PUT, POST and DELETE."""
        return [request for request in self if request.method in _WRITES]

    def reads_that_may_refresh(self) -> list[Request]:
        """Reads of items without ``skipRefresh=1``, each of which may run a local agent."""
        reads = self.matching("GET", r"^/library/metadata/[\d,]+$")
        return [read for read in reads if not read.parameters.flag("skipRefresh")]

    def clear(self) -> None:
        """Forget every request; the alarms stay."""
        with self._lock:
            self._requests.clear()
