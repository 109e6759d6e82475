"""Scans: the files that Plex has not seen yet, and the moment when it sees them.

Time comes from the library's clock and nothing runs in the background: ``advance`` carries out
the scans that are due, and is called before every request.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.plex.items import Item, Section, is_below
from simulators.plex.library import Library


@dataclass(slots=True)
class Arrival:
    """A file on disk that no scan has met yet."""

    section: Section
    path: str
    add: Callable[[], Item]


@dataclass(slots=True)
class Scan:
    section: Section
    path: str
    due: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Scanner:
    """The scans of a library. ``delay`` is how many seconds one takes."""

    def __init__(self, library: Library) -> None:
        self.delay = 0.0
        self._library = library
        self._arrivals: list[Arrival] = []
        self._running: list[Scan] = []

    def expect(self, section: Section, path: str, add: Callable[[], Item]) -> None:
        """Put a file on disk: the next scan that covers ``path`` calls ``add``."""
        with self._library.lock:
            self._arrivals.append(Arrival(section, path, add))

    def start(self, section: Section, path: str = "") -> None:
        """Begin a scan of a folder, or of the whole section; an unknown folder is ignored."""
        if path and not section.holds(path):
            return
        section.running_scans += 1
        scan = Scan(section, path, self._library.clock() + self.delay)
        self._running.append(scan)
        self._library.events.activity("started", scan.id, f"Scanning {section.title}", section.key)

    def advance(self) -> None:
        """Carry out the scans that are due."""
        if not self._running:
            return
        now = self._library.clock()
        with self._library.lock:
            due = [scan for scan in self._running if scan.due <= now]
            self._running = [scan for scan in self._running if scan.due > now]
            for scan in due:
                self._finish(scan)

    def _finish(self, scan: Scan) -> None:
        section = scan.section
        section.running_scans -= 1
        section.scanned_at = self._library.now()

        def covered(path: str) -> bool:
            return not scan.path or is_below(path, scan.path)

        waiting, self._arrivals = self._arrivals, []
        for arrival in waiting:
            if arrival.section is section and covered(arrival.path):
                arrival.add()
            else:
                self._arrivals.append(arrival)
        self._library.events.activity("ended", scan.id, f"Scanning {section.title}", section.key)
        if not section.running_scans:
            self._library.events.status("Library scan complete")
