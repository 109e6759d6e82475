"""A server that says what a test writes, byte for byte."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Talk = Callable[[socket.socket], None]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
CHUNKED = HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")


class RawServer:
    """Accepts one connection after another; ``talk`` has the first word and the last.

    Without it the server reads and never says a word. ``request`` is the last that came.
    A certificate makes it speak TLS.
    """

    def __init__(self, talk: Talk | None = None, *, certificate: str = "") -> None:
        self.request = b""
        self.asked = threading.Event()
        self.connections = 0
        self._talk = talk
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls:
            self._tls.load_cert_chain(certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)  # not every system lets another thread end an accept
        self._stopping = threading.Event()
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listening.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listening.accept()
                self._open.append(connection)
                self.connections += 1
                with connection, suppress(OSError), self._tls_of(connection) as talking:
                    self._answer(talking)

    def _tls_of(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        wrapped = self._tls.wrap_socket(connection, server_side=True)
        self._open.append(wrapped)
        return wrapped

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            more = connection.recv(1000)
            if not more:
                return
            request += more
        self.request = request
        self.asked.set()
        if self._talk is not None:
            self._talk(connection)
        else:
            while connection.recv(1000):
                pass
