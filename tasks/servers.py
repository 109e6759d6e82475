"""The two servers as a task reaches them."""

from __future__ import annotations

import time

from tasks.context import TaskRequest
from validation.errors import SetupError
from worker.servers import Servers, Store


def servers_for(request: TaskRequest, store: Store) -> Servers:
    """The servers with Stash's settings read. Raises ``StashUnavailable``."""
    servers = Servers(store, request.environ, time.time, time.sleep)
    servers.read_settings()
    return servers


def ready_servers(request: TaskRequest, store: Store) -> Servers:
    """Like ``servers_for``, for a task that is of no use without Plex. Raises ``SetupError``."""
    servers = servers_for(request, store)
    if servers.settings.setup_problem:
        raise SetupError(servers.settings.setup_problem)
    return servers
