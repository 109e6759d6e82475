"""Telling the worker what Stash told a task: its address, session and settings."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from sync_queue import datadir, schema
from sync_queue.database import connect, transaction

BUSY_SECONDS = 5.0


def remember_connection(data_dir: str, connection: Mapping[str, Any]) -> None:
    """Store the newest connection, as a hook does; nothing from a shell, which has none.

    Raises ``QueueError`` when the database cannot be written.
    """
    if not connection.get("server_connection"):
        return
    database = connect(datadir.database_path(data_dir), BUSY_SECONDS)
    try:
        with transaction(database):
            database.execute(schema.CREATE_CONNECTION)
            values = {"connection": json.dumps(connection), "now": time.time()}
            database.execute(schema.PUT_CONNECTION, values)
    finally:
        database.close()
