"""The desk at which a task works: the request, the database, opened once for all of it, and the
two servers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sync_queue.manager import QueueManager
from sync_queue.shared import restore_alone, shared_queue
from sync_queue.trouble import DatabaseDamaged
from tasks.context import Progress, TaskRequest
from validation.errors import SetupError
from worker.servers import Servers, Store


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


def ready_servers(
    request: TaskRequest, store: Store, instead: Mapping[str, object] | None = None
) -> Servers:
    """The servers with Stash's settings read, and the values ``instead`` in place of stored ones.
    Raises ``StashUnavailable``, and ``SetupError`` when the settings do not lead to Plex."""
    servers = Servers(store, request.environ, time.time, time.sleep, instead)
    servers.read_settings()
    if servers.settings.setup_problem:
        raise SetupError(servers.settings.setup_problem)
    return servers
