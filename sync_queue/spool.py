"""Events that hooks left in files because the database did not answer."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import time
from dataclasses import dataclass
from typing import Any

from sync_queue import datadir
from sync_queue.models import SyncJob, parse_job

# A hook that is still alive finishes its file within a second.
ABANDONED_SECONDS = 3600.0
# An event holds a job and Stash's settings.
MOST_BYTES = 10_000_000
# The errors of a process or machine that has too much open: the next try may succeed.
TOO_MUCH_OPEN = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)

log = logging.getLogger("plexsync.queue")


@dataclass(frozen=True, slots=True)
class SpooledEvent:
    """A file of ``producer.spool``: the job and Stash's connection (JSON)."""

    job: SyncJob
    connection: str


def read(path: str) -> SpooledEvent | None:
    """One event; ``None`` for a file that no retry can read: it is set aside, and logged.

    Raises ``OSError`` where a retry may help.
    """
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MOST_BYTES:
            raise ValueError("no event of ours")
        with open(path, "rb") as file:
            return parse(json.load(file))
    except OSError as error:
        if error.errno in TOO_MUCH_OPEN:
            raise
        set_aside(path, error)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        set_aside(path, error)
    return None


def set_aside(path: str, error: Exception) -> None:
    """Rename a file that cannot be read, so that the others do not wait for it."""
    with contextlib.suppress(FileNotFoundError):  # removed meanwhile
        datadir.replace(path, path + ".damaged")
    log.error(
        "The edit in %s cannot be read (%s): it is set aside with the ending .damaged."
        " Run the task Sync Changed Scenes.",
        path,
        type(error).__name__,
    )


def parse(doc: Any) -> SpooledEvent:
    """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for a file that is not ours."""
    if doc["version"] != 1:
        raise ValueError("written by other code")
    job = doc["job"]
    return SpooledEvent(parse_job(job, job["enqueued_at"]), json.dumps(doc["connection"]))


def remove_abandoned(data_dir: str) -> None:
    """Delete what hooks that were killed had begun to write: they had not replied."""
    directory = os.path.join(data_dir, datadir.SPOOL_DIR)
    try:
        for entry in os.scandir(directory):
            old = time.time() - entry.stat().st_mtime > ABANDONED_SECONDS
            if entry.name.endswith(datadir.UNFINISHED) and old:
                os.remove(entry.path)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("Unfinished files in %s cannot be removed: %s.", directory, error.strerror)
