"""The resident worker's process when its files are damaged, deleted or replaced under it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators import resident
from sync_queue import schema
from sync_queue.daily import copy_daily
from sync_queue.manager import QueueManager
from sync_queue.schema import SCHEMA_VERSION
from tests.database import stock
from tests.installed_plugin import InstalledPlugin

pytestmark = pytest.mark.slow

Eventually = Callable[..., Any]
PATIENCE = 40.0
RESTORED = "PlexSync's database was damaged"


@pytest.fixture
def stocked(plugin: InstalledPlugin) -> Iterator[InstalledPlugin]:
    """A plugin with a full database; its workers end with the test. No Stash answers them, so
    every job waits.
    """
    stock.make(plugin.data_dir)
    yield plugin
    resident.stop_workers(plugin.data_dir)


def start_worker(plugin: InstalledPlugin, eventually: Eventually) -> int:
    """Let a hook start the worker; its pid once it has asked Stash in vain and rests."""
    assert plugin.send(plugin.hook_stdin(7001)).reply == {"output": "ok"}
    eventually(lambda: "Stash is not reachable" in log(plugin), timeout=PATIENCE)
    eventually(lambda: all(row["status"] != schema.RUNNING for row in plugin.rows()))
    (pid,) = resident.workers(plugin.data_dir)
    return pid


def log(plugin: InstalledPlugin) -> str:
    """What the workers have said."""
    file = plugin.data_dir / "plexsync.log"
    return file.read_text("utf-8") if file.exists() else ""


def waiting(plugin: InstalledPlugin) -> set[str]:
    """The keys of the jobs that wait in the database; nothing while it cannot be read."""
    try:
        return {row["key"] for row in plugin.rows() if row["status"] < 5}
    except sqlite3.DatabaseError:
        return set()


def expected(*more: int) -> set[str]:
    """The keys of all jobs of the stock, and of some more scenes."""
    return {f"scene:{n}" for n in (*range(21, 21 + stock.JOBS), *more)}


def beside(plugin: InstalledPlugin, statement: str) -> None:
    """Do something to the database from another process than the worker's."""
    database = sqlite3.connect(plugin.database, timeout=20, isolation_level=None)
    try:
        database.execute(statement)
    finally:
        database.close()


def root_page(plugin: InstalledPlugin, name: str) -> int:
    """The page at which a table or an index begins."""
    database = sqlite3.connect(plugin.database)
    try:
        row = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,))
        page: int = row.fetchone()[0]
    finally:
        database.close()
    return page


def test_a_worker_that_meets_damage_restores_the_database_and_goes_on(
    stocked: InstalledPlugin, eventually: Eventually
) -> None:
    pid = start_worker(stocked, eventually)
    page = root_page(stocked, "job_due")
    beside(stocked, "PRAGMA wal_checkpoint(TRUNCATE)")
    stock.overwrite(stocked.database, page, 1)
    beside(stocked, "INSERT INTO state (name, doc) VALUES ('a commit', '{\"version\": 1}')")

    eventually(lambda: RESTORED in log(stocked), timeout=PATIENCE)
    eventually(lambda: waiting(stocked) == expected(7001), timeout=PATIENCE)

    assert resident.workers(stocked.data_dir) == {pid}
    assert stocked.send(stocked.hook_stdin(7002)).reply == {"output": "ok"}
    eventually(lambda: waiting(stocked) == expected(7001, 7002), timeout=PATIENCE)


def test_a_worker_that_starts_with_a_garbage_header_restores_the_database_first(
    stocked: InstalledPlugin, eventually: Eventually
) -> None:
    with QueueManager(str(stocked.data_dir)) as manager:
        assert copy_daily(manager, time.time())
    spoil_header(stocked)
    answer = stocked.send(stocked.hook_stdin(7001))

    assert answer.reply == {"output": "ok"}
    eventually(lambda: waiting(stocked) == expected(7001), timeout=PATIENCE)
    assert "was restored" in log(stocked)
    eventually(lambda: RESTORED in said_to_stash(stocked))


def spoil_header(plugin: InstalledPlugin) -> None:
    """Let nothing of the database be readable."""
    with plugin.database.open("r+b") as file:
        file.write(os.urandom(100))


def said_to_stash(plugin: InstalledPlugin) -> str:
    """What the next hook says in Stash's own log."""
    return " ".join(line for _, line in plugin.send(plugin.hook_stdin(7001)).said)


