"""The two servers as a task reaches them."""

from __future__ import annotations

import time

from tasks.context import TaskRequest
from validation.errors import SetupError
from worker.servers import Servers, Store


def ready_servers(request: TaskRequest, store: Store) -> Servers:
    """The servers with Stash's settings read. Raises ``StashUnavailable``, and ``SetupError`` when
    the settings do not lead to Plex."""
    servers = Servers(store, request.environ, time.time, time.sleep)
    servers.read_settings()
    if servers.settings.setup_problem:
        raise SetupError(servers.settings.setup_problem)
    return servers
