"""The server's half of a websocket, as far as notifications need it."""

from __future__ import annotations

import base64
import hashlib
import json
import queue
import select
import socket
import struct
import threading
from collections.abc import Callable

from simulators.plex.events import Listener

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA


def accept_key(client_key: str) -> str:
    """The answer to a client's Sec-WebSocket-Key (RFC 6455)."""
    digest = hashlib.sha1((client_key + _MAGIC).encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def serve(
    connection: socket.socket,
    listener: Listener,
    stopping: threading.Event,
    tick: Callable[[], None],
) -> None:
    """Send what the listener hears until the client closes or the server stops.

    ``tick`` is called at least every 50 ms: a listener makes no requests that would move scans on.
    """
    try:
        while not stopping.is_set():
            tick()
            try:
                notification = listener.get(timeout=0.05)
                connection.sendall(frame(_TEXT, json.dumps(notification).encode()))
            except queue.Empty:
                pass
            readable, _, _ = select.select([connection], [], [], 0)
            if readable and not _answer(connection):
                return
    except OSError:
        return  # the client went away


def _answer(connection: socket.socket) -> bool:
    """Read one frame of the client; False when it has closed."""
    head = connection.recv(2)
    if len(head) < 2:
        return False
    opcode, length = head[0] & 0x0F, head[1] & 0x7F
    payload = connection.recv(length + 4) if length < 126 else b""
    mask, data = payload[:4], payload[4:]
    text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
    if opcode == _CLOSE:
        connection.sendall(frame(_CLOSE, text))
        return False
    if opcode == _PING:
        connection.sendall(frame(_PONG, text))
    return True


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole, unmasked frame."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, size)
    return head + payload
