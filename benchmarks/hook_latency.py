"""The time that a save in Stash waits for its hook, as a multiple of ``python3 -c pass``.

Each process is measured as Stash does: from its start to the end of its standard output and its
exit. Hooks and bare interpreters alternate, so that other load on the machine hits both; the
ratio is that of the medians. The goal is 1.5.

    python benchmarks/hook_latency.py [--rounds 40]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simulators import resident
from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator
from sync_queue import schema
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from tests.installed_plugin import InstalledPlugin, install

GOAL = 1.5
SCENES = 200
FINISHED = 100_000
DEAD = "http://127.0.0.1:9"  # the discard port, without a listener
NOTHING: Callable[[], None] = lambda: None  # noqa: E731 (the cheapest call)


@dataclass(frozen=True)
class Ratios:
    """Medians in seconds of a bare interpreter, a hook that enqueues and one that is filtered."""

    bare: float
    enqueued: float
    filtered: float

    def row(self) -> str:
        """The numbers of one line of the table."""
        milliseconds = (
            f"{self.bare * 1e3:7.1f} {self.enqueued * 1e3:9.1f} {self.filtered * 1e3:9.1f}"
        )
        ratios = f"{self.enqueued / self.bare:9.2f} {self.filtered / self.bare:9.2f}"
        return f"{milliseconds}  {ratios}"


def measure(
    plugin: InstalledPlugin, rounds: int, between: Callable[[], None] = NOTHING, port: int = 9999
) -> Ratios:
    """Alternate bare interpreters and hooks for ``rounds`` rounds; ``between`` is not measured."""
    script = str(plugin.directory / "PlexSync.py")
    bare = [plugin.python, "-c", "pass"]
    hook = [plugin.python, "-S", script]
    plugin.stash_dir.mkdir(parents=True, exist_ok=True)
    times: dict[str, list[float]] = {"bare": [], "enqueued": [], "filtered": []}
    for number in range(-2, rounds):  # two rounds to warm up
        scene = 1 + number % SCENES
        runs = (
            ("bare", bare, None),
            ("enqueued", hook, plugin.hook_stdin(scene, ["id", "title"])),
            ("filtered", hook, plugin.hook_stdin(scene, ["id", "play_count"])),
        )
        for name, command, stdin in runs:
            between()
            if stdin is not None:
                stdin["server_connection"]["Port"] = port
            seconds, reply = run(command, plugin, stdin)
            if reply != (b"" if stdin is None else b'{"output": "ok"}'):
                raise AssertionError(f"{name}: {reply!r}")
            if number >= 0:
                times[name].append(seconds)
    return Ratios(**{name: statistics.median(found) for name, found in times.items()})


def run(
    command: Sequence[str], plugin: InstalledPlugin, stdin: Mapping[str, object] | None
) -> tuple[float, bytes]:
    """Seconds from the start of a process to its end, and its standard output."""
    raw = b"" if stdin is None else json.dumps(stdin).encode()
    begun = time.perf_counter()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=plugin.stash_dir,
        env=plugin.environ,
    ) as process:
        if process.stdin:
            process.stdin.write(raw)
            process.stdin.close()
        assert process.stdout
        reply = process.stdout.read()
        process.wait()
        return time.perf_counter() - begun, reply


def hook_alone(plugin: InstalledPlugin, rounds: int) -> Ratios:
    """A worker seems to be alive and does nothing."""
    plugin.create_database()
    with plugin.worker_lock():
        return measure(plugin, rounds)


def without_bytecode(plugin: InstalledPlugin, rounds: int) -> Ratios:
    """The hook's modules are not compiled, and Python may not keep the compiled ones."""
    for cache in plugin.directory.rglob("__pycache__"):
        shutil.rmtree(cache)
    plugin.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    return hook_alone(plugin, rounds)


