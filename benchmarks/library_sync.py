"""What a whole library costs: requests, memory, rate and processor time of Sync All Scenes.

Stash and Plex are simulators in processes of their own, PlexSync is its command line in another.
Counts and ratios decide; times are those of this machine.

    python benchmarks/library_sync.py [--scenes 1000] [--covers]
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import json
import multiprocessing
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simulators.plex.server import PlexSimulator  # noqa: E402
from simulators.stash.pictures import png  # noqa: E402
from simulators.stash.server import StashSimulator  # noqa: E402
from sync_queue import datadir  # noqa: E402
from sync_queue.database import read_only  # noqa: E402
from sync_queue.manager import QueueManager  # noqa: E402
from tasks import sync_all  # noqa: E402
from tasks.context import TaskRequest  # noqa: E402
from worker.off_switch import Stopped  # noqa: E402
from worker.processor import SyncWorker  # noqa: E402

TOKEN = "bench-token"
STASH_FOLDER, PLEX_FOLDER = "/data/scenes", "/media/videos"
SETTINGS = {"plex_token": TOKEN, "path_map": f"{STASH_FOLDER} => {PLEX_FOLDER}"}
ENDS = 5000  # the first and the last so many scenes are compared
PROFILED = 1000
SHOWN = 14
GOALS = "requests 2.10 a scene, memory 200 MB, rate 0.90, second run 0 writes and 1 %, changed 5"


# -- the servers ---------------------------------------------------------------------------------


def serve_stash(control: Connection, scenes: int, covers: bool) -> None:
    """A Stash with made-up scenes, until told to end. Answers with its number of requests."""
    with StashSimulator() as stash:
        stash.settings = dict(SETTINGS)
        stash.seed(scenes)
        for number, scene in enumerate(stash.library.scenes.values() if covers else ()):
            scene.cover = png(1, 1, (number >> 16, number >> 8 & 255, number & 255))
        files = [scene.files[0] for scene in stash.library.scenes.values()]
        control.send((stash.url, [(file.path, file.size, file.duration) for file in files]))
        for asked in iter(control.recv, "end"):
            if asked == "change":
                stash.library.touch(scenes // 2, title="Edited", details="Edited.")
            if asked == "clear":
                stash.requests.clear()
            control.send(stash.requests.total)


def serve_plex(control: Connection) -> None:
    """A Plex with the files that it is sent, until told to end. Answers with its requests."""
    with PlexSimulator(TOKEN) as plex:
        section = plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
        for path, size, duration in control.recv():
            place = path.replace(STASH_FOLDER, PLEX_FOLDER, 1)
            plex.add_movie(section, place, size=size, duration=int(duration * 1000), added_at=1)
        control.send(plex.url)
        for asked in iter(control.recv, "end"):
            if asked == "clear":
                plex.requests.clear()
            control.send(dict(Counter(f"{r.method} {kind_of(r.path)}" for r in plex.requests)))


def kind_of(path: str) -> str:
    """What a request is for."""
    if path.endswith("/all"):
        return "library"
    if path.endswith(("/posters", "/arts")):
        return "image"
    return "items" if path.startswith("/library/metadata/") else "other"


@contextmanager
def in_process(target: Any, *arguments: object) -> Iterator[Connection]:
    """Run a server in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    start = multiprocessing.get_context("spawn").Process
    process = start(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        with contextlib.suppress(BrokenPipeError):
            ours.send("end")
        process.join()


@dataclass(frozen=True)
class Servers:
    """Both servers, as this process reaches them."""

    stash: Connection
    plex: Connection
    stash_url: str
    plex_url: str

    def ask(self, what: str) -> tuple[Mapping[str, int], int]:
        """Tell both something; returns Plex's requests by kind, and Stash's number."""
        self.plex.send(what)
        self.stash.send(what)
        return self.plex.recv(), self.stash.recv()

    def environ(self) -> dict[str, str]:
        """The environment of a client."""
        known = {"PLEX_URL": self.plex_url, "STASH_URL": self.stash_url}
        return {**os.environ, **known}


@contextmanager
def servers(scenes: int, covers: bool) -> Iterator[Servers]:
    """Both servers with the same files."""
    with in_process(serve_stash, scenes, covers) as stash, in_process(serve_plex) as plex:
        stash_url, files = stash.recv()
        plex.send(files)
        yield Servers(stash, plex, stash_url, plex.recv())


# -- one run -------------------------------------------------------------------------------------


@dataclass
class Run:
    """What one task cost. ``memory`` is the client's in MB, sampled; ``cpu`` in seconds."""

    said: dict[str, Any]
    plex: Mapping[str, int]
    stash: int
    seconds: float
    cpu: float
    memory: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.plex.values())

    @property
    def writes(self) -> int:
        return sum(n for kind, n in self.plex.items() if not kind.startswith("GET"))


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


