"""Files that vanish under a live worker: it ends within moments, and a lost edit is told."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from simulators import resident
from sync_queue import schema
from tests.installed_plugin import InstalledPlugin, eventually

pytestmark = [
    pytest.mark.slow,
    pytest.mark.posix,
]
PATIENCE = 30.0


@pytest.fixture
def house(plugin: InstalledPlugin) -> Iterator[InstalledPlugin]:
    """A plugin whose Stash does not answer: every edit waits."""
    yield plugin
    resident.stop_workers(plugin.data_dir)


def save(plugin: InstalledPlugin, *scenes: int) -> None:
    for scene in scenes:
        assert plugin.send(plugin.hook_stdin(scene)).reply == {"output": "ok"}


def start_worker(plugin: InstalledPlugin) -> int:
    """Let a save start the worker; its pid once it has asked Stash in vain and sleeps."""
    save(plugin, 1)
    log = plugin.data_dir / "plexsync.log"
    eventually(lambda: log.exists() and "Stash is not reachable" in log.read_text(), PATIENCE)
    eventually(lambda: all(row["status"] != schema.RUNNING for row in plugin.rows()))
    (pid,) = resident.workers(plugin.data_dir)
    return pid


def waiting(plugin: InstalledPlugin) -> set[str]:
    """The keys of the edits that wait in the database; nothing while it cannot be read."""
    try:
        return {row["key"] for row in plugin.rows() if row["status"] < schema.DONE}
    except sqlite3.DatabaseError:
        return set()


def edits(*scenes: int) -> set[str]:
    return {f"scene:{scene}" for scene in scenes}


@pytest.mark.parametrize("name", ["data.db-shm", "worker.lock"])
def test_no_edit_goes_when_a_file_vanishes_under_the_worker(
    house: InstalledPlugin, name: str
) -> None:
    pid = start_worker(house)
    (house.data_dir / "queue" / name).unlink()
    save(house, *range(2, 9))
    eventually(lambda: not resident.is_running(pid), PATIENCE)
    save(house, 9)
    eventually(lambda: waiting(house) == edits(*range(1, 10)), PATIENCE)
    eventually(lambda: len(resident.workers(house.data_dir)) == 1, PATIENCE)
    assert f"file {name} " in (house.data_dir / "plexsync.log").read_text()


@pytest.mark.parametrize("turn", range(3))
def test_edits_that_go_with_the_log_of_the_database_are_told(
    house: InstalledPlugin, turn: int
) -> None:
    """SQLite keeps a commit in the -wal file alone until a checkpoint: nobody can bring it back."""
    pid = start_worker(house)
    (house.data_dir / "queue" / "data.db-wal").unlink()
    save(house, *range(2, 4 + 2 * turn))
    eventually(lambda: not resident.is_running(pid), PATIENCE)
    save(house, 99)
    eventually(lambda: "scene:99" in waiting(house), PATIENCE)
    eventually(lambda: len(resident.workers(house.data_dir)) == 1, PATIENCE)
    eventually(
        lambda: "data.db-wal). Edits that only this file held are lost" in state(house), PATIENCE
    )
    database = sqlite3.connect(house.database)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def state(plugin: InstalledPlugin) -> str:
    """All that the database keeps for Status and hooks."""
    try:
        with closing(sqlite3.connect(plugin.database)) as database:
            return str(database.execute("SELECT sentence FROM notice").fetchall())
    except sqlite3.DatabaseError:
        return ""


@pytest.mark.parametrize("turn", range(3))
def test_another_database_in_its_place_is_used_and_no_worker_stays_with_the_old_one(
    house: InstalledPlugin, turn: int
) -> None:
    pid = start_worker(house)
    copy = house.data_dir / "copy.db"
    shutil.copy(house.database, copy)
    save(house, *range(2, 4 + turn))
    os.replace(copy, house.database)
    save(house, *range(10, 13 + turn))
    eventually(lambda: not resident.is_running(pid), PATIENCE)
    save(house, 99)
    eventually(lambda: "scene:99" in waiting(house), PATIENCE)
    eventually(lambda: len(resident.workers(house.data_dir)) == 1, PATIENCE)
    database = sqlite3.connect(house.database)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    eventually(
        lambda: "data.db). Edits that only this file held are lost" in state(house), PATIENCE
    )


def test_a_worker_whose_lock_vanished_leaves_by_itself(house: InstalledPlugin) -> None:
    pid = start_worker(house)
    (house.data_dir / "queue" / "worker.lock").unlink()
    eventually(lambda: not resident.is_running(pid), PATIENCE)


@pytest.mark.parametrize("name", ["data.db-shm", "data.db-wal", "worker.lock"])
def test_the_last_edit_waits_for_no_other_save_when_a_file_vanished(
    house: InstalledPlugin, name: str
) -> None:
    pid = start_worker(house)
    (house.data_dir / "queue" / name).unlink()
    save(house, 2)
    eventually(lambda: not resident.is_running(pid), PATIENCE)
    eventually(lambda: len(resident.workers(house.data_dir)) == 1, PATIENCE)
    eventually(lambda: waiting(house) == edits(1, 2) and not house.spooled(), PATIENCE)


def is_gone(pid: int) -> bool:
    return not resident.is_running(pid)


def test_workers_whose_files_never_stay_the_same_do_not_start_each_other_for_ever(
    house: InstalledPlugin,
) -> None:
    start_worker(house)
    for _ in range(10):
        (pid,) = resident.workers(house.data_dir)
        (house.data_dir / "queue" / "worker.lock").unlink(missing_ok=True)
        eventually(partial(is_gone, pid), PATIENCE)
        if not resident.lock_is_held(house.data_dir):
            break
        eventually(lambda: resident.workers(house.data_dir), PATIENCE)
    assert not resident.lock_is_held(house.data_dir)
