"""The pace of writing: a Plex that slows down gets time to catch up."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

RECENT = 20  # writes
SLOW_FACTOR = 3.0
SLOW_SECONDS = 1.0
LONGEST_PAUSE = 5.0


def pause_after(last: float, recent: Collection[float]) -> float:
    """Seconds to leave Plex alone after a write that took ``last``, where ``recent`` ones took so
    long. Pure.

    A server that is always slow sets its own measure: only one that slowed down is waited for.
    """
    if not recent or last <= max(SLOW_SECONDS, SLOW_FACTOR * statistics.median(recent)):
        return 0.0
    return min(last, LONGEST_PAUSE)


class Pace:
    """How fast Plex takes writes. ``clock`` returns seconds and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._pause = 0.0

    @contextmanager
    def timing(self) -> Iterator[None]:
        """What happens within is a write. One that fails tells nothing."""
        begun = self.clock()
        yield
        took = self.clock() - begun
        self._pause = pause_after(took, self._recent)
        self._recent.append(took)

    def rest(self) -> float:
        """Seconds to pause before the next write; asking takes them back."""
        pause, self._pause = self._pause, 0.0
        return pause
