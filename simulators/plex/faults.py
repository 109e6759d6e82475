"""Faults on request: what a Plex server, or whatever stands before it, does wrong."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What goes wrong. The first group keeps the request from being carried out."""

    STATUS = "status"  # an HTTP status with its page: 500, 498, 520, 599 …
    MAINTENANCE = "maintenance"  # 503 with Plex's own body while it migrates its database
    GARBAGE = "garbage"  # 200 and text that is no XML
    HTML = "html"  # 200 and a login page, as a proxy sends it
    EMPTY = "empty"  # 200 and nothing
    REDIRECT = "redirect"  # 302 to ``location``
    CLOSE_BEFORE = "close_before"  # the connection closes, nothing was done

    CLOSE_AFTER = "close_after"  # the request was carried out, its reply is lost
    TRUNCATED = "truncated"  # half of the XML, with a Content-Length that fits
    DROP_BODY = "drop_body"  # half of the body, then the connection closes
    NO_CHARSET = "no_charset"  # text/xml without charset, which clients read as latin-1
    DRIP = "drip"  # the body in small pieces, ``seconds`` apart
    DELAY = "delay"  # the answer comes ``seconds`` late
    BUSY = "busy"  # the database is busy: ``seconds`` during which all requests wait


@dataclass(slots=True)
class Fault:
    """One planned fault. ``hits`` counts the requests it has spoilt."""

    kind: Kind
    method: str | None
    path: re.Pattern[str]
    nth: int
    times: int | None
    status: int
    seconds: float
    location: str
    retry_after: int
    hits: int = 0
    seen: int = 0


class Faults:
    """The planned faults, oldest first; a request meets at most one."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: Kind | str,
        *,
        method: str | None = None,
        path: str = "",
        nth: int = 1,
        times: int | None = 1,
        status: int = 500,
        seconds: float = 0.1,
        location: str = "",
        retry_after: int = 0,
    ) -> Fault:
        """Spoil ``times`` requests (None: all) of a method and path, from the ``nth`` such on.

        ``path`` is a regular expression found anywhere in the path. A status may say with how
        many seconds' ``retry_after`` (0 = it does not say).
        """
        pattern = re.compile(path)
        fault = Fault(
            Kind(kind), method, pattern, nth, times, status, seconds, location, retry_after
        )
        with self._lock:
            self._faults.append(fault)
        return fault

    def meet(self, method: str, path: str) -> Fault | None:
        """The fault for this request, counted; None when it goes well."""
        with self._lock:
            for fault in self._faults:
                if fault.method not in (None, method) or not fault.path.search(path):
                    continue
                if fault.times is not None and fault.hits >= fault.times:
                    continue
                fault.seen += 1
                if fault.seen >= fault.nth:
                    fault.hits += 1
                    return fault
        return None

    def clear(self) -> None:
        """Everything goes well again."""
        with self._lock:
            self._faults.clear()
