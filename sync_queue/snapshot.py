"""Our memory for a preview: the database read only, and a file index of its own in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self

from sync_queue import datadir, index_store, schema
from sync_queue.database import stash_connection, transaction
from sync_queue.dlq import DeadLetterQueue
from sync_queue.index_store import IndexStore
from sync_queue.jobs import BUSY_SECONDS
from sync_queue.ledger import Ledger
from sync_queue.migrations import TABLES
from sync_queue.reading import read_only, version_of
from sync_queue.scenes import Scenes
from sync_queue.schema import SCHEMA_VERSION
from sync_queue.state import StateStore
from sync_queue.trouble import Connection, DatabaseDamaged, too_new


class Snapshot:
    """A read-only view of the worker's knowledge; use it as a context manager.

    ``connection`` is Stash's part of a task's input; without it the newest that the database has
    is used. ``listed`` is the worker's own index, to be read only. Raises ``QueueError``.
    """

    def __init__(self, data_dir: str, connection: Mapping[str, object]) -> None:
        self.data_dir = data_dir
        self._told = connection
        path = datadir.database_path(data_dir)
        try:
            found = version_of(path, BUSY_SECONDS) or 0
        except DatabaseDamaged:  # the next worker restores it
            found = 0
        if found > SCHEMA_VERSION:
            raise too_new(found, SCHEMA_VERSION)
        self._memory = in_memory(index_store.CREATE)
        if found == SCHEMA_VERSION:
            self._database = read_only(path, BUSY_SECONDS)
        else:
            jobs = schema.CREATE_JOBS.format(table_name=schema.JOBS, key_column="_id")
            self._database = in_memory((jobs, *TABLES))
        self.scenes = Scenes(self._database)
        self.ledger = Ledger(self._database)
        self.letters = DeadLetterQueue(self._database)
        self.state = StateStore(self._database)
        self.index = IndexStore(self._memory)
        self.listed = IndexStore(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._memory.close()
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction on the index in memory: nothing else can be written."""
        with transaction(self._memory):
            yield

    def stash_connection(self) -> Mapping[str, object]:
        """Stash as the newest hook or task described it: ``server_connection``, ``settings``."""
        if self._told.get("server_connection"):
            return self._told
        return stash_connection(self._database)

    def connection_seen_at(self) -> float:
        """The time of that description, which does not change in a snapshot."""
        return 0.0

    def waiting_scenes(self) -> list[int]:
        """The scenes that have a job, by id."""
        rows = self._database.execute(
            "SELECT DISTINCT json_extract(CAST(data AS TEXT), '$.scene_id') AS scene_id"
            f" FROM {schema.JOBS} WHERE status <= {schema.RUNNING} AND scene_id > 0"
            " ORDER BY scene_id"
        )
        return [row[0] for row in rows]


def in_memory(statements: tuple[str, ...]) -> sqlite3.Connection:
    """An empty database that goes with its connection."""
    database = sqlite3.connect(":memory:", isolation_level=None, factory=Connection)
    for statement in statements:
        database.execute(statement)
    return database
