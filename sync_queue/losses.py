"""Edits that are lost with a file of the database: noted in a file, told by the next worker.

``data.db`` or one of its companions was removed or replaced under a live worker. Edits that were
only in the lost file cannot be read any more. The next worker reports it, and sweeps immediately:
the edits are found in Stash.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sync_queue import datadir
from sync_queue.notices import Cause
from sync_queue.state import Restored, SweepNote

if TYPE_CHECKING:  # the manager itself notes what is lost
    from sync_queue.manager import QueueManager

FILE = "edits.lost"
SENTENCE = (
    "A file of PlexSync's database was removed or replaced while it was in use ({file}). Edits that"
    " only this file held are lost. PlexSync looks for them in Stash; to look immediately, run"
    " Sync Changed Scenes."
)


def note(data_dir: str, file: str) -> None:
    """Note that edits may be lost, as far as the directory can be written."""
    with contextlib.suppress(OSError):
        datadir.write_private(path_of(data_dir), os.path.basename(file).encode())


def tell(manager: QueueManager) -> None:
    """Let Status and hooks tell of a noted loss, and the next sweep begin at once."""
    path = path_of(manager.data_dir)
    try:
        with open(path, "rb") as noted:
            file = noted.read(100).decode("utf-8", "replace")
    except OSError:
        return
    now, sentence = time.time(), SENTENCE.format(file=file)
    with manager.transaction():
        manager.state.save(Restored(now, now, sentence))
        manager.state.save(replace(manager.state.load(SweepNote), at=0.0))
        manager.notices.set(Cause.RESTORED, sentence)
    with contextlib.suppress(OSError):
        os.remove(path)


def path_of(data_dir: str) -> str:
    """The file of the note."""
    return os.path.join(data_dir, datadir.QUEUE_DIR, FILE)
