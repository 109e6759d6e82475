"""Two servers with one library, and the tasks run in this process."""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from simulators.resident import stop_workers
from simulators.stash.server import StashSimulator
from sync_queue import datadir
from tasks import modes
from tasks.context import TaskRequest, TaskResult
from tasks.looks import LOOKS
from tests.installed_plugin import ROOT

STASH_FOLDER, PLEX_FOLDER = "/data/scenes", "/media/videos"


class SkippingClock:
    """The servers' time: both stamp with whole seconds, so tests skip some instead of sleeping."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> float:
        return time.time() + self.skipped

    def yesterday(self) -> float:
        """The time of a library that is older than PlexSync."""
        return self() - 24 * 3600

    def skip(self, seconds: float = 3.0) -> None:
        self.skipped += seconds


def size_of(name: str) -> int:
    """A size that only files of this name have."""
    return 1_000_000 + zlib.crc32(name.rpartition("/")[2].encode())


@dataclass
class Library:
    """Both servers, and what a person asks of PlexSync. ``moves`` collects the progress bar."""

    stash: StashSimulator
    plex: PlexSimulator
    section: Section
    data_dir: Path
    environ: dict[str, str]
    clock: SkippingClock
    moves: list[float] = field(default_factory=list)

    def add(self, name: str, **fields: Any) -> tuple[int, Item]:
        """A file that both servers know: the scene's number and the item."""
        return self.add_scene(name, **fields), self.add_item(name)

    def add_scene(self, name: str, **fields: Any) -> int:
        """A scene with one file; it is titled after it unless told otherwise."""
        options = {"title": name.rpartition(".")[0], **fields}
        file = {"path": f"{STASH_FOLDER}/{name}", "size": size_of(name), "duration": 600.0}
        return self.stash.library.add_scene(files=[file], **options)

    def add_item(self, name: str) -> Item:
        """The same file in Plex."""
        path = f"{PLEX_FOLDER}/{name}"
        return self.plex.add_movie(self.section, path, size=size_of(name), duration=600_000)

    def fill(self, count: int, **fields: Any) -> list[tuple[int, Item]]:
        """Many of them."""
        return [self.add(f"Scene {n:04}.mp4", **fields) for n in range(count)]

    def request(self, mode: str, **arguments: Any) -> TaskRequest:
        """What Stash or a shell would ask."""
        return TaskRequest(
            mode,
            plugin_dir=str(ROOT),
            arguments=arguments,
            data_dir=str(self.data_dir),
            environ=self.environ,
        )

    def run_without_directory(self, mode: str) -> TaskResult:
        """Run a mode before there is a data directory."""
        return self.run_request(self.request(mode))

    def run(self, mode: str, **arguments: Any) -> TaskResult:
        """Run a mode to its end in this process."""
        request = self.request(mode, **arguments)
        request.resolve()
        return self.run_request(request)

    def run_request(self, request: TaskRequest) -> TaskResult:
        """Run what Stash asks, as its process would."""
        if request.mode not in LOOKS:
            return modes.run(request, self.moves.append)
        request.check_numbers()
        answer = LOOKS[request.mode](request, request.locate(), time.time())
        return TaskResult(
            left=answer.left,
            problems=answer.problems,
            lines=tuple(answer.lines),
            exit_code=answer.exit_code,
            output=answer.output,
        )

    @property
    def database(self) -> Path:
        """The one file of our memory."""
        return Path(datadir.database_path(str(self.data_dir)))

    def query(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Look into our database."""
        database = sqlite3.connect(self.database, timeout=10)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def outcomes(self) -> dict[int, str]:
        """What became of each scene."""
        return dict(self.query("SELECT scene_id, outcome FROM scenes WHERE outcome != ''"))

    def edits(self) -> list[int]:
        """The items that were edited, in order, by rating key."""
        found = []
        for request in self.plex.requests.matching("PUT", r"^/library/sections/\d+/all$"):
            key = dict(pair.partition("=")[::2] for pair in request.query.split("&"))["id"]
            found.append(int(key))
        return found


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    clock = SkippingClock()
    (tmp_path / "stash").mkdir()
    with (
        PlexSimulator(clock=clock) as plex,
        StashSimulator(config_dir=tmp_path / "stash", now=clock.yesterday) as stash,
    ):
        stash.settings = {
            "path_map": f"{STASH_FOLDER} => {PLEX_FOLDER}",
            "skip_posters": True,
        }
        environ = {"PLEX_URL": plex.url, "PLEX_TOKEN": plex.token or "", "STASH_URL": stash.url}
        section = plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
        yield Library(stash, plex, section, tmp_path / "data", environ, clock)
        stop_workers(tmp_path / "data")
