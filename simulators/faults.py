"""The fault kit of both servers: what goes wrong, with which requests."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import compress
from time import monotonic


class Kind(StrEnum):
    """The kinds of faults. The first group keeps the request from being carried out."""

    STATUS = "status"  # an HTTP status with its page: 500, 498, 520, 599 …
    MAINTENANCE = "maintenance"  # Plex's 503 while it migrates its database
    GARBAGE = "garbage"  # 200 and text that is neither XML nor JSON
    HTML = "html"  # a page, as a proxy sends it
    EMPTY = "empty"  # 200 and nothing
    REDIRECT = "redirect"  # 302 to ``location``
    CLOSE_BEFORE = "close_before"  # the connection closes, nothing was done

    CLOSE_AFTER = "close_after"  # the request was carried out, its reply is lost
    TRUNCATED = "truncated"  # half of the answer, with a Content-Length that fits
    DROP_BODY = "drop_body"  # half of the body, then the connection closes
    NO_CHARSET = "no_charset"  # text/xml without charset, which clients read as latin-1
    DRIP = "drip"  # the body in small pieces, ``seconds`` apart
    DELAY = "delay"  # the answer comes ``seconds`` late
    BUSY = "busy"  # Plex's database is busy: ``seconds`` during which all requests wait
    ERROR = "error"  # Stash's real answer, with an ``error`` and null at ``null_at``


@dataclass(slots=True)
class Fault:
    """One planned fault. ``hits`` counts the requests it has spoilt, ``seen`` all that match.

    A test that sets ``over`` ends the delays, whatever their ``seconds``.
    """

    kind: Kind
    method: re.Pattern[str]
    path: re.Pattern[str]
    body: re.Pattern[str]
    nth: int
    times: int | None
    status: int
    seconds: float
    location: str
    retry_after: int
    error: str
    null_at: tuple[str, ...]
    hits: int = 0
    seen: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def delay(self, closing: threading.Event) -> None:
        """Wait, until the fault is over or the server closes."""
        until = monotonic() + self.seconds
        while monotonic() < until and not self.over.wait(0.05) and not closing.is_set():
            pass

    def matches(self, method: str, target: str, body: str) -> bool:
        pairs = ((self.method, method), (self.path, target), (self.body, body))
        return all(pattern.search(text) for pattern, text in pairs)

    @property
    def is_due(self) -> bool:
        """Whether the request that was just seen is one to spoil."""
        return self.seen >= self.nth and (self.times is None or self.hits < self.times)


# The kinds of faults without one, by the first argument that is given: delay, close, garbage,
# html, error.
_SHORTHAND = (
    Kind.DELAY,
    Kind.CLOSE_BEFORE,
    Kind.GARBAGE,
    Kind.HTML,
    Kind.ERROR,
    Kind.STATUS,
)


class Faults:
    """The planned faults, oldest first; a request meets at most one.

    ``taken`` lists those that happened, in order.
    """

    def __init__(self) -> None:
        self.taken: list[Fault] = []
        self._planned: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: Kind | str | None = None,
        *,
        method: str | None = None,
        path: str = "",
        body: str = "",
        nth: int = 1,
        times: int | None = 1,
        status: int = 0,
        seconds: float = 0.1,
        location: str = "",
        retry_after: int = 0,
        delay: float = 0.0,
        close: bool = False,
        garbage: bool = False,
        html: bool = False,
        error: str = "",
        null_at: tuple[str, ...] = (),
    ) -> Fault:
        """Spoil ``times`` requests (None: all) that match, from the ``nth`` such on.

        ``method``, ``path`` and ``body`` are regular expressions found anywhere; Plex's requests
        have their query in place of a body. Without a
        ``kind`` the first of delay, close, garbage, html and error that is given says it, else
        the status. A status may say with how many seconds' ``retry_after`` (0: it does not say).
        """
        given = (delay > 0, close, garbage, html, bool(error), True)
        meant = Kind(kind) if kind else next(compress(_SHORTHAND, given))
        fault = Fault(
            meant,
            re.compile(method or ""),
            re.compile(path),
            re.compile(body),
            nth,
            times,
            status or (200 if meant is Kind.HTML else 500),
            delay or seconds,
            location,
            retry_after,
            error,
            null_at,
        )
        with self._lock:
            self._planned.append(fault)
        return fault

    def meet(self, method: str, target: str, body: str = "") -> Fault | None:
        """The fault for this request, counted; None when it goes well."""
        with self._lock:
            matching = [each for each in self._planned if each.matches(method, target, body)]
            for fault in matching:
                fault.seen += 1
            due = next((fault for fault in matching if fault.is_due), None)
            if due:
                due.hits += 1
                self.taken.append(due)
            return due

    def clear(self) -> None:
        """Everything goes well again."""
        with self._lock:
            self._planned.clear()
