"""A copy of the plugin as people install it, started the way Stash starts it.

Stash starts one process per hook or task, writes one JSON object to its standard input, reads its
standard output to the end and waits. Its log is standard error, one encoded line at a time.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from simulators.resident import is_running
from sync_queue import datadir, lock
from sync_queue.manager import QueueManager
from tools import package

ROOT = Path(__file__).resolve().parents[1]
STAND_IN_WORKER = ROOT / "tests" / "data" / "stand_in_worker.py"
RECORDED_STDIN = ROOT / "tests" / "data" / "stash" / "hook_and_task_stdin.json"

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], timeout: float = 10.0) -> Found:
    """What ``look`` returns once that is true; fails after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"still {found!r} after {timeout} s")
        time.sleep(0.01)


def recorded_stdin() -> list[tuple[str, dict[str, Any]]]:
    """What a real Stash wrote to hooks and tasks, with the name of the step that caused it."""
    steps = json.loads(RECORDED_STDIN.read_text("utf-8"))
    return [(step["step"], stdin) for step in steps for stdin in step["stdin"]]


def install(target: Path) -> None:
    """Unpack the package into ``target``, with bytecode, which containers often forbid to write."""
    target.mkdir(parents=True)
    archive = target.parent / package.ZIP
    package.write_zip(archive, datetime.now(UTC))
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(target)
    archive.unlink()
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(target)], check=True)


@dataclass(frozen=True)
class Answer:
    """What one process wrote and how it ended; ``seconds`` from its input to its end."""

    status: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def reply(self) -> dict[str, Any]:
        """Standard output as the one JSON object that it has to be."""
        reply = json.loads(self.stdout)
        assert isinstance(reply, dict)
        return reply

    @property
    def log(self) -> list[tuple[str, str]]:
        """Level letter and text of each line; fails on a line without Stash's encoding."""
        lines = self.stderr.decode("utf-8").split("\n")
        assert lines.pop() == "", "the last line is not complete"
        for line in lines:
            assert line[:1] == "\x01" and line[2:3] == "\x02" and line[1:2] in "tdiwep", line
        return [(line[1], line[3:]) for line in lines]

    @property
    def said(self) -> list[tuple[str, str]]:
        """``log`` without debug lines: on a busy machine any hook may say that it took long."""
        return [(level, line) for level, line in self.log if level != "d"]


