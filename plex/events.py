"""Plex's server-sent events about its libraries. Pure: bytes in, events out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from validation.numbers import whole

MAX_FRAME = 64 * 1024  # bytes; a real one has a few hundred
_LIBRARY = "com.plexapp.plugins.library"
_SCAN = "library.update.section"


class EventKind(StrEnum):
    """The kinds of events. An item without an agent never gets further than Plex's state 1, which
    therefore counts as finished too: with an agent that is one event more.
    """

    CREATED = "created"
    FINISHED = "finished"
    DELETED = "deleted"
    SCANNED = "scanned"  # the scan of a library ended
    OTHER = "other"


_KIND_OF_STATE = {1: EventKind.FINISHED, 5: EventKind.FINISHED, 9: EventKind.DELETED}


@dataclass(frozen=True, slots=True)
class LibraryEvent:
    """Something happened to an item of a library; 0 where Plex did not name item or section."""

    kind: EventKind
    item: int
    section: int


class EventReader:
    """Reads a stream piece by piece, wherever it was cut. It skips unreadable events.

    It holds one frame of at most MAX_FRAME bytes; the rest of a longer one is thrown away as it
    comes. ``frames`` counts the frames that ended, with any content.
    """

    def __init__(self) -> None:
        self.frames = 0
        self._frame = bytearray()
        self._is_too_long = False
        self._ended_in_cr = False

    def feed(self, piece: bytes) -> tuple[LibraryEvent, ...]:
        """Return the events of the frames that end in *piece*, the next bytes of the stream."""
        start = max(0, len(self._frame) - 1)  # before it no frame ends
        self._frame += self._with_plain_lines(piece)
        events: list[LibraryEvent] = []
        while (end := self._frame.find(b"\n\n", start)) >= 0:
            if not self._is_too_long and end <= MAX_FRAME:
                events += _events_in(bytes(self._frame[:end]))
            del self._frame[: end + 2]
            start = 0
            self._is_too_long = False
            self.frames += 1
        if len(self._frame) > MAX_FRAME + 1:  # one more: half of the mark that ends a frame
            del self._frame[:-1]
            self._is_too_long = True
        return tuple(events)

    def _with_plain_lines(self, piece: bytes) -> bytes:
        """*piece* with line feeds alone: lines may also end in CR, or in CR and LF."""
        if not piece:
            return piece
        if self._ended_in_cr and piece.startswith(b"\n"):
            piece = piece[1:]
        self._ended_in_cr = piece.endswith(b"\r")
        return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _events_in(frame: bytes) -> Iterator[LibraryEvent]:
    """The events of one frame. Its ``event:`` line adds nothing to its data."""
    lines = (line.partition(b":") for line in frame.split(b"\n"))
    data = b"\n".join(value.removeprefix(b" ") for name, _, value in lines if name == b"data")
    if not data:
        return
    try:
        said = json.loads(data.decode())
    except (ValueError, RecursionError):
        return
    if not isinstance(said, dict):
        return
    inner = said.get("NotificationContainer")
    container = inner if isinstance(inner, dict) else said
    for entry in _objects(container.get("TimelineEntry")):
        yield from _timeline(entry)
    for entry in _objects(container.get("ActivityNotification")):
        yield from _activity(entry)


def _objects(value: object) -> Iterator[dict[object, object]]:
    """The objects of a list, or the one that stands in its place, as servers write it too."""
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict):
            yield entry


def _timeline(entry: dict[object, object]) -> Iterator[LibraryEvent]:
    item, state = whole(entry.get("itemID")), whole(entry.get("state"))
    if not item or state is None or entry.get("identifier", _LIBRARY) != _LIBRARY:
        return
    kind = _KIND_OF_STATE.get(state, EventKind.OTHER)
    if state == 0 and entry.get("metadataState") == "created":
        kind = EventKind.CREATED
    yield LibraryEvent(kind, item, whole(entry.get("sectionID")) or 0)


def _activity(entry: dict[object, object]) -> Iterator[LibraryEvent]:
    activity = entry.get("Activity")
    if (
        entry.get("event") == "ended"
        and isinstance(activity, dict)
        and activity.get("type") == _SCAN
    ):
        context = activity.get("Context")
        section = context.get("librarySectionID") if isinstance(context, dict) else None
        yield LibraryEvent(EventKind.SCANNED, 0, whole(section) or 0)
