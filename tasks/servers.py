"""The two servers as a task reaches them."""

from __future__ import annotations

import time
from collections.abc import Mapping

from tasks.context import TaskRequest
from validation.errors import SetupError
from worker.servers import Servers, Store


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
