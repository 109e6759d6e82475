"""Workers that a test starts itself, with limits of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators.resident import workers
from sync_queue import launch, producer
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually

RUNNER = Path(__file__).resolve().parents[1] / "data" / "worker_with_limits.py"


class HandStarted:
    """Starts workers of one road's plugin, as a person would from a shell."""

    def __init__(self, road: Road) -> None:
        self.road = road
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *, wait: bool = True, **limits: float) -> subprocess.Popen[bytes]:
        """A worker with these limits; returns once it works, unless told not to wait."""
        directory = str(self.road.plugin.directory)
        command = [sys.executable, str(RUNNER), directory, json.dumps(limits)]
        process = self.popen(command if limits else [*self.main_file(), "--worker"])
        if wait:
            eventually(lambda: process.pid in workers(self.road.plugin.data_dir), timeout=20)
        return process

    def main_file(self) -> list[str]:
        return [sys.executable, str(self.road.plugin.directory / "PlexSync.py")]

    def popen(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.road.plugin.environ,
        )
        self.processes.append(process)
        return process

    def edit(self, scene: int, **fields: object) -> None:
        """A save whose hook finds the lock held: it stores the event and starts nobody."""
        road = self.road
        road.stash.library.touch(scene, **fields)
        stdin = road.stash.hook_stdin("Scene.Update.Post", scene, {}, ["id", "title"])
        record = {
            "key": f"scene:{scene}",
            "scene_id": scene,
            "update_type": "Scene.Update.Post",
            "fields": '["title"]',
            "connection": json.dumps({"server_connection": stdin["server_connection"]}),
            "version": "test",
            "now": 1.0,
        }
        data_dir = str(road.plugin.data_dir)
        producer.store(data_dir, record, say=lambda *_: None)
        if producer.LEFT_OPEN:
            producer.LEFT_OPEN.pop().close()
        launch.ensure_worker(str(road.plugin.directory), data_dir)

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()
