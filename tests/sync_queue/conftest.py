"""A queue of its own for each test, with the clock in the test's hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_queue.manager import QueueManager

NOW = 1_800_000_000.0


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[QueueManager]:
    """An empty queue in a directory of its own."""
    with QueueManager(str(tmp_path / "data")) as opened:
        yield opened
