"""Seeing the last lines off. Standard library only.

Stash closes the pipe of standard error when the process is gone, and loses the lines that it has
not read by then.
"""

from __future__ import annotations

import sys
import time

LONGEST_SECONDS = 0.3
_LOOK_SECONDS = 0.002


def wait_until_read() -> None:
    """Wait until the other end has read all that was written to standard error, for 0.3 s at most.

    Only Linux tells how much of a pipe is unread; elsewhere the whole time is waited.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    while unread() and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)


if sys.platform == "linux":
    import fcntl

    FIONREAD = 0x541B  # Linux's number; ``termios`` has it too

    def unread() -> bool:
        """Whether a pipe holds bytes that its reader has not taken yet."""
        try:
            left = fcntl.ioctl(2, FIONREAD, b"\0\0\0\0")
        except OSError:  # a file, or closed: nobody is waiting for more
            return False
        return left != b"\0\0\0\0"

else:

    def unread() -> bool:
        """Nobody knows."""
        return True