class InstalledPlugin:
    """One installed plugin with its own data directory, and the Stash that starts it."""

    def __init__(self, directory: Path, stash_dir: Path) -> None:
        self.directory = directory
        self.stash_dir = stash_dir
        self.data_dir = directory / "data"
        self.environ = {k: v for k, v in os.environ.items() if k not in ("STASH_PLUGIN_DATA",)}
        self.environ["PYTHONPATH"] = str(directory.parent)
        self.python = sys.executable

    @property
    def database(self) -> Path:
        """The queue's one file."""
        return self.data_dir / "queue" / "data.db"

    def stdin(self, args: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """What Stash writes to standard input for ``args``."""
        connection = {
            "Scheme": "http",
            "Host": "0.0.0.0",
            "Port": 9999,
            "SessionCookie": {"Name": "session", "Value": "SESSION-COOKIE-VALUE"},
            "Dir": str(self.stash_dir),
            "PluginDir": str(self.directory),
        }
        return {"server_connection": connection, "args": dict(args), **more}

    def hook_stdin(
        self,
        scene_id: int,
        fields: Sequence[str] | None = ("id", "title"),
        kind: str = "Scene.Update.Post",
        **context: Any,
    ) -> dict[str, Any]:
        """What Stash writes to standard input for a hook."""
        hook = {"id": scene_id, "type": kind, "input": None, **context}
        if fields is not None:
            hook["inputFields"] = list(fields)
        return self.stdin({"hookContext": hook})

    def start(
        self,
        *,
        flags: Sequence[str] = ("-S",),
        environ: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.Popen[bytes]:
        """Start ``PlexSync.py`` from Stash's working directory, all three streams piped."""
        self.stash_dir.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [self.python, *flags, str(self.directory / "PlexSync.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.stash_dir,
            env={**self.environ, **(environ or {})},
            **options,
        )

    def send(
        self,
        stdin: bytes | Mapping[str, Any],
        *,
        flags: Sequence[str] = ("-S",),
        environ: Mapping[str, str] | None = None,
        timeout: float = 20.0,
        **options: Any,
    ) -> Answer:
        """One whole hook or task: write, read to the end, wait."""
        return self.finish(self.start(flags=flags, environ=environ, **options), stdin, timeout)

    @staticmethod
    def finish(
        process: subprocess.Popen[bytes],
        stdin: bytes | Mapping[str, Any],
        timeout: float = 20.0,
    ) -> Answer:
        """Write ``stdin`` to a started process, read to the end, wait."""
        raw = stdin if isinstance(stdin, bytes) else json.dumps(stdin).encode()
        begun = time.perf_counter()
        with process:
            stdout, stderr = process.communicate(raw, timeout=timeout)
        return Answer(process.returncode, stdout, stderr, time.perf_counter() - begun)

    def create_database(self) -> None:
        """What a first worker does before anything else."""
        QueueManager(str(self.data_dir)).jobs.close()

    @contextmanager
    def worker_lock(self) -> Iterator[int]:
        """Hold the worker's lock, so that hooks find a worker alive and start none."""
        datadir.make_private(str(self.data_dir / "queue"))
        descriptor = lock.acquire(str(self.data_dir), patience=0)
        assert descriptor is not None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def rows(self) -> list[dict[str, Any]]:
        """The jobs table: data parsed, in order; empty when there is no database yet."""
        if not self.database.exists():
            return []
        database = sqlite3.connect(self.database, timeout=10)
        database.row_factory = sqlite3.Row
        try:
            found = database.execute("SELECT * FROM ack_queue_default ORDER BY _id").fetchall()
        finally:
            database.close()
        return [{**dict(row), "data": json.loads(row["data"])} for row in found]

    def connection(self) -> dict[str, Any]:
        """What the newest hook said of Stash."""
        with QueueManager(str(self.data_dir)) as manager:
            return dict(manager.stash_connection())

    def spooled(self) -> list[dict[str, Any]]:
        """The events that wait in files."""
        files = sorted((self.data_dir / "spool").glob("*.json"))
        return [json.loads(file.read_text("utf-8")) for file in files]

    def stored_keys(self) -> list[str]:
        """The keys of all events stored so far, in the queue or in files."""
        return [row["key"] for row in self.rows()] + [
            event["job"]["job_key"] for event in self.spooled()
        ]


class StandInWorkers:
    """Replaces the worker's code by one that takes the lock, notes its pid and waits.

    The processes end when the test ends, however it ends: they wait for the end of a pipe.
    """

    def __init__(self, plugin: InstalledPlugin) -> None:
        self.plugin = plugin
        shutil.copy(STAND_IN_WORKER, plugin.directory / "worker" / "resident.py")
        pipe = plugin.directory / "stand-in.pipe"
        if sys.platform != "win32":
            os.mkfifo(pipe)
        self._end = os.open(pipe, os.O_RDWR)

    def started(self) -> list[tuple[int, str]]:
        """Pid and fate (``starts``, ``holds`` the lock, ``superfluous``) of each, in order."""
        notes = self.plugin.directory / "stand-in.log"
        if not notes.exists():
            return []
        lines = [line.split() for line in notes.read_text().splitlines()]
        return [(int(pid), fate) for pid, fate in lines]

    def holding(self) -> list[int]:
        """The pids that got the lock, in order."""
        return [pid for pid, fate in self.started() if fate == "holds"]

    def end(self) -> None:
        """Let them end, and wait until the last has."""
        os.close(self._end)
        pids = [pid for pid, _ in self.started()]
        eventually(lambda: not any(is_running(pid) for pid in pids))