def with_a_long_history(plugin: InstalledPlugin, rounds: int) -> Ratios:
    """The queue's table has 100,000 finished rows."""
    with QueueManager(str(plugin.data_dir)) as manager:
        job = json.dumps(scene_job(1, "Scene.Update.Post", time.time()).as_json()).encode()
        manager.connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {FINISHED})"
            f" INSERT INTO {schema.JOBS} (data, timestamp, status, key)"
            f" SELECT ?, 0, {schema.DONE}, 'scene:' || i FROM n",
            (job,),
        )
    return hook_alone(plugin, rounds)


def worker_starts(plugin: InstalledPlugin, rounds: int) -> Ratios:
    """No worker lives: each hook that enqueues starts one, which is ended before the next."""
    plugin.create_database()
    plugin.environ["PLEX_URL"] = DEAD
    return measure(plugin, rounds, between=lambda: resident.stop_workers(plugin.data_dir))


def worker_busy(plugin: InstalledPlugin, rounds: int) -> Ratios:
    """A worker drains into a living Plex all the time."""
    with servers(plugin) as (plex_url, port):
        plugin.environ["PLEX_URL"] = plex_url
        plugin.create_database()

        def refill() -> None:
            with QueueManager(str(plugin.data_dir)) as manager:
                if manager.get_stats(time.time()).left < SCENES // 2:
                    jobs = [scene_job(n, "bench", time.time()) for n in range(1, SCENES + 1)]
                    manager.jobs.put_all(jobs)

        return measure(plugin, rounds, refill, port)


def plex_dead(plugin: InstalledPlugin, rounds: int) -> Ratios:
    """A worker lives, Plex refuses connections."""
    with servers(plugin) as (_, port):
        plugin.environ["PLEX_URL"] = DEAD
        plugin.create_database()
        return measure(plugin, rounds, port=port)


def stash_dead(plugin: InstalledPlugin, rounds: int) -> Ratios:
    """A worker lives, and Stash refuses its questions."""
    plugin.create_database()
    return measure(plugin, rounds, port=9)


@contextmanager
def servers(plugin: InstalledPlugin) -> Iterator[tuple[str, int]]:
    """Both simulators in a process of their own: Plex's address and Stash's port."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, str(plugin.stash_dir)), daemon=True
    )
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join()


def serve(control: Connection, config_dir: str) -> None:
    """Run the simulators until told to end."""
    os.makedirs(config_dir, exist_ok=True)
    plex = PlexSimulator(token="bench-token").start()
    stash = StashSimulator(Path(config_dir), config_dir=Path(config_dir)).start()
    stash.settings = {"plex_token": "bench-token", "skip_posters": True}
    section = plex.add_section("Videos", locations=["/media"], agent="none")
    for number in range(1, SCENES + 1):
        path = f"/media/Scene {number}.mp4"
        stash.library.add_scene(files=[{"path": path}], title=f"Scene {number}")
        plex.add_movie(section, path)
    control.send((plex.url, urlsplit(stash.url).port))
    control.recv()
    stash.close()
    plex.stop()


CASES: Mapping[str, Callable[[InstalledPlugin, int], Ratios]] = {
    "hook alone": hook_alone,
    "worker busy": worker_busy,
    "Plex dead": plex_dead,
    "Stash dead": stash_dead,
    "100,000 finished jobs": with_a_long_history,
    "cold start: worker spawned": worker_starts,
    "no bytecode (first hook)": without_bytecode,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="The hook's time as a multiple of python3 -c pass")
    parser.add_argument("--rounds", type=int, default=40)
    rounds: int = parser.parse_args().rounds
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {rounds} rounds, goal {GOAL}")
    print(f"{'':28}   bare ms  enqueued  filtered    enqueued  filtered (multiples of bare)")
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / "plugins" / "PlexSync"
            install(directory)
            plugin = InstalledPlugin(directory, Path(folder) / "stash")
            try:
                print(f"{name:28}{case(plugin, rounds).row()}", flush=True)
            finally:
                resident.stop_workers(plugin.data_dir)


if __name__ == "__main__":
    main()
