"""The desk at which a task works: the request, and the database, opened once for all of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sync_queue.manager import QueueManager
from sync_queue.shared import restore_alone, shared_queue
from sync_queue.trouble import DatabaseDamaged
from tasks.context import Progress, TaskRequest


@dataclass(frozen=True, slots=True)
class Desk:
    """``begun`` is when the task began (epoch seconds)."""

    request: TaskRequest
    manager: QueueManager
    progress: Progress
    begun: float


@contextmanager
def open_desk(request: TaskRequest, progress: Progress) -> Iterator[Desk]:
    """The desk of a task that may change something; the worker learns what Stash sent with it.

    A database that turns out to be damaged is restored once it is closed. Raises ``QueueError``.
    """
    data_dir, begun = request.resolve(), time.time()
    try:
        with shared_queue(data_dir, request.connection) as manager:
            yield Desk(request, manager, progress, begun)
    except DatabaseDamaged:
        restore_alone(data_dir)
        raise
