"""Faults to order, and the log of what was asked."""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

REQUESTS_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with which requests.

    ``path``, ``method`` and ``body`` are regular expressions that must be found. The fault
    begins with the ``nth`` match (from 1) and lasts for ``times`` matches (None: for ever).
    Exactly what is set happens, in this order: ``delay`` (seconds, then on), ``close`` (the
    connection, without an answer), ``garbage`` (status 200 and broken JSON), ``html`` (a page
    with ``status``, as a proxy sends), ``status`` alone (an empty answer), and ``error`` (the
    real answer, with a GraphQL error of that text and null at ``null_at``).
    """

    path: str = ""
    method: str = ""
    body: str = ""
    nth: int = 1
    times: int | None = 1
    delay: float = 0.0
    close: bool = False
    garbage: bool = False
    html: bool = False
    status: int = 0
    error: str = ""
    null_at: tuple[str, ...] = ()


class Faults:
    """Ordered faults; the first one that applies to a request is its fate.

    Each fault counts all its matches, also those that another one spoils. ``taken`` lists those
    that happened, in order.
    """

    def __init__(self) -> None:
        self.taken: list[Fault] = []
        self._lock = threading.Lock()
        self._ordered: list[tuple[Fault, Counter[str]]] = []

    def add(self, **fields: Any) -> Fault:
        """Order one fault; see `Fault` for the fields."""
        fault = Fault(**fields)
        with self._lock:
            self._ordered.append((fault, Counter()))
        return fault

    def clear(self) -> None:
        with self._lock:
            self._ordered.clear()

    def for_request(self, method: str, path: str, body: str) -> Fault | None:
        with self._lock:
            due = []
            for fault, seen in self._ordered:
                if _applies(fault, method, path, body):
                    seen["matches"] += 1
                    late = seen["matches"] - fault.nth
                    if late >= 0 and (fault.times is None or late < fault.times):
                        due.append(fault)
            self.taken += due[:1]
        return due[0] if due else None


def _applies(fault: Fault, method: str, path: str, body: str) -> bool:
    pairs = ((fault.method, method), (fault.path, path), (fault.body, body))
    return all(re.search(wanted, given) for wanted, given in pairs)


def with_error(answer: dict[str, Any], fault: Fault) -> dict[str, Any]:
    """A GraphQL answer that went wrong: the error, and null where it struck."""
    data = answer.get("data")
    where: Sequence[str] = fault.null_at or tuple(data or ())[:1]
    if where and data:
        data = _nulled(data, where)
    return {"errors": [{"message": fault.error, "path": list(where)}], "data": data}


def _nulled(value: Any, where: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_nulled(entry, where) for entry in value]
    if not isinstance(value, dict) or where[0] not in value:
        return value
    rest = where[1:]
    return value | {where[0]: _nulled(value[where[0]], rest) if rest else None}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was answered; ``fields`` are a GraphQL query's root fields."""

    method: str
    path: str
    fields: tuple[str, ...]
    status: int
    seconds: float
    auth: str
    bytes_out: int


@dataclass(slots=True)
class RequestLog:
    """The last requests, and counts of all of them by path and by GraphQL root field."""

    last: deque[Request] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))
    total: int = 0
    by_path: Counter[str] = field(default_factory=Counter)
    by_field: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, request: Request) -> None:
        with self._lock:
            self.last.append(request)
            self.total += 1
            self.by_path[request.path] += 1
            self.by_field.update(request.fields)

    def clear(self) -> None:
        with self._lock:
            self.last.clear()
            self.total = 0
            self.by_path.clear()
            self.by_field.clear()

    def __len__(self) -> int:
        return self.total
