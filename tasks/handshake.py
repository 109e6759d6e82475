"""Telling the worker what Stash told a task: its address, session and settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_queue.shared import shared_queue


def remember_connection(data_dir: str, connection: Mapping[str, Any]) -> None:
    """Store the newest connection, as a hook does; nothing from a shell, which has none.

    Raises ``QueueError`` when the database cannot be written.
    """
    if connection.get("server_connection"):
        with shared_queue(data_dir, connection):
            return
