"""How the worker's last starts went: attempts in a row that came to nothing, and why.

Standard library only. The holder of the worker's lock notes an attempt before it starts a worker;
the worker adds why it ends, and deletes the note once its database is open. Text, because a hook
reads it: version, attempts, when the last was, when a hook has logged why; then the sentence.
"""

from __future__ import annotations

import os

from sync_queue import datadir

FILE = "worker.failed"
VERSION = "1"
# A worker that died without a word may have been killed: it is not suspected before so many.
SILENT_STARTS = 3
# After the first failures a start a minute, then one in ten minutes.
QUICK_STARTS = 5
SOON, LATER = 60.0, 600.0
# A hook logs at most hourly why no worker runs.
SAY_AGAIN = 3600.0
LONGEST = 2000
NEVER_SAID = (
    "The worker ended {count} times before it could say why. Run the task Process Queue, which"
    " shows the error."
)


class Starts:
    """The note. ``count`` attempts, the last one ``at`` (epoch seconds), ``why`` it failed ("" =
    unknown), ``said_at`` when a hook has logged it.
    """

    __slots__ = ("at", "count", "said_at", "why")

    def __init__(
        self, count: int = 0, at: float = 0.0, said_at: float = 0.0, why: str = ""
    ) -> None:
        self.count = count
        self.at = at
        self.said_at = said_at
        self.why = why

    @property
    def problem(self) -> str:
        """Why no worker can start, in a sentence; "" when nothing is known to be wrong."""
        if self.why or self.count < SILENT_STARTS:
            return self.why
        return NEVER_SAID.format(count=self.count)

    def too_soon(self, now: float) -> bool:
        """Whether another start is not worth while yet. A clock that jumped back delays nothing."""
        wait = SOON if self.count < QUICK_STARTS else LATER
        return bool(self.problem) and 0 <= now - self.at < wait

    def unsaid(self, now: float) -> bool:
        """Whether it is time to write the problem to Stash's log."""
        return bool(self.problem) and not 0 <= now - self.said_at < SAY_AGAIN


def read(data_dir: str) -> Starts:
    """The note of a data directory; an empty one where there is none, or none that can be read."""
    for path in places(data_dir):
        try:
            with open(path, "rb") as file:
                head, _, why = file.read(LONGEST).decode("utf-8", "replace").partition("\n")
            version, count, at, said_at = head.split(" ")
            if version == VERSION:
                return Starts(bounded(count), bounded(at), bounded(said_at), why.strip())
        except (OSError, ValueError):
            continue
    return Starts()


def bounded(text: str) -> int:
    """A whole number that code of ours wrote. Raises ``ValueError`` for anything else."""
    if len(text) > 12 or not text.isascii():
        raise ValueError("not a number of ours")
    return int(text)


def write(data_dir: str, note: Starts) -> None:
    """Keep the note; beside the data directory where nothing can be written in it."""
    # Whole seconds, never rounded into the future.
    head = f"{VERSION} {note.count} {int(note.at)} {int(note.said_at)}"
    text = f"{head}\n{note.why}\n".encode("utf-8", "backslashreplace")[:LONGEST]
    for path in places(data_dir):
        try:
            with open(path, "wb", buffering=0, opener=private) as file:
                file.write(text)
        except OSError:  # a full disk too: any worker that starts can only try
            continue
        return


def private(path: str, flags: int) -> int:
    """A new file that only its owner can read (0600)."""
    return os.open(path, flags, 0o600)


def note_attempt(data_dir: str, now: float) -> None:
    """A worker is about to be started."""
    last = read(data_dir)
    write(data_dir, Starts(last.count + 1, now, last.said_at, last.why))


def note_failure(data_dir: str, why: str, now: float) -> None:
    """The worker that was started ends, and knows why. Another reason is logged immediately."""
    last = read(data_dir)
    sentence = " ".join(why.split())
    said_at = last.said_at if sentence == last.why else 0.0
    write(data_dir, Starts(max(1, last.count), now, said_at, sentence))


def note_said(data_dir: str, now: float) -> None:
    """A hook has logged why."""
    last = read(data_dir)
    write(data_dir, Starts(last.count, last.at, now, last.why))


def clear(data_dir: str) -> None:
    """A worker works."""
    for path in places(data_dir):
        try:
            os.remove(path)
        except OSError:
            continue


def places(data_dir: str) -> tuple[str, str]:
    """Where the note is kept: in the data directory, or beside it."""
    return os.path.join(data_dir, datadir.QUEUE_DIR, FILE), f"{data_dir}.{FILE}"
