"""What Plex tells its websocket listeners: new and changed items, scans."""

from __future__ import annotations

import queue
import threading
from typing import Any

from simulators.plex.items import TYPES, Item

# The states of a timeline entry. Where there is no agent, an item ends at PROGRESS.
CREATED, PROGRESS, MATCHING, DOWNLOADING, LOADING, DONE, DELETED = 0, 1, 2, 3, 4, 5, 9

Notification = dict[str, Any]
Listener = queue.SimpleQueue[Notification]


class Events:
    """Hands every notification to everyone who listens; without a listener it is lost."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    def listen(self) -> Listener:
        """A queue of the notifications from now on."""
        listener = Listener()
        with self._lock:
            self._listeners.append(listener)
        return listener

    def forget(self, listener: Listener) -> None:
        """Stop telling a listener."""
        with self._lock:
            self._listeners.remove(listener)

    def item(self, item: Item, state: int, metadata_state: str = "") -> None:
        """An item moved to a state."""
        if not self._listeners:
            return
        entry = {
            "identifier": "com.plexapp.plugins.library",
            "sectionID": str(item.section.key),
            "itemID": str(item.rating_key),
            "type": TYPES[item.type],
            "title": item.title,
            "state": state,
            "updatedAt": item.updated_at,
        }
        if metadata_state:
            entry["metadataState"] = metadata_state
        self._send("timeline", "TimelineEntry", entry)

    def arrival(self, item: Item) -> None:
        """An item that a scan has just added goes through its states."""
        self.item(item, CREATED, "created")
        steps = (PROGRESS,) if item.section.other_videos else (PROGRESS, MATCHING, LOADING, DONE)
        for state in steps:
            self.item(item, state)

    def activity(self, event: str, scan_id: str, title: str) -> None:
        """A scan ``started`` or ``ended``."""
        activity = {"uuid": scan_id, "type": "library.update.section", "title": title}
        entry = {"event": event, "uuid": scan_id, "Activity": activity}
        self._send("activity", "ActivityNotification", entry)

    def status(self, title: str) -> None:
        """A line for the status bar, such as "Library scan complete"."""
        entry = {"title": title, "description": "", "notificationName": "LIBRARY_UPDATE"}
        self._send("status", "StatusNotification", entry)

    def _send(self, kind: str, key: str, entry: Notification) -> None:
        notification = {"NotificationContainer": {"type": kind, "size": 1, key: [entry]}}
        with self._lock:
            for listener in self._listeners:
                listener.put(notification)
