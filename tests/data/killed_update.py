"""Opens copies of a database in child processes that kill themselves at the nth call of SQLite or
of the file system; then opens each once more. Prints how many moments there were.

    python killed_update.py FOLDER DATABASE

Ends with status 1 where a second opening gave anything else than an undisturbed one.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sync_queue import datadir
from sync_queue.manager import QueueManager

CALLS = frozenset(
    {"execute", "executemany", "executescript", "commit", "backup", "connect", "open", "write"}
    | {"rename", "replace", "link", "unlink", "chmod", "fsync", "sendfile", "close"}
)


class Killer:
    """Kills this process before its nth call."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, _frame: FrameType, event: str, called: object) -> None:
        if event == "c_call" and getattr(called, "__name__", "") in CALLS:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)


def in_child(act: Callable[[], None]) -> int:
    """Run in a process of its own; returns how it ended."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1]
    status = 1
    try:
        act()
        status = 0
    finally:
        os._exit(status)


def open_and_close(folder: Path) -> None:
    QueueManager(str(folder)).jobs.close()


def killed(folder: Path, at: int) -> None:
    sys.setprofile(Killer(at))
    open_and_close(folder)


def fresh(folder: Path, source: Path) -> Path:
    """A data directory with nothing but that database."""
    database = Path(datadir.database_path(str(folder)))
    database.parent.mkdir(parents=True, mode=0o700)
    shutil.copyfile(source, database)
    database.chmod(0o600)
    return folder


def content(folder: Path) -> list[str]:
    """Everything in the database, and which files lie beside it."""
    database = Path(datadir.database_path(str(folder)))
    connection = sqlite3.connect(database)
    lines = list(connection.iterdump())
    connection.close()
    beside = sorted(path.name for path in database.parent.iterdir() if path.is_file())
    copies = [name for name in beside if not name.endswith(("-wal", "-shm"))]
    return [*lines, *copies]


def main() -> int:
    place, source = Path(sys.argv[1]), Path(sys.argv[2])
    undisturbed = fresh(place / "undisturbed", source)
    assert in_child(lambda: open_and_close(undisturbed)) == 0
    wanted = content(undisturbed)
    at = 0
    while True:
        at += 1
        folder = fresh(place / str(at), source)
        ended = in_child(lambda: killed(folder, at))  # noqa: B023
        if ended == 0:
            sys.stdout.write(f"{at - 1}\n")
            return 0
        assert os.WTERMSIG(ended) == signal.SIGKILL, f"the child failed by itself: {ended}"
        assert in_child(lambda: open_and_close(folder)) == 0, f"moment {at}: it does not open"  # noqa: B023
        found = content(folder)
        if found != wanted:
            strange = [line for line in found if line not in wanted]
            lengths = f"{len(found)} lines for {len(wanted)}"
            sys.stdout.write(f"moment {at}: {strange[:5]}, {lengths}\n")
            return 1
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
