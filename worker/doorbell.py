"""The doorbell at which an idle worker waits: a hook, a listener or a stop wakes it immediately."""

from __future__ import annotations

import ctypes
import os
import select
import sys
import threading
from types import TracebackType
from typing import Self

from sync_queue import datadir

# Between two checks of the queue, for changes that ring no bell.
LOOK_SECONDS = 2.0
# Linux's events for the queue's directory: a file that was open for writing was closed, moved or
# deleted. Each hook closes the lock after it has stored its edit.
CLOSED, MOVED, DELETED = 0x8, 0x40 | 0x80, 0x200


class Doorbell:
    """Use it as a context manager. Where the system has no such events (Windows, macOS), it wakes
    every ``poll`` seconds.
    """

    def __init__(self, data_dir: str) -> None:
        self._directory = os.path.join(data_dir, datadir.QUEUE_DIR)
        self._watch: int | None = None
        self._rung = threading.Event()
        self._ears: tuple[int, int] | None = None
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        self._watch = watch_directory(self._directory)
        if self._watch is not None and sys.platform != "win32":
            self._ears = os.pipe()
            os.set_blocking(self._ears[1], False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:
            open_ones = (*(self._ears or ()), *(() if self._watch is None else (self._watch,)))
            self._ears = self._watch = None
            for descriptor in open_ones:
                os.close(descriptor)

    def ring(self) -> None:
        """Wake who waits, or the next who does. From any thread of this process."""
        with self._guard:
            self._rung.set()
            if self._ears is not None:
                try:
                    os.write(self._ears[1], b"!")
                except BlockingIOError:  # full of bytes: it wakes anyway
                    return

    def pause(self, poll: float) -> float:
        """The longest that it may be waited for, where ``poll`` is the time without a bell."""
        return poll if self._watch is None else max(poll, LOOK_SECONDS)

    def wait(self, seconds: float) -> None:
        """Wait until it rings, at the latest until ``seconds`` are over."""
        if self._ears is None or self._watch is None:
            self._rung.wait(seconds)
        else:
            for heard in select.select([self._ears[0], self._watch], [], [], seconds)[0]:
                os.read(heard, 65536)
        self._rung.clear()


def watch_directory(path: str) -> int | None:
    """A descriptor that can be read when something happened to a file in ``path`` (Linux's
    inotify); ``None`` where there is none.
    """
    if sys.platform != "linux":
        return None
    try:
        libc = ctypes.CDLL(None)
        descriptor: int = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, AttributeError):
        return None
    if descriptor < 0:
        return None
    if libc.inotify_add_watch(descriptor, os.fsencode(path), CLOSED | MOVED | DELETED) < 0:
        os.close(descriptor)
        return None
    return descriptor
