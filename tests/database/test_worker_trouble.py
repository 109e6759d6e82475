"""A worker whose database fails: it neither dies nor spins, and heals by itself."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sync_queue import rescue
from sync_queue.manager import QueueManager
from sync_queue.state import SweepNote
from sync_queue.trouble import (
    DatabaseDamaged,
    DatabaseFull,
    DatabaseReplaced,
    DatabaseUnwritable,
)
from tasks import modes
from tasks.context import TaskRequest
from tests.database import stock
from tests.database.stock import NOON
from validation.errors import QueueError
from worker.loop import End
from worker.processor import SyncWorker

Eventually = Callable[..., Any]

HOLD_LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


class Naps:
    """The seconds that a worker wanted to sleep; it really sleeps a hundredth of one."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.over = threading.Event()

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.over.wait(0.01)


@contextmanager
def running(manager: QueueManager, naps: Naps, **options: Any) -> Iterator[SyncWorker]:
    """A worker whose Stash is away: with a due job it asks, and holds everything."""
    plugin_dir = Path(manager.data_dir) / "plugin"
    plugin_dir.mkdir(exist_ok=True)
    (plugin_dir / "PlexSync.py").touch()
    worker = SyncWorker(
        manager,
        plugin_dir=str(plugin_dir),
        environ={"STASH_URL": "http://127.0.0.1:9"},
        sleep=naps,
        **options,
    )
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def held(manager: QueueManager) -> str:
    """The reason of the hold that the database knows of: the worker has worked."""
    database = sqlite3.connect(manager.jobs.file)
    try:
        row = database.execute(
            "SELECT json_extract(doc, '$.reason') FROM state WHERE name = 'hold'"
        ).fetchone()
    finally:
        database.close()
    return row[0] if row else ""


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[QueueManager]:
    with QueueManager(str(tmp_path)) as opened:
        opened.connection.execute("PRAGMA busy_timeout = 20")
        opened.jobs.put(stock.job(1))
        yield opened


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said at error level, in order."""
    return [record.message for record in caplog.records if record.levelname == "ERROR"]


def test_a_database_that_another_program_keeps_locked_is_waited_for(
    manager: QueueManager, caplog: pytest.LogCaptureFixture, eventually: Eventually
) -> None:
    naps = Naps()
    with (
        running(manager, naps) as worker,
        subprocess.Popen(
            [sys.executable, "-c", HOLD_LOCK, manager.jobs.file],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other,
    ):
        eventually(lambda: held(manager), timeout=30)
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"locked"
        stock.spool(manager.data_dir, 2)
        eventually(lambda: len(naps.seconds) >= 8)
        assert worker.is_alive()
        other.communicate(b"")
        eventually(lambda: not manager.spooled())

    assert naps.seconds[:6] == [5, 10, 20, 40, 60, 60]
    assert [message.split(" (")[0] for message in errors(caplog)] == [
        "Another program keeps the queue's database locked"
    ]
    assert manager.get_stats(NOON).pending == 2


def test_a_full_disk_is_waited_for_and_every_edit_is_stored_when_there_is_space(
    manager: QueueManager, caplog: pytest.LogCaptureFixture, eventually: Eventually
) -> None:
    naps = Naps()
    with running(manager, naps):
        eventually(lambda: held(manager), timeout=30)
        pages = manager.connection.execute("PRAGMA page_count").fetchone()[0]
        manager.connection.execute(f"PRAGMA max_page_count = {pages}")
        for number in range(2, 60):  # more than fits into the last page
            stock.spool(manager.data_dir, number)
        eventually(lambda: len(naps.seconds) >= 3)
        manager.connection.execute("PRAGMA max_page_count = 1000000")
        eventually(lambda: not manager.spooled())

    assert len([said for said in errors(caplog) if "is full" in said]) == 1
    stats = manager.get_stats(NOON)
    assert (stats.pending, stats.in_progress) == (59, 0)


def test_leases_of_a_step_that_failed_are_given_back_as_soon_as_that_is_possible(
    manager: QueueManager, eventually: Eventually
) -> None:
    naps = Naps()
    with running(manager, naps):
        eventually(lambda: held(manager), timeout=30)
        lock = sqlite3.connect(manager.jobs.file, isolation_level=None)
        lock.execute("UPDATE ack_queue_default SET status = 2")  # as a failed step leaves it
        lock.execute("BEGIN IMMEDIATE")
        stock.spool(manager.data_dir, 2)
        eventually(lambda: naps.seconds)
        lock.close()
        eventually(lambda: manager.get_stats(NOON).pending == 2)


def fill_disk(manager: QueueManager) -> None:
    """Let the database not grow any more."""
    pages = manager.connection.execute("PRAGMA page_count").fetchone()[0]
    manager.connection.execute(f"PRAGMA max_page_count = {pages}")


def refuse_writes(manager: QueueManager) -> None:
    """Let the database be read only."""
    manager.connection.execute("PRAGMA query_only = 1")


@pytest.mark.parametrize(
    ("obstruct", "error"), [(fill_disk, DatabaseFull), (refuse_writes, DatabaseUnwritable)]
)
def test_a_worker_of_a_task_ends_with_the_error_instead_of_waiting(
    manager: QueueManager,
    eventually: Eventually,
    obstruct: Callable[[QueueManager], None],
    error: type[QueueError],
) -> None:
    naps = Naps()
    for number in range(2, 60):  # more than fits into the last page
        stock.spool(manager.data_dir, number)
    with manager.transaction():
        manager.state.save(SweepNote(NOON, NOON))  # as an earlier worker left it
    obstruct(manager)
    with running(manager, naps, when_idle=True) as worker:
        eventually(lambda: not worker.is_alive())

    assert (worker.finished, type(worker.error), naps.seconds) == (End.DATABASE, error, [])


def test_damage_ends_the_worker_with_the_error(tmp_path: Path, eventually: Eventually) -> None:
    stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    stock.overwrite(path, stock.page_of(path, b"scene:31"), 1)
    with QueueManager(str(tmp_path)) as manager, running(manager, Naps()) as worker:
        eventually(lambda: not worker.is_alive())

    assert worker.finished == End.DATABASE
    assert isinstance(worker.error, DatabaseDamaged)


def test_a_task_that_meets_damage_restores_the_database_and_says_so(tmp_path: Path) -> None:
    stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    stock.overwrite(path, stock.page_of(path, b"scene:31"), 1)
    away = {"STASH_URL": "http://127.0.0.1:9"}
    request = TaskRequest("process_queue", str(tmp_path), data_dir=str(tmp_path), environ=away)
    with pytest.raises(DatabaseDamaged):
        modes.run(request, lambda share: None)

    assert len(stock.set_aside(tmp_path)) == 1
    with rescue.open_queue(str(tmp_path)) as manager:
        assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.posix
@pytest.mark.parametrize("name", ["data.db", "data.db-shm"])
def test_a_file_that_was_removed_ends_the_worker_with_the_error(
    manager: QueueManager, eventually: Eventually, name: str
) -> None:
    with running(manager, Naps()) as worker:
        eventually(lambda: held(manager), timeout=30)
        os.remove(Path(manager.jobs.file).with_name(name))
        stock.spool(manager.data_dir, 2)  # wakes the worker
        eventually(lambda: not worker.is_alive())

    assert isinstance(worker.error, DatabaseReplaced)
    with rescue.open_queue(manager.data_dir) as again:  # what lies there, and the spool
        assert again.take_in_spool() == 1


@pytest.mark.posix
def test_a_file_in_the_databases_place_ends_the_worker_and_is_used_by_the_next(
    manager: QueueManager, tmp_path: Path, eventually: Eventually
) -> None:
    other = tmp_path / "other"
    stock.make(other)
    with running(manager, Naps()) as worker:
        eventually(lambda: held(manager), timeout=30)
        os.replace(stock.database_file(other), manager.jobs.file)
        stock.spool(manager.data_dir, 2)
        eventually(lambda: not worker.is_alive())

    assert isinstance(worker.error, DatabaseReplaced)
    manager.close()
    with rescue.open_queue(manager.data_dir) as again:
        assert again.take_in_spool() == 1
        assert again.get_stats(NOON).pending == stock.JOBS + 1
