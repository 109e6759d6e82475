"""Stash's clock: epoch seconds in, RFC3339 text with the server's offset out."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

Now = Callable[[], float]


class Clock:
    """Tells the time as Stash writes it. ``zone`` may be changed: Stash keeps old rows as text."""

    def __init__(self, now: Now = time.time, zone: tzinfo = UTC) -> None:
        self.now = now
        self.zone = zone

    def text(self) -> str:
        """The present second, for example ``2026-11-21T00:14:25Z``."""
        return rfc3339(int(self.now()), self.zone)

    def precise_text(self) -> str:
        """The present moment with its fraction, as Stash gives a job's times."""
        return datetime.fromtimestamp(self.now(), self.zone).isoformat().replace("+00:00", "Z")


@functools.lru_cache(maxsize=1024)
def rfc3339(seconds: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, zone).isoformat().replace("+00:00", "Z")


@functools.lru_cache(maxsize=1 << 16)
def epoch(text: str) -> int:
    """The epoch seconds of one of our own timestamps."""
    return int(datetime.fromisoformat(text).timestamp())
