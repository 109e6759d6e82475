"""The client's own cost: the shares of processor time in a first Sync All Scenes.

Stash and Plex are simulators in processes of their own and answer at once; the worker is stepped
in the main thread of another, where a profiler counts processor time. Shares, because profiling
multiplies it.

    python benchmarks/client_cost.py [--scenes 1000] [--covers]
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import os
import pstats
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simulators.pair import both_servers, in_process
from sync_queue.manager import QueueManager
from sync_queue.models import LIBRARY_PRIO, SYNC_ALL, scene_job
from worker.loop import Ended
from worker.processor import SyncWorker

SHOWN = 14

# The first that fits names the part: by file, else by the name of a built-in function.
PARTS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("database: statements and transactions", ("sqlite3", "sync_queue/database", "trouble.py")),
    ("database: our half", ("sync_queue/",)),
    ("persist-queue", ("persistqueue",)),
    ("HTTP: requests, urllib3, http.client",
     ("requests/", "urllib3/", "urllib/", "http/", "email/", "socket", "cookiejar")),
    ("HTTP: plexapi", ("plexapi",)),
    ("HTTP: our half", ("plex/connection", "plex/transport", "plex/client", "stash/", "tenacity")),
    ("XML of Plex", ("plex/xml", "xml/", "XMLParser", "TreeBuilder")),
    ("JSON", ("json/", "_json")),
    ("validation of scenes", ("pydantic", "validation/metadata", "validation/sanitizers")),
    ("matching", ("plex/candidates", "plex/evidence", "plex/matcher", "validation/paths",
                  "validation/file_names", "plex/rivals", "plex/identity",
                  "worker/assess", "worker/sources", "unicodedata")),
    ("edit plan and ledger", ("plex/", "validation/")),
    ("the worker itself", ("worker/",)),
)  # fmt: skip


def part_of(where: str) -> str:
    """The part that a file or a built-in function belongs to; "" for none."""
    return next((part for part, marks in PARTS if any(mark in where for mark in marks)), "")


def profile_drain(control: Connection, data_dir: str, environ: dict[str, str], scenes: int) -> None:
    """Drain in this process's main thread; send processor time by part, and by costly function."""
    os.environ.update(environ)
    now = time.time()
    with QueueManager(data_dir) as manager:
        jobs = [scene_job(scene, SYNC_ALL, now) for scene in range(1, scenes + 1)]
        manager.jobs.put_all(jobs, prio=LIBRARY_PRIO)
        worker = SyncWorker(manager, plugin_dir=str(ROOT), when_idle=True)
        profile = cProfile.Profile(time.process_time)
        profile.enable()
        with contextlib.suppress(Ended):
            while True:
                worker.loop.step()
        profile.disable()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    parts: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (file, _line, name), (_calls, _total, own, _cumulative, callers) in stats.items():
        functions[f"{Path(file).name}:{name}"] += own
        if part_of(file) or part_of(name):
            parts[part_of(file) or part_of(name)] += own
            continue
        # The time of built-ins and the standard library is their callers'.
        for (caller, _line, caller_name), (_calls, _total, share, _cumulative) in callers.items():
            parts[part_of(caller) or part_of(caller_name) or "other"] += share
    control.send(((parts.total(), parts.most_common()), functions.most_common(SHOWN)))
    control.recv()


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--covers", action="store_true", help="every scene has a cover of its own")
    asked = parser.parse_args()
    with (
        both_servers(asked.scenes, asked.covers) as both,
        tempfile.TemporaryDirectory() as folder,
        in_process(profile_drain, folder, both.environ(), asked.scenes) as child,
    ):
        (whole, parts), functions = child.recv()
    print(f"Processor time of a first sync of {asked.scenes} scenes, profiled:")
    for name, seconds in parts:
        print(f"  {name:40} {100 * seconds / whole:5.1f} %")
    print("Functions that take most of it themselves:")
    for name, seconds in functions:
        print(f"  {name:60} {100 * seconds / whole:5.1f} %")


if __name__ == "__main__":
    main()
