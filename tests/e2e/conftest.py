"""Stash with the plugin installed, Plex, and the road between them; nothing of it is a stand-in."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import pytest

from simulators import resident
from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator, TagMode
from simulators.stash.server import StashSimulator
from sync_queue import schema
from tests.installed_plugin import InstalledPlugin, eventually
from tests.real_stash import RealStash

STASH_FOLDER, PLEX_FOLDER = "/data/scenes", "/media/videos"
AnyStash = TypeVar("AnyStash", StashSimulator, RealStash)


@dataclass(frozen=True)
class AnyRoad(Generic[AnyStash]):
    """Both servers, and the plugin as Stash has it."""

    stash: AnyStash
    plex: PlexSimulator
    plugin: InstalledPlugin
    section: Section
    stash_folder: str = STASH_FOLDER

    def add(self, name: str, **fields: object) -> tuple[int, Item]:
        """A file that both servers know: the scene's number and the item."""
        scene = self.stash.library.add_scene(
            files=[{"path": f"{self.stash_folder}/{name}"}],
            **fields,  # type: ignore[arg-type]
        )
        return scene, self.plex.add_movie(self.section, f"{PLEX_FOLDER}/{name}")

    def states(self) -> list[int]:
        """The state of every job, in order; empty while the first worker makes the table."""
        try:
            return [row["status"] for row in self.plugin.rows()]
        except sqlite3.OperationalError:
            return []

    def is_drained(self) -> bool:
        """Whether every event has been settled."""
        states = self.states()
        return bool(states) and not self.plugin.spooled() and set(states) == {schema.DONE}

    def drain(self) -> None:
        """Wait until every event has been settled."""
        eventually(self.is_drained, timeout=30)

    def log(self) -> str:
        """All that the worker has logged."""
        file = self.plugin.data_dir / "plexsync.log"
        return file.read_text("utf-8") if file.exists() else ""

    def workers_ever(self) -> list[int]:
        """The pids of all workers that were started, oldest first."""
        return resident.workers_ever(self.plugin.data_dir)

    def worker(self) -> int:
        """The pid of the one worker, once it has begun."""
        (pid,) = eventually(lambda: resident.workers(self.plugin.data_dir), timeout=30)
        return pid

    def stop_worker(self) -> None:
        """SIGTERM, and wait for the end."""
        resident.stop_workers(self.plugin.data_dir)


Road = AnyRoad[StashSimulator]
MakeRoad = Callable[..., Road]


@pytest.fixture
def make_road(shipped: Path, tmp_path: Path) -> Iterator[MakeRoad]:
    """``make_road(tag_mode="replace", **settings)``: both servers run, the plugin is set up."""
    roads: list[Road] = []

    def make(tag_mode: TagMode = "replace", **settings: object) -> Road:
        directory = tmp_path / "plugins" / "PlexSync"
        shutil.copytree(shipped, directory)
        plex = PlexSimulator(tag_mode=tag_mode).start()
        stash = StashSimulator(
            directory.parent, config_dir=tmp_path, env=without_data_dir(), credentials=("a", "b")
        ).start()
        stash.settings = {
            "plex_url": plex.url,
            "plex_token": plex.token,
            "path_map": f"{STASH_FOLDER} => {PLEX_FOLDER}",
            "skip_posters": True,
            **settings,
        }
        section = plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
        plugin = InstalledPlugin(directory, tmp_path)
        roads.append(Road(stash, plex, plugin, section))
        return roads[-1]

    yield make
    for road in roads:
        road.stash.close()
        road.stop_worker()
        road.plex.stop()


def without_data_dir() -> dict[str, str]:
    """The environment of a Stash that names no data directory."""
    return {name: value for name, value in os.environ.items() if name != "STASH_PLUGIN_DATA"}


@pytest.fixture
def road(make_road: MakeRoad) -> Road:
    """A road with the usual settings."""
    return make_road()
