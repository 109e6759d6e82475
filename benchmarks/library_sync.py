"""The cost of a whole library: requests, memory and rate of Sync All Scenes, beside their limits.

Stash and Plex are simulators in processes of their own, PlexSync is its command line in another.
Counts and ratios decide; times are those of this machine. Ends with status 1 when a goal is missed.

    python benchmarks/library_sync.py [--scenes 1000] [--covers]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plex.index import PAGE_SIZE
from simulators.pair import Servers, both_servers
from sync_queue import datadir
from sync_queue.reading import read_only

ENDS = 5000  # the first and the last so many scenes are compared
STARTS = 10  # of a bare Python, before the first sync and after it
MOST_CPU = 0.3  # bare starts a scene; version 1.0 took 0.35


@dataclass
class Run:
    """The cost of one task. ``stash`` counts GraphQL requests and covers; ``memory`` is
    the client's in MB, sampled; ``cpu`` in seconds.
    """

    said: dict[str, Any]
    plex: Mapping[str, int]
    stash: tuple[int, int]
    seconds: float
    cpu: float
    memory: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.plex.values())

    @property
    def writes(self) -> int:
        return sum(n for kind, n in self.plex.items() if not kind.startswith("GET"))

    @property
    def beyond_listings(self) -> int:
        return self.requests - self.plex.get("GET library", 0)

    @property
    def most_memory(self) -> float:
        return max(self.memory, default=0.0)


@dataclass(frozen=True)
class Goal:
    """A number, and the range in which it has to be."""

    what: str
    measured: float
    least: float = 0.0
    most: float = float("inf")

    @property
    def met(self) -> bool:
        return self.least <= self.measured <= self.most

    def __str__(self) -> str:
        limit = f">= {self.least:g}" if self.least else f"<= {self.most:g}"
        mark = "ok" if self.met else "MISSED"
        return f"{self.what:60} {self.measured:10.4g}  {limit:10} {mark}"


def run_task(both: Servers, data_dir: str, mode: str) -> Run:
    """Run one mode of the command line to its end, watching its memory."""
    both.ask("clear")
    command = [sys.executable, str(ROOT / "process_queue.py"), mode, "--json"]
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [*command, "--data-dir", data_dir], env=both.environ(), stdout=output
        )
        memory: list[float] = []
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            memory.append(resident_megabytes(process.pid))
            time.sleep(0.2)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = json.loads(output.read())
    seconds, cpu = time.monotonic() - begun, usage.ru_utime + usage.ru_stime
    plex, stash = both.ask("counts")
    return Run(said, plex, stash, seconds, cpu, memory)


def resident_megabytes(pid: int) -> float:
    """Memory of a process, 0 when it has just ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def bare_start() -> float:
    """Processor time of a Python that starts and ends, in seconds: the measure of this machine."""
    seconds = []
    for _ in range(STARTS):
        process = subprocess.Popen([sys.executable, "-c", "pass"])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(seconds)


def rate_at_the_end(data_dir: str) -> float:
    """The rate of the last scenes by that of the first."""
    database = read_only(datadir.database_path(data_dir), 10.0)
    rows = database.execute("SELECT changed_at FROM scenes ORDER BY changed_at").fetchall()
    database.close()
    size = min(ENDS, len(rows) // 4)
    first = rows[size][0] - rows[0][0]
    last = rows[-1][0] - rows[-1 - size][0]
    return float(first / last) if last else 0.0


def show_run(name: str, run: Run, scenes: int) -> None:
    """One line of the table."""
    print(
        f"{name:28} {run.requests:8} {run.requests / scenes:8.4f} {run.writes:8}"
        f" {run.stash[0]:8} {run.stash[1]:8} {run.seconds:8.1f} {1000 * run.cpu / scenes:8.2f}"
        f" {run.most_memory:8.0f}",
        flush=True,
    )


def run_all(both: Servers, data_dir: str, scenes: int) -> Iterator[Goal]:
    """Run the tasks one after another, printing the cost of each; yields their requests."""
    columns = ("Plex", "a scene", "writes", "Stash", "covers", "seconds", "CPU ms", "MB")
    print(f"{scenes} scenes{'':{28 - len(str(scenes)) - 7}} ", end="")
    print(" ".join(f"{name:>8}" for name in columns), flush=True)
    show_run("Preview Sync", preview := run_task(both, data_dir, "preview"), scenes)
    bare = bare_start()
    show_run("Sync All, first", first := run_task(both, data_dir, "sync-all"), scenes)
    bare = (bare + bare_start()) / 2
    rate = rate_at_the_end(data_dir)
    show_run("Sync All, nothing changed", again := run_task(both, data_dir, "sync-all"), scenes)
    both.stash.send("change")
    both.stash.recv()
    show_run("Sync Changed, one scene", one := run_task(both, data_dir, "sync-changed"), scenes)
    print(f"\nFirst run by kind of request: {dict(first.plex)}")
    print(f"Outcomes: {first.said['outcomes']}\n")
    middle, end = memory_in_the_middle_and_at_the_end(first.memory)
    yield Goal("Preview: writes", preview.writes, most=0)
    yield Goal("first Sync All: requests to Plex, per scene", first.requests / scenes, most=1.1)
    # Each scene is read twice, to plan and to sync; the settings are read now and then.
    yield Goal(
        "first Sync All: scenes per question to Stash", 2 * scenes / first.stash[0], least=100
    )
    enough = scenes >= 2 * ENDS  # a rate over seconds says little
    yield Goal("first Sync All: rate of the last by the first", rate, least=0.9 if enough else 0)
    yield Goal("first Sync All: memory, MB", first.most_memory, most=200)
    yield Goal("first Sync All: memory at the end by the middle", end / middle, most=1.1)
    many = scenes >= 1000  # below, the start of the task itself counts
    yield Goal(f"first Sync All: CPU per scene, in starts of Python ({1000 * bare:.1f} ms)",
               first.cpu / scenes / bare, most=MOST_CPU if many else float("inf"))  # fmt: skip
    yield Goal("second Sync All: writes", again.writes, most=0)
    yield Goal("second Sync All: requests to Plex, per scene", again.requests / scenes, most=0.025)
    listings = -(-scenes // PAGE_SIZE)
    yield Goal("Sync Changed, one scene: requests beyond listings", one.beyond_listings, most=5)
    yield Goal("Sync Changed, one scene: listings", one.requests - one.beyond_listings,
               most=listings + 1)  # fmt: skip


def memory_in_the_middle_and_at_the_end(samples: Sequence[float]) -> tuple[float, float]:
    """The largest of the second third's first half, and of the last sixth."""
    third, sixth = len(samples) // 3, len(samples) // 6
    return max(samples[third : third + sixth]), max(samples[-sixth:])


def main() -> int:
    """Print the tables; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--covers", action="store_true", help="every scene has a cover of its own")
    asked = parser.parse_args()
    with both_servers(asked.scenes, asked.covers) as both, tempfile.TemporaryDirectory() as folder:
        goals = list(run_all(both, folder, asked.scenes))
    for goal in goals:
        print(goal)
    return not all(goal.met for goal in goals)


if __name__ == "__main__":
    sys.exit(main())
