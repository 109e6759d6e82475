"""The events that Plex sends to its listeners: new, changed and deleted items, scans."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from simulators.plex.items import TYPES, Item

# The states of a timeline entry. Where there is no agent, an item ends at PROGRESS.
CREATED, PROGRESS, MATCHING, DOWNLOADING, LOADING, DONE, DELETED = 0, 1, 2, 3, 4, 5, 9

Notification = dict[str, Any]
Form = Literal["list", "object", "wrapped"]


class Listener:
    """One connection: the frames that wait to be sent on it, ``None`` for hanging up."""

    def __init__(self, filters: Collection[str], is_gone: Callable[[], bool]) -> None:
        self.frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.filters = filters
        self.is_gone = is_gone


class Events:
    """Hands every event to every listener; without a listener it is lost.

    Switches: ``offered`` (else 404), ``form`` of the data (a list of entries, one alone, or the
    websocket's container), ``ids`` (``str`` or ``int``), ``chunked`` (else an answer without
    length, whose end is that of the connection), ``ping_seconds`` and ``silent`` (not even pings).
    ``open`` counts the connections now, ``most`` the most that were open at once, ``opened`` all.
    """

    def __init__(self) -> None:
        self.offered = True
        self.form: Form = "list"
        self.ids: Callable[[int], object] = str
        self.chunked = False
        self.ping_seconds = 10.0
        self.silent = False
        self.most = 0
        self.opened = 0
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    @property
    def open(self) -> int:
        with self._lock:
            return self._count()

    def _count(self) -> int:
        return sum(not listener.is_gone() for listener in self._listeners)

    @contextmanager
    def listen(
        self, filters: Collection[str] = (), is_gone: Callable[[], bool] = lambda: False
    ) -> Iterator[Listener]:
        """A listener to the events from now on; ``filters`` are the names it asked for, or none.

        ``is_gone`` says whether the client has hung up.
        """
        listener = Listener(filters, is_gone)
        with self._lock:
            self._listeners.append(listener)
            self.opened += 1
            self.most = max(self.most, self._count())
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def send(self, frame: bytes | None) -> None:
        """Send bytes as they are to every listener; ``None`` closes the connections."""
        with self._lock:
            for listener in self._listeners:
                listener.frames.put(frame)

    def drop(self) -> None:
        """Close every connection."""
        self.send(None)

    def item(self, item: Item, state: int, metadata_state: str = "") -> None:
        """An item moved to a state."""
        if not self._listeners:  # a library of thousands is made faster
            return
        entry = {
            "identifier": "com.plexapp.plugins.library",
            "sectionID": self.ids(item.section.key),
            "itemID": self.ids(item.rating_key),
            "type": TYPES[item.type],
            "title": item.title,
            "state": state,
            "updatedAt": item.updated_at,
        }
        if item.parent:
            entry["parentItemID"] = self.ids(item.parent.rating_key)
        if metadata_state:
            entry["metadataState"] = metadata_state
        self._tell("timeline", "TimelineEntry", entry)

    def arrival(self, item: Item) -> None:
        """An item that is new goes through its states."""
        self.item(item, CREATED, "created")
        steps = (PROGRESS,) if item.section.other_videos else (PROGRESS, MATCHING, LOADING, DONE)
        for state in steps:
            self.item(item, state)

    def activity(self, event: str, scan_id: str, title: str, section: int) -> None:
        """A scan ``started`` or ``ended``."""
        activity = {
            "uuid": scan_id,
            "type": "library.update.section",
            "title": title,
            "Context": {"librarySectionID": str(section)},
        }
        entry = {"event": event, "uuid": scan_id, "Activity": activity}
        self._tell("activity", "ActivityNotification", entry)

    def status(self, title: str) -> None:
        """A line for the status bar, such as "Library scan complete"."""
        entry = {"title": title, "description": "", "notificationName": "LIBRARY_UPDATE"}
        self._tell("status", "StatusNotification", entry)

    def _tell(self, name: str, key: str, entry: Notification) -> None:
        if self.silent:
            return
        data: Notification = {key: entry if self.form == "object" else [entry]}
        if self.form == "wrapped":
            data = {"NotificationContainer": {"type": name, "size": 1, **data}}
        frame = frame_of(name, data)
        with self._lock:
            for listener in self._listeners:
                if not listener.filters or name in listener.filters:
                    listener.frames.put(frame)


def frame_of(name: str, data: Notification) -> bytes:
    """One event as it travels."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