def rate_at_the_end(data_dir: str) -> float:
    """The rate of the last scenes by that of the first."""
    database = read_only(datadir.database_path(data_dir), 10.0)
    rows = database.execute("SELECT changed_at FROM scenes ORDER BY changed_at").fetchall()
    database.close()
    size = min(ENDS, len(rows) // 4)
    first = rows[size][0] - rows[0][0]
    last = rows[-1][0] - rows[-1 - size][0]
    return float(first / last) if last else 0.0


# -- where the time goes ---------------------------------------------------------------------------

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
                  "validation/file_names", "worker/look", "worker/sources", "unicodedata")),
    ("edit plan and ledger", ("plex/", "validation/")),
    ("the worker itself", ("worker/",)),
)  # fmt: skip


def part_of(where: str) -> str:
    """The part that a file or a built-in function belongs to; "" for none."""
    return next((part for part, marks in PARTS if any(mark in where for mark in marks)), "")


def profile_drain(control: Connection, data_dir: str, environ: dict[str, str]) -> None:
    """Drain in this process's main thread; send processor time by part, and what costs most."""
    os.environ.update(environ)
    request = TaskRequest("sync_all", str(ROOT), data_dir=data_dir, environ=os.environ)
    with QueueManager(data_dir) as manager:
        sync_all.put_scenes(request, manager, time.time())
        worker = SyncWorker(manager, manager.dlq, plugin_dir=str(ROOT), when_idle=True)
        profile = cProfile.Profile(time.process_time)
        profile.enable()
        with contextlib.suppress(Stopped):
            while True:
                worker.step()
        profile.disable()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    parts: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (file, _line, name), (_calls, _total, own, _cumulative, callers) in stats.items():
        functions[f"{Path(file).name}:{name}"] += own
        if part_of(file) or part_of(name):
            parts[part_of(file) or part_of(name)] += own
            continue
        # What belongs to nobody (built-ins, the standard library) is its callers'.
        for (caller, _line, caller_name), (_calls, _total, share, _cumulative) in callers.items():
            parts[part_of(caller) or part_of(caller_name) or "other"] += share
    control.send((parts.most_common(), functions.most_common(SHOWN)))
    control.recv()


# -- the table -------------------------------------------------------------------------------------


def show_run(name: str, run: Run, scenes: int) -> None:
    """One line of the table."""
    print(
        f"{name:28} {run.requests:8} {run.requests / scenes:8.4f} {run.writes:8} {run.stash:8}"
        f" {run.seconds:8.1f} {1000 * run.cpu / scenes:8.2f} {max(run.memory, default=0):8.0f}"
    )


def show_all(both: Servers, data_dir: str, scenes: int) -> None:
    """Run the tasks one after another."""
    print(f"{scenes} scenes. Goals: {GOALS}.\n")
    columns = ("Plex", "a scene", "writes", "Stash", "seconds", "CPU ms", "MB")
    print(f"{'':28} " + " ".join(f"{name:>8}" for name in columns))
    show_run("Preview Sync", run_task(both, data_dir, "preview"), scenes)
    first = run_task(both, data_dir, "sync-all")
    show_run("Sync All, first", first, scenes)
    rate = rate_at_the_end(data_dir)
    show_run("Sync All, nothing changed", again := run_task(both, data_dir, "sync-all"), scenes)
    both.stash.send("change")
    both.stash.recv()
    show_run("Sync Changed, one scene", run_task(both, data_dir, "sync-changed"), scenes)
    early = first.memory[len(first.memory) // 3 : len(first.memory) // 2]
    late = first.memory[-len(first.memory) // 6 :]
    print(f"\nFirst run by kind of request: {dict(first.plex)}")
    print(f"Outcomes: {first.said['outcomes']}")
    print(f"Second run: {100 * again.requests / first.requests:.2f} % of the first one's requests.")
    print(f"Rate of the last scenes by that of the first: {rate:.2f}.")
    print(f"Memory in the middle {max(early):.0f} MB, at the end {max(late):.0f} MB.")


def show_profile(scenes: int, covers: bool) -> None:
    """Where the processor time of a first sync goes, as shares: profiling multiplies it."""
    with (
        servers(scenes, covers) as both,
        tempfile.TemporaryDirectory() as folder,
        in_process(profile_drain, folder, both.environ()) as child,
    ):
        parts, functions = child.recv()
    whole = sum(seconds for _, seconds in parts)
    print(f"\nWhere the processor time of a first sync goes ({scenes} scenes, profiled):")
    for name, seconds in parts:
        print(f"  {name:40} {100 * seconds / whole:5.1f} %")
    print("Functions that take most of it themselves:")
    for name, seconds in functions:
        print(f"  {name:60} {100 * seconds / whole:5.1f} %")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--covers", action="store_true", help="every scene has a cover of its own")
    asked = parser.parse_args()
    with servers(asked.scenes, asked.covers) as both, tempfile.TemporaryDirectory() as folder:
        show_all(both, folder, asked.scenes)
    show_profile(min(asked.scenes, PROFILED), asked.covers)


if __name__ == "__main__":
    main()
