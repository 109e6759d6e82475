"""The event source's side of a connection: frames go out until one side hangs up."""

from __future__ import annotations

import queue
import select
import socket
import threading
from collections.abc import Callable
from io import BufferedIOBase
from time import monotonic

from simulators.plex.answers import Answer
from simulators.plex.events import Events, Listener, frame_of

PATH = "/:/eventsource/notifications"
STREAM = Answer(content_type="text/event-stream")  # the answer that does not end
_TICK_SECONDS = 0.05


def serve(
    wfile: BufferedIOBase,
    events: Events,
    listener: Listener,
    stopping: threading.Event,
    tick: Callable[[], None],
) -> None:
    """Send the listener's frames until one side closes or the server stops.

    ``tick`` is called at least every 50 ms: a listener makes no requests that would move scans on.
    """
    said_at = monotonic()
    while not stopping.is_set() and not listener.is_gone():
        tick()
        try:
            frame = listener.frames.get(timeout=_TICK_SECONDS)
        except queue.Empty:
            if events.silent or monotonic() - said_at < events.ping_seconds:
                continue
            frame = frame_of("ping", {})
        if frame is None:
            return
        said_at = monotonic()
        wfile.write(b"%x\r\n%b\r\n" % (len(frame), frame) if events.chunked else frame)
        wfile.flush()


def is_gone(connection: socket.socket) -> bool:
    """Whether the client has hung up."""
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True
