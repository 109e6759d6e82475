"""Telling the worker what Stash told a task: its address, session and settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sync_queue.shared import shared_queue


def remember_connection(data_dir: str, connection: Mapping[str, Any]) -> None:
    """Store the newest connection, as a hook does; nothing from a shell, which has none.

    Raises ``QueueError`` when the database cannot be written.
    """
    if not connection.get("server_connection"):
        return
    with shared_queue(data_dir) as manager:
        manager.remember_connection(connection, time.time())
