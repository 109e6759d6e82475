"""What a look at a scene needs of our own memory."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from sync_queue.index_store import IndexStore
from sync_queue.ledger import Ledger


class Memory(Protocol):
    """Ledger, file index and Stash's address: ``QueueManager`` has them, and a preview's
    ``Snapshot``, which nothing can change."""

    @property
    def data_dir(self) -> str: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def index(self) -> IndexStore: ...
    def transaction(self) -> AbstractContextManager[None]: ...
    def stash_connection(self) -> Mapping[str, object]: ...
    def connection_seen_at(self) -> float: ...
