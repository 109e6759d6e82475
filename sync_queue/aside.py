"""A task that needs the worker's lock asks whoever holds it to step aside. Standard library only.

The wish is a file whose time is renewed while the task waits. One that a dead task left behind
lapses within seconds.
"""

from __future__ import annotations

import contextlib
import os
import time

from sync_queue import datadir, lock

WISH_FILE = "worker.aside"
# A wish is renewed several times a second.
LAPSES_SECONDS = 10.0
# The worker finishes the job at hand first: several requests to a slow Plex.
PATIENCE_SECONDS = 60.0


def path_of(data_dir: str) -> str:
    """The file of the wish."""
    return os.path.join(data_dir, datadir.QUEUE_DIR, WISH_FILE)


def is_wanted(data_dir: str) -> bool:
    """Whether a task waits for the worker's lock now."""
    try:
        age = time.time() - os.stat(path_of(data_dir)).st_mtime
    except OSError:
        return False
    return -LAPSES_SECONDS < age < LAPSES_SECONDS


def acquire(data_dir: str, patience: float = PATIENCE_SECONDS) -> int | None:
    """The worker's lock, once its holder has stepped aside; ``None`` when it does not in time."""
    descriptor = lock.acquire(data_dir, patience=0.1)
    deadline = time.monotonic() + patience
    try:
        while descriptor is None and time.monotonic() < deadline:
            os.close(os.open(path_of(data_dir), os.O_WRONLY | os.O_CREAT, 0o600))
            os.utime(path_of(data_dir))
            os.close(lock.open_lock(data_dir))  # closing it wakes a worker that sleeps
            descriptor = lock.acquire(data_dir, patience=0.2)
    finally:
        with contextlib.suppress(OSError):
            os.remove(path_of(data_dir))
    return descriptor
