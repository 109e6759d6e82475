"""The queue as a task uses it: beside a worker, which alone creates and migrates the database."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from sync_queue import lock, rescue
from sync_queue.manager import QueueManager
from sync_queue.trouble import DatabaseDamaged, DatabaseOutdated
from validation.errors import QueueError

# A worker that has just started makes the tables within moments.
PATIENCE_SECONDS = 10.0


@contextmanager
def shared_queue(
    data_dir: str, told: Mapping[str, object] = MappingProxyType({})
) -> Iterator[QueueManager]:
    """Open the database beside the process that drains it, to put jobs and to claim none. A task
    enters it once.

    ``told`` is Stash's part of the task's input, empty for a shell: the worker needs its address
    and session. Without a database, or with an older one, the worker's lock is taken for a moment
    to make it. Raises ``QueueError``.
    """
    with open_as_guest(data_dir) as manager:
        if told.get("server_connection"):
            manager.remember_connection(told, time.time())
        yield manager


def open_as_guest(data_dir: str) -> QueueManager:
    """The database, prepared by this process if no worker does it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return QueueManager(data_dir, guest=True)
        except (DatabaseOutdated, DatabaseDamaged):
            descriptor = lock.acquire(data_dir, patience=0.1)
        with held(descriptor):
            if descriptor is not None:
                rescue.open_queue(data_dir).close()
        if descriptor is None and time.monotonic() > deadline:
            raise QueueError(
                "The worker has not prepared the database yet: wait a moment and run this again."
            )


def restore_alone(data_dir: str) -> None:
    """Restore a damaged database that this process has closed; a worker that runs does it itself.

    Raises ``QueueError``.
    """
    descriptor = lock.acquire(data_dir, patience=0.5)
    with held(descriptor):
        if descriptor is not None:
            rescue.restore(data_dir)


@contextmanager
def held(descriptor: int | None) -> Iterator[None]:
    """Hold the worker's lock, if it was free, until the end of the block."""
    try:
        yield
    finally:
        if descriptor is not None:
            lock.release(descriptor)
            os.close(descriptor)
