"""The worker's log: a rotating file for the resident, Stash's log for a task."""

from __future__ import annotations

import contextlib
import errno
import logging
import logging.handlers
import os
import sys
import threading
from io import TextIOWrapper
from types import TracebackType
from typing import Any, TextIO

from sync_queue.datadir import LOG_FILE
from validation.texts import one_line

LOG_BYTES = 1_000_000
LOG_FILES = 3
SET_ASIDE = "set-aside.log"
# Another user's file, a directory, a link to nowhere, a pipe that nobody reads.
NO_LOG_OF_OURS = frozenset(
    {errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOENT, errno.ELOOP, errno.ENXIO}
)
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
STASH_LEVELS = {
    logging.DEBUG: "d",
    logging.INFO: "i",
    logging.WARNING: "w",
    logging.ERROR: "e",
    logging.CRITICAL: "e",
}
if sys.platform == "win32":
    NEVER_WAITS = 0
else:
    NEVER_WAITS = os.O_NONBLOCK
# Characters of one record, in the file too. Stash gives up on lines of 64 KiB.
LONGEST_LINE = 4000


class PlainFormatter(logging.Formatter):
    """Writes a record as one line, even if a title or a server put line breaks into it.

    A stack follows in lines that begin with blanks, so that no foreign text can look like a
    record.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the library's name)
        """The line."""
        return one_line(super().formatMessage(record), LONGEST_LINE)

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the library's name)
        """The stack."""
        return "\n".join(f"  {one_line(line)}" for line in super().formatException(ei).split("\n"))


class StashHandler(logging.Handler):
    """Writes records in Stash's log encoding, each physical line with its own prefix."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.stream = stream
        self.setFormatter(PlainFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record. A Stash that went away is no error of ours."""
        level = STASH_LEVELS.get(record.levelno, "i")
        try:
            for line in self.format(record).splitlines() or [""]:
                self.stream.write(f"\x01{level}\x02{line[:LONGEST_LINE]}\n")
            self.stream.flush()
        except (OSError, ValueError):
            return


class PrivateRotatingFileHandler(logging.handlers.RotatingFileHandler):
    """A rotating file that only its owner can read (0600).

    It never stops the work: a line that cannot be written is dropped, and the next one tries to
    open the file again. One that is another user's is set aside, as far as the directory is ours.
    """

    def _open(self) -> TextIOWrapper:
        try:
            return self._open_file()
        except OSError as error:
            if error.errno not in NO_LOG_OF_OURS:
                raise
            os.replace(
                self.baseFilename, os.path.join(os.path.dirname(self.baseFilename), SET_ASIDE)
            )
            return self._open_file()

    def _open_file(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | NEVER_WAITS
        descriptor = os.open(self.baseFilename, flags, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def doRollover(self) -> None:  # noqa: N802 (the library's name)
        """Rotate; where another program holds a file (Windows), the log grows a little longer."""
        with contextlib.suppress(OSError):
            super().doRollover()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the library's name)
        """Drop a line that cannot be written."""


def to_file(data_dir: str) -> None:
    """Log to ``<data dir>/plexsync.log``, three files of one megabyte. Whether it can be opened
    shows with the first line.
    """
    handler = PrivateRotatingFileHandler(
        os.path.join(data_dir, LOG_FILE),
        maxBytes=LOG_BYTES,
        backupCount=LOG_FILES - 1,
        encoding="utf-8",
        delay=True,
    )
    handler.setFormatter(PlainFormatter(FORMAT))
    install(handler)


def to_stash() -> None:
    """Log to Stash's log page over standard error, in UTF-8 whatever the system's own encoding."""
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    install(StashHandler(sys.stderr))


def install(handler: logging.Handler) -> None:
    """Make ``handler`` the only one of our loggers. The libraries' own lines stay silent:
    they carry whole edit URLs, with titles and names.
    """
    ours = logging.getLogger("plexsync")
    for old in ours.handlers[:]:
        ours.removeHandler(old)
        old.close()
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False


def log_crashes() -> None:
    """Unexpected errors go into the log too: a worker's standard error leads nowhere."""
    sys.excepthook = log_crash
    threading.excepthook = lambda crash: log_crash(
        crash.exc_type, crash.exc_value, crash.exc_traceback
    )


def log_crash(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    """One error that no code caught."""
    if error is not None:
        log = logging.getLogger("plexsync.crash")
        log.critical("Unexpected error. Please report it.", exc_info=(kind, error, trace))


def set_debug(wanted: bool) -> None:
    """Show debug lines, which name titles and paths."""
    logging.getLogger("plexsync").setLevel(logging.DEBUG if wanted else logging.INFO)
