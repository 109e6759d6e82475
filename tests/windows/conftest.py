"""The plugin in real processes on Windows. ``make test-windows`` runs these tests in Wine."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from simulators.resident import is_running, stop_workers, workers, workers_ever
from sync_queue import lock
from tests.e2e.conftest import make_road, road
from tests.installed_plugin import Answer, InstalledPlugin, eventually

__all__ = ["make_road", "road"]

# Wine on a busy machine takes seconds for the start of a process.
PATIENCE = 240.0
# Stash starts its plugins without a console.
DETACHED_PROCESS = 0x00000008


class WindowsPlugin:
    """An installed plugin that is started as Stash does it on Windows."""

    def __init__(self, installed: InstalledPlugin) -> None:
        self.installed = installed
        self.data_dir = installed.data_dir

    def start(self, **options: Any) -> Any:
        """A process that waits for its input."""
        return self.installed.start(creationflags=DETACHED_PROCESS, **options)

    def finish(self, process: Any, stdin: bytes | dict[str, Any]) -> Answer:
        """Its answer."""
        return self.installed.finish(process, stdin, PATIENCE)

    def send(self, stdin: bytes | dict[str, Any], **options: Any) -> Answer:
        """One whole hook or task."""
        return self.finish(self.start(**options), stdin)

    def save(self, scene: int, **options: Any) -> None:
        """A user saves a scene; the hook has to store it."""
        answer = self.send(self.installed.hook_stdin(scene), **options)
        assert answer.reply == {"output": "ok"}, answer

    def stored(self) -> set[str]:
        """The keys of the events that are stored; none while the worker makes the database or takes
        a file in.
        """
        try:
            return set(self.installed.stored_keys())
        except (OSError, sqlite3.OperationalError):
            return set()

    def workers_ever(self) -> list[int]:
        """The process ids of all workers that logged that they started."""
        return workers_ever(self.data_dir)

    def worker(self) -> int:
        """The process id of the one worker, once it works on its database."""
        (pid,) = eventually(lambda: workers(self.data_dir), PATIENCE)
        eventually(self.installed.database.exists, PATIENCE)
        assert lock.worker_alive(str(self.data_dir))
        return pid

    def log(self) -> str:
        """All that the worker has logged."""
        return (self.data_dir / "plexsync.log").read_text("utf-8")


def end(pid: int) -> None:
    """End a process as the task manager does, and wait for it."""
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: not is_running(pid), PATIENCE)


@pytest.fixture
def on_windows(own_plugin: InstalledPlugin) -> Iterator[WindowsPlugin]:
    """The plugin, and no worker of it afterwards."""
    yield WindowsPlugin(own_plugin)
    stop_workers(own_plugin.data_dir, PATIENCE)
