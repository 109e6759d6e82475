"""A disk that is full, read-only or gone beneath the real plugin: afterwards every edit arrives."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from simulators import resident
from simulators.plex.items import Item
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually

pytestmark = [
    pytest.mark.posix,
    pytest.mark.slow,
]
PATIENCE = 60.0


def mount(*options: object) -> bool:
    return not subprocess.run(["mount", *map(str, options)], capture_output=True).returncode


class Disk:
    """A small disk that is mounted where the plugin keeps its data."""

    def __init__(self, store: Path, place: Path) -> None:
        self.store = store
        self.place = place

    def attach(self) -> None:
        assert mount("--bind", self.store, self.place)

    def detach(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)

    @contextmanager
    def full(self) -> Iterator[None]:
        ballast = self.store / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        yield
        ballast.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        resident.stop_workers(self.place)  # whoever writes keeps a disk writable
        assert mount("-o", "remount,ro,bind", self.place)
        yield
        assert mount("-o", "remount,rw,bind", self.place)

    @contextmanager
    def gone(self) -> Iterator[None]:
        self.detach()
        yield
        resident.stop_workers(self.place)
        self.attach()


@pytest.fixture
def disk(road: Road, tmp_path: Path) -> Iterator[Disk]:
    """Skips the test where mounting is not allowed."""
    store, place = tmp_path / "disk", road.plugin.data_dir
    store.mkdir()
    place.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", store):
        pytest.skip("mounting a small disk needs root")
    made = Disk(store, place)
    made.attach()
    yield made
    resident.stop_workers(place)
    made.detach()
    subprocess.run(["umount", "--lazy", str(store)], check=True)


@pytest.mark.parametrize("trouble", ["full", "read_only", "gone"])
@pytest.mark.parametrize(
    "rounds", [1, pytest.param(40, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
def test_edits_arrive_whatever_became_of_the_disk(
    road: Road, disk: Disk, trouble: str, rounds: int
) -> None:
    scenes = [road.add(f"{number}.mp4") for number in range(6)]
    for number in range(rounds):
        save(road, scenes[:2], f"Before {number}")
        road.drain()
        let_the_sweep_pass(road, len(scenes))
        with {"full": disk.full, "read_only": disk.read_only, "gone": disk.gone}[trouble]():
            save(road, scenes[2:4], f"Amid {number}")
        save(road, scenes[4:], f"After {number}")
        road.stash.run_task("Sync Changed Scenes")  # the remedy that every sentence names
    eventually(lambda: shown(scenes) == wanted(rounds - 1), PATIENCE)
    output = road.stash.run_task("Show Status").output
    assert (output["left"], output["problems"]) == (0, 0)
    assert os.path.ismount(disk.place)


def let_the_sweep_pass(road: Road, scenes: int) -> None:
    """Stash stamps edits with whole seconds: one in the very second in which its scene was looked
    at is missed by the remedy, as the documents say.
    """

    def swept() -> bool:
        with closing(sqlite3.connect(road.plugin.database)) as database:
            found: int = database.execute("SELECT count(*) FROM scenes").fetchone()[0]
        return found == scenes

    eventually(swept, PATIENCE)
    second = int(time.time())
    eventually(lambda: int(time.time()) > second)


def save(road: Road, scenes: list[tuple[int, Item]], title: str) -> None:
    for scene, _ in scenes:
        (run,) = road.stash.scene_update(scene, title=title)
        assert run.exit_code == 0
        assert run.output == "ok" or run.error


def shown(scenes: list[tuple[int, Item]]) -> list[str]:
    return [item.title for _, item in scenes]


def wanted(number: int) -> list[str]:
    return [f"{when} {number}" for when in ("Before", "Amid", "After") for _ in range(2)]
