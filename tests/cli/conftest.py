"""Both servers with one scene, and the command line run beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulators import resident
from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from tests.installed_plugin import InstalledPlugin

FILE = "/media/videos/Harbour Lights.mp4"


@dataclass(frozen=True)
class CommandLine:
    """``process_queue.py`` of one installed plugin."""

    plugin: InstalledPlugin
    environ: Mapping[str, str]

    def command(self, *words: str, flags: tuple[str, ...] = ()) -> list[str]:
        return [sys.executable, *flags, str(self.plugin.directory / "process_queue.py"), *words]

    def run(
        self,
        *words: str,
        flags: tuple[str, ...] = (),
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end, with ``environ`` on top of what names the two servers."""
        return subprocess.run(
            self.command(*words, flags=flags),
            env={**self.environ, **(environ or {})},
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )

    def enqueue(self, *scene_ids: int) -> None:
        """Jobs as a hook would leave them."""
        with QueueManager(str(self.plugin.data_dir)) as manager:
            manager.jobs.put_all([scene_job(n, "Scene.Update.Post", 0.0) for n in scene_ids])


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    with PlexSimulator() as server:
        section = server.add_section("Videos", locations=["/media/videos"], agent="none")
        server.add_movie(section, FILE)
        yield server


@pytest.fixture
def stash(tmp_path: Path) -> Iterator[StashSimulator]:
    with StashSimulator(config_dir=tmp_path) as server:
        server.library.add_scene("Harbour Lights", details="Docks.", files=[{"path": FILE}])
        yield server


@pytest.fixture
def shell(plugin: InstalledPlugin) -> Iterator[CommandLine]:
    """The command line with no server known to it."""
    kept = ("PATH", "HOME", "SYSTEMROOT", "USERPROFILE")  # Windows starts nothing without its own
    yield CommandLine(plugin, {name: os.environ[name] for name in kept if name in os.environ})
    resident.stop_workers(plugin.data_dir)


@pytest.fixture
def command_line(shell: CommandLine, plex: PlexSimulator, stash: StashSimulator) -> CommandLine:
    """The command line that knows both servers from its environment."""
    known = {"PLEX_URL": plex.url, "PLEX_TOKEN": plex.token or "", "STASH_URL": stash.url}
    return CommandLine(shell.plugin, {**shell.environ, **known})
