"""The cost of an idle worker, and the time until it begins an edit.

Wake-ups are the voluntary switches of all its threads, as Linux counts them. A minute is measured,
because chores come once a minute, and an hour extrapolated. Then hooks store edits, each after a
pause in which the worker falls asleep, and Plex is watched until it shows them.
Goals: one wake-up a second, 2 s of processor time an hour, 0.3 s.

    python benchmarks/idle_worker.py [--seconds 60] [--edits 10]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simulators import resident
from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator
from tests.installed_plugin import InstalledPlugin, eventually, install

HOUR = 3600.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """The use of a process so far: wake-ups, and seconds of processor time."""

    wakeups: int
    seconds: float


@dataclass(frozen=True)
class House:
    """An installed plugin between two servers, and one scene with its item."""

    plugin: InstalledPlugin
    stash: StashSimulator
    scene: int
    item: Item

    def edit(self, title: str) -> float:
        """Save the scene; returns the seconds from then until Plex shows it."""
        self.stash.library.touch(self.scene, title=title)
        stdin = self.plugin.hook_stdin(self.scene)
        stdin["server_connection"]["Port"] = urlsplit(self.stash.url).port
        self.plugin.send(stdin)
        begun = time.monotonic()
        eventually(lambda: self.item.title == title, timeout=30)
        return time.monotonic() - begun


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Servers with one scene, and the plugin."""
    install(folder / "plugins" / "PlexSync")
    plugin = InstalledPlugin(folder / "plugins" / "PlexSync", folder / "stash")
    plugin.stash_dir.mkdir()
    plex = PlexSimulator(token="bench-token").start()
    stash = StashSimulator(plugin.stash_dir, config_dir=plugin.stash_dir).start()
    stash.settings = {"plex_url": plex.url, "plex_token": "bench-token", "skip_posters": True}
    section = plex.add_section("Videos", locations=["/media"], agent="none")
    scene = stash.library.add_scene("Scene", files=[{"path": "/media/Scene.mp4"}])
    try:
        yield House(plugin, stash, scene, plex.add_movie(section, "/media/Scene.mp4"))
    finally:
        resident.stop_workers(plugin.data_dir)
        stash.close()
        plex.stop()


def cost_of(pid: int) -> Cost:
    """The use of a process so far."""
    wakeups = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                wakeups += int(line.split()[1])
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Cost(wakeups, (int(fields[11]) + int(fields[12])) / TICKS)


def main() -> None:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description="What an idle worker costs")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--edits", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, house(Path(folder)) as home:
        home.edit("First")
        (pid,) = resident.workers(home.plugin.data_dir)
        time.sleep(5.0)  # what follows an edit is no idling
        before = cost_of(pid)
        time.sleep(asked.seconds)
        after = cost_of(pid)
        wakeups = (after.wakeups - before.wakeups) / asked.seconds
        cpu = (after.seconds - before.seconds) * HOUR / asked.seconds
        print(f"idle: {wakeups:.2f} wake-ups a second, {cpu:.1f} s of processor time an hour")
        waits = []
        for number in range(asked.edits):
            time.sleep(0.7 + 0.31 * number)
            waits.append(home.edit(f"Title {number}"))
        middle, slowest = statistics.median(waits), max(waits)
        print(f"from a hook's end to Plex: median {middle:.3f} s, slowest {slowest:.3f} s")


if __name__ == "__main__":
    main()
