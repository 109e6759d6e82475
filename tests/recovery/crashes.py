"""A library under edit while its workers and tasks are killed at random moments."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulators.plex.items import Item
from simulators.resident import is_running, lock_is_held, workers
from sync_queue import producer, schema
from sync_queue.manager import QueueManager
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually
from worker.deaths import take_back_leases
from worker.processor import SyncWorker

NURSERY = Path(__file__).resolve().parents[1] / "data" / "nursery.py"
# So late that every backoff is over.
LATER_SECONDS = 7200.0


class Nursery:
    """Real processes of the plugin, quickly started and quickly killed."""

    def __init__(self, road: Road) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(NURSERY), str(road.plugin.directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=road.plugin.environ,
            text=True,
        )
        self.pids: list[int] = []

    def start(self, what: str, stdin: Mapping[str, Any] | None = None) -> int:
        """A worker or a task; returns its pid."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"start": what, "stdin": stdin}) + "\n")
        self.process.stdin.flush()
        self.pids.append(int(self.process.stdout.readline()))
        return self.pids[-1]

    def kill(self, pid: int) -> bool:
        """SIGKILL, and wait until the process is gone. False when it had ended before."""
        if not is_running(pid):
            return False
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not is_running(pid))
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self.process:
            for pid in self.pids:
                self.kill(pid)
            self.process.kill()


class Crashes:
    """Edits, kills, and at the end the question whether Plex shows what Stash has."""

    def __init__(self, road: Road, seed: int, scenes: int) -> None:
        self.road = road
        self.random = random.Random(seed)
        self.data_dir = str(road.plugin.data_dir)
        road.plugin.create_database()
        self.items: dict[int, Item] = dict(road.add(f"{n}.mp4") for n in range(scenes))
        self.titles: dict[int, str] = {}
        self.stored = 0
        self.kills = 0

    def edit(self, scene: int = 0) -> None:
        """A save of this scene, or of any: Stash changes, and its hook stores the event."""
        scene = scene or self.random.choice(sorted(self.items))
        self.titles[scene] = f"Take {self.stored}"
        self.road.stash.library.touch(scene, title=self.titles[scene])
        connection = {"server_connection": self.road.stash.server_connection()}
        record = {
            "key": f"scene:{scene}",
            "scene_id": scene,
            "update_type": "Scene.Update.Post",
            "connection": json.dumps(connection),
            "now": time.time(),
        }
        producer.store(self.data_dir, record, say=lambda *_: None)
        if producer.LEFT_OPEN:
            producer.LEFT_OPEN.pop().close()
        self.stored += 1

    def crash(self, nursery: Nursery, what: str) -> None:
        """Start a worker or task amid edits and kill it at a random moment of its work."""
        stdin = self.road.stash.task_stdin(mode="process_queue")
        for _ in range(self.random.randint(1, 6)):
            self.edit()
        asked = len(self.road.plex.requests)
        pid = nursery.start(what, stdin)
        if self.random.random() < 0.8:  # else it is killed while it starts
            eventually(
                lambda: len(self.road.plex.requests) > asked or not is_running(pid), timeout=20
            )
        self.edit()
        time.sleep(self.random.uniform(0.0, 0.12))  # the random moment, nothing is waited for
        self.kills += nursery.kill(pid)
        eventually(lambda: self.is_quiet(nursery), timeout=20)

    def is_quiet(self, nursery: Nursery) -> bool:
        """Kill the worker that a task left behind for what it could not do; is nobody left?"""
        for pid in workers(self.road.plugin.data_dir):
            self.kills += nursery.kill(pid)
        return not lock_is_held(self.road.plugin.data_dir)

    def leases(self) -> int:
        """How many jobs are leased."""
        return sum(row["status"] == schema.RUNNING for row in self.road.plugin.rows())

    def recover(self) -> None:
        """A worker that nobody kills, at a time when every backoff is over and a sweep is due."""
        with QueueManager(self.data_dir) as manager:
            take_back_leases(manager, time.time())
            worker = SyncWorker(
                manager,
                plugin_dir=str(self.road.plugin.directory),
                environ={},
                clock=lambda: time.time() + LATER_SECONDS,
                when_idle=True,
            )
            worker.start()
            eventually(lambda: not worker.is_alive(), timeout=50)
            assert worker.finished == "idle"

    def assert_nothing_is_lost(self) -> None:
        """Every stored edit arrived, nothing is stuck, the file is sound."""
        shown = {scene: self.items[scene].title for scene in self.titles}
        assert shown == self.titles
        rows = self.road.plugin.rows()
        # A job at which two workers died was set aside, and tried again an hour later.
        assert {row["status"] for row in rows} <= {schema.DONE, schema.FAILED}
        assert not self.road.plugin.spooled()
        database = sqlite3.connect(self.road.plugin.database)
        try:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert database.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)
        finally:
            database.close()
        assert not self.road.plex.requests.whole_section_edits
