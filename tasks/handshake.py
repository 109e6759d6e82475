"""Telling the worker what Stash told a task: its address, session and settings."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from sync_queue import datadir, schema
from sync_queue.operations import transaction
from validation.errors import QueueError


def remember_connection(data_dir: str, connection: Mapping[str, Any]) -> None:
    """Store the newest connection, as a hook does. A database that is not there yet is no error:
    the worker that creates it is told by the next hook or task.
    """
    if not connection.get("server_connection"):
        return
    path = datadir.database_path(data_dir)
    try:
        database = sqlite3.connect(path, timeout=5.0, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise QueueError(f"The database could not be opened ({error}).") from error
    try:
        with transaction(database):
            database.execute(schema.CREATE_CONNECTION)
            values = {"connection": json.dumps(connection), "now": time.time()}
            database.execute(schema.PUT_CONNECTION, values)
    finally:
        database.close()
