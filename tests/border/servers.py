"""A server that answers any request with the bytes of a test, at the test's pace."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Self


class PacedServer:
    """Sends ``head``, then ``pieces`` with ``pause`` seconds between them, to each connection."""

    def __init__(self, head: bytes, pieces: Iterable[bytes], pause: float) -> None:
        self._head, self._pieces, self._pause = head, pieces, pause
        self._stopping = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)
        self._threads: list[threading.Thread] = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(10)
        self._listening.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listening.accept()
                thread = threading.Thread(target=self._talk, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(10)
            connection.recv(100_000)
            connection.sendall(self._head)
            for piece in self._pieces:
                connection.sendall(piece)
                if self._stopping.wait(self._pause):
                    return
