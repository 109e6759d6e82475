"""The signals that ask a process to end in good order, on every system. Standard library only.

On Windows a closed console and Ctrl-Break come as SIGBREAK; other processes send no SIGTERM.
"""

from __future__ import annotations

import queue
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform == "win32":
    BESIDE_CTRL_C = (signal.SIGTERM, signal.SIGBREAK)
else:
    BESIDE_CTRL_C = (signal.SIGTERM,)


class StopSignal:
    """Signals to the main thread that the process has to end.

    Unlike an event's, a simple queue's ``put`` may be called by a signal handler at any moment.
    """

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._is_set = False

    def set(self) -> None:
        """Stop."""
        self._told.put(True)

    def nudge(self) -> None:
        """Let who waits look around once, before the time is over."""
        self._told.put(False)

    def wait(self, seconds: float) -> bool:
        """Whether a stop was asked for, at the latest after ``seconds``."""
        if not self._is_set:
            try:
                self._is_set = self._told.get(timeout=seconds)
            except queue.Empty:
                return False
        return self._is_set


@contextmanager
def stop_signals() -> Iterator[StopSignal]:
    """The flag that a kill, a shutdown and Ctrl-C set."""
    stop = StopSignal()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, *BESIDE_CTRL_C)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt_like_ctrl_c() -> None:
    """Let a kill and a shutdown raise ``KeyboardInterrupt``, as Ctrl-C does."""
    for number in BESIDE_CTRL_C:
        signal.signal(number, signal.default_int_handler)
