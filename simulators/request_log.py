"""The request log of both servers."""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

REQUESTS_KEPT = 1_000_000
_WRITES = ("PUT", "POST", "DELETE")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``status`` is what was (or would have been) answered; 0 is a cut connection.

    ``at`` is in epoch seconds; ``fault`` names the fault it met, if any; ``auth`` how it said who
    it is; ``fields`` are a GraphQL query's root fields.
    """

    method: str
    path: str
    query: str
    status: int
    at: float
    body_size: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: str = ""
    auth: str = ""
    fields: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def was_answered(self) -> bool:
        """Whether the client was told that all went well."""
        return self.status == 200 and not self.fault


R = TypeVar("R", bound=Request)


class RequestLog(Generic[R]):
    """The last requests in order of their answers, and counts of all by path and by field."""

    def __init__(self) -> None:
        self.last: deque[R] = deque(maxlen=REQUESTS_KEPT)
        self.total = 0
        self.by_path: Counter[str] = Counter()
        self.by_field: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, request: R) -> None:
        with self._lock:
            self.last.append(request)
            self.total += 1
            self.by_path[request.path] += 1
            self.by_field.update(request.fields)

    def __iter__(self) -> Iterator[R]:
        with self._lock:
            return iter(list(self.last))

    def __len__(self) -> int:
        return self.total

    def matching(self, method: str | None = None, path: str = "") -> list[R]:
        """The requests of that method whose path the regular expression finds."""
        return [
            request
            for request in self
            if method in (None, request.method) and re.search(path, request.path)
        ]

    def count(self, method: str | None = None, path: str = "") -> int:
        """The number of requests that ``matching`` finds."""
        return len(self.matching(method, path))

    def writes(self) -> list[R]:
        """Every PUT, POST and DELETE."""
        return [request for request in self if request.method in _WRITES]

    def clear(self) -> None:
        """Forget every request."""
        with self._lock:
            self.last.clear()
            self.total = 0
            self.by_path.clear()
            self.by_field.clear()
