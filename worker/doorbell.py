"""What an idle worker waits at: a hook, a listener or a stop wakes it at once."""

from __future__ import annotations

import os
import select
import stat
import sys
import threading
from types import TracebackType
from typing import Self

from sync_queue import launch

# Between two looks at the queue, for what rings no bell: another tool, a shell.
LOOK_SECONDS = 2.0


class Doorbell:
    """A named pipe in the data directory, into which ``launch.ring`` writes a byte; use it as a
    context manager. Without one (Windows, some network drives) it wakes every ``poll`` seconds.
    """

    def __init__(self, data_dir: str) -> None:
        self._path = launch.bell_path(data_dir)
        self._pipe: int | None = None
        self._guard = threading.Lock()
        self._rung = threading.Event()

    def __enter__(self) -> Self:
        self._pipe = open_pipe(self._path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:
            if self._pipe is not None:
                os.close(self._pipe)
                self._pipe = None
                remove(self._path)

    def ring(self) -> None:
        """Wake who waits, or the next who does. From any thread of this process."""
        with self._guard:
            self._rung.set()
            if self._pipe is not None:
                try:
                    os.write(self._pipe, b"!")
                except BlockingIOError:  # full of bytes: it wakes anyway
                    return

    def pause(self, poll: float) -> float:
        """The longest that it may be waited for, where ``poll`` is the time without a bell."""
        return poll if self._pipe is None else max(poll, LOOK_SECONDS)

    def wait(self, seconds: float) -> None:
        """Wait until it rings, at the latest until ``seconds`` are over."""
        if self._pipe is None:
            self._rung.wait(seconds)
        elif select.select([self._pipe], [], [], seconds)[0]:
            os.read(self._pipe, 65536)
        self._rung.clear()


def open_pipe(path: str) -> int | None:
    """The named pipe at ``path``, made where it is missing; ``None`` where there can be none."""
    if sys.platform == "win32":
        return None
    try:
        if not os.path.exists(path):
            os.mkfifo(path, 0o600)
        # For writing too, so that it never ends; no writer is waited for.
        pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    if stat.S_ISFIFO(os.fstat(pipe).st_mode):
        return pipe
    os.close(pipe)
    return None


def remove(path: str) -> None:
    """Delete a pipe. One that stays does no harm."""
    try:
        os.remove(path)
    except OSError:
        return