@pytest.mark.parametrize("name", ["data.db", "data.db-shm", "worker.lock"])
def test_a_worker_whose_file_was_removed_ends_and_the_next_edit_starts_another(
    stocked: InstalledPlugin, eventually: Eventually, name: str
) -> None:
    pid = start_worker(stocked, eventually)
    (stocked.data_dir / "queue" / name).unlink()
    stock.spool(stocked.data_dir, 7002)  # wakes the worker

    eventually(lambda: not resident.is_running(pid), timeout=PATIENCE)
    (line,) = [line for line in log(stocked).splitlines() if "was removed or replaced" in line]
    assert f"file {name} " in line
    assert stocked.send(stocked.hook_stdin(7003)).reply == {"output": "ok"}
    eventually(lambda: {"scene:7002", "scene:7003"} <= waiting(stocked), timeout=PATIENCE)
    if name != "data.db":
        assert waiting(stocked) == expected(7001, 7002, 7003)


def test_a_copy_put_in_the_database_s_place_is_used_by_the_next_worker(
    stocked: InstalledPlugin, eventually: Eventually, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(stocked.database, copy)
    pid = start_worker(stocked, eventually)
    beside(stocked, "INSERT INTO state (name, doc) VALUES ('newer', '{\"version\": 1}')")
    os.replace(copy, stocked.database)
    stock.spool(stocked.data_dir, 7002)  # wakes the worker

    eventually(lambda: not resident.is_running(pid), timeout=PATIENCE)
    assert stocked.send(stocked.hook_stdin(7003)).reply == {"output": "ok"}
    eventually(lambda: waiting(stocked) == expected(7002, 7003), timeout=PATIENCE)
    database = sqlite3.connect(stocked.database)
    assert database.execute("SELECT 1 FROM state WHERE name = 'newer'").fetchone() is None
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_worker_whose_data_directory_was_removed_ends_and_the_next_edit_starts_another(
    stocked: InstalledPlugin, eventually: Eventually
) -> None:
    pid = start_worker(stocked, eventually)
    removed = stocked.data_dir.with_name("removed")
    stocked.data_dir.rename(removed)

    eventually(lambda: not resident.is_running(pid), timeout=PATIENCE)
    assert stocked.send(stocked.hook_stdin(7002)).reply == {"output": "ok"}
    eventually(lambda: waiting(stocked) == {"scene:7002"}, timeout=PATIENCE)


def test_a_worker_of_older_code_leaves_a_newer_database_alone_and_says_so(
    stocked: InstalledPlugin, eventually: Eventually
) -> None:
    beside(stocked, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with stocked.worker_lock():
        before = stocked.database.read_bytes()
        answer = stocked.send(stocked.hook_stdin(7001))
    assert answer.reply == {"output": "ok"}

    stocked.send(stocked.hook_stdin(7002))
    eventually(lambda: "written by a newer PlexSync" in log(stocked), timeout=PATIENCE)
    eventually(lambda: not resident.workers(stocked.data_dir), timeout=PATIENCE)
    beside(stocked, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert before[60:64] == stocked.database.read_bytes()[60:64]
    assert waiting(stocked) == expected(7001, 7002)


@pytest.mark.parametrize("mode", ["process_queue", "retry_failed"])
def test_a_task_that_finds_a_damaged_database_restores_it_and_goes_on(
    stocked: InstalledPlugin, mode: str
) -> None:
    with QueueManager(str(stocked.data_dir)) as manager:
        assert copy_daily(manager, time.time())
    spoil_header(stocked)

    answer = stocked.send(stocked.stdin({"mode": mode}))

    assert answer.reply["output"]["mode"] == mode
    assert any(RESTORED in line for _, line in answer.said)
    assert waiting(stocked) >= expected()
    status = stocked.send(stocked.stdin({"mode": "status"}))
    assert any(RESTORED in line for _, line in status.said)


def test_status_of_a_damaged_database_says_so_and_changes_nothing(
    stocked: InstalledPlugin,
) -> None:
    with stocked.database.open("r+b") as file:
        file.write(os.urandom(100))
    before = stocked.database.read_bytes()

    answer = stocked.send(stocked.stdin({"mode": "status"}))

    assert "is damaged" in answer.reply["output"]["problem"]
    assert stocked.database.read_bytes() == before
