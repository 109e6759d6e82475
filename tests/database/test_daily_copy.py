"""The daily copy of the database."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from sync_queue.daily import BETWEEN_SECONDS, copy_daily, daily_path
from sync_queue.manager import QueueManager
from sync_queue.trouble import DatabaseDamaged
from tests.database import stock
from tests.database.stock import NOON
from worker.maintenance import Maintenance
from worker.permission import Permission
from worker.servers import Servers

DAY = 24 * 3600.0


def daily(data_dir: Path) -> Path:
    return Path(daily_path(str(stock.database_file(data_dir))))


@pytest.mark.posix
def test_the_copy_is_whole_private_and_a_database_of_its_own(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    umask = os.umask(0)
    try:
        with QueueManager(str(tmp_path)) as manager:
            assert copy_daily(manager, NOON)
    finally:
        os.umask(umask)

    assert stat.S_IMODE(daily(tmp_path).stat().st_mode) == 0o600
    elsewhere = tmp_path / "elsewhere"
    stock.database_file(elsewhere).parent.mkdir(parents=True)
    daily(tmp_path).rename(stock.database_file(elsewhere))
    with QueueManager(str(elsewhere)) as manager:
        assert stock.content(manager) == before
    assert sorted(os.listdir(tmp_path / "queue")) == ["data.db"]


@pytest.mark.parametrize(
    ("later", "made"),
    [(0.0, False), (0.9 * DAY, False), (BETWEEN_SECONDS, True), (-1.0, True), (DAY - NOON, True)],
)
def test_the_copy_is_made_once_a_day_and_again_when_the_clock_jumped_back(
    tmp_path: Path, later: float, made: bool
) -> None:
    stock.make(tmp_path)
    with QueueManager(str(tmp_path)) as manager:
        assert copy_daily(manager, NOON)
        assert copy_daily(manager, NOON + later) is made
        assert not copy_daily(manager, NOON + later)


def test_an_idle_worker_makes_the_copy_when_it_tidies_up(tmp_path: Path) -> None:
    stock.make(tmp_path)
    with QueueManager(str(tmp_path)) as manager:
        servers = Servers(manager, {}, lambda: NOON, lambda seconds: None)
        servers.take_settings({}, enabled=True)
        permission = Permission(manager, servers, str(tmp_path), lambda: NOON)
        Maintenance(manager, servers, permission, lambda: NOON).run(NOON)

    assert daily(tmp_path).exists()


def test_a_database_without_scenes_is_not_worth_a_copy(tmp_path: Path) -> None:
    with QueueManager(str(tmp_path)) as manager:
        manager.jobs.put(stock.job(1))
        assert not copy_daily(manager, NOON)

    assert not daily(tmp_path).exists()


def test_the_rest_of_a_killed_copy_is_replaced(tmp_path: Path) -> None:
    stock.make(tmp_path)
    left = daily(tmp_path).with_name(daily(tmp_path).name + ".tmp")
    left.write_bytes(b"half a copy")
    with QueueManager(str(tmp_path)) as manager:
        assert copy_daily(manager, NOON)

    assert not left.exists()
    copy = sqlite3.connect(daily(tmp_path))
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()


def test_copying_a_damaged_database_finds_the_damage_and_keeps_the_older_copy(
    tmp_path: Path,
) -> None:
    stock.make(tmp_path)
    with QueueManager(str(tmp_path)) as manager:
        copy_daily(manager, NOON)
    older = daily(tmp_path).read_bytes()
    path = stock.database_file(tmp_path)
    stock.overwrite(path, stock.page_of(path, b"Title 200"), 1)

    with QueueManager(str(tmp_path)) as manager, pytest.raises(DatabaseDamaged):
        copy_daily(manager, NOON + 2 * DAY)

    assert daily(tmp_path).read_bytes() == older
    assert not [name for name in os.listdir(tmp_path / "queue") if name.endswith(".tmp")]


def test_events_go_on_being_stored_while_the_copy_is_made(tmp_path: Path) -> None:
    stock.make(tmp_path)
    with QueueManager(str(tmp_path)) as manager:
        other = sqlite3.connect(manager.jobs.file, timeout=0.0, isolation_level=None)
        stored: list[int] = []

        def store() -> int:
            if not stored:
                other.execute("INSERT INTO state (name, doc) VALUES ('beside', '{}')")
                stored.append(1)
            return 0

        manager.connection.set_progress_handler(store, 1000)
        assert copy_daily(manager, NOON)
        manager.connection.set_progress_handler(None, 0)
        other.close()

    assert stored == [1]


def test_the_weekly_copy_of_version_1_goes_when_there_is_a_daily_one(tmp_path: Path) -> None:
    stock.make(tmp_path)
    older = Path(f"{stock.database_file(tmp_path)}.weekly")
    older.write_bytes(b"an older copy")
    with QueueManager(str(tmp_path)) as manager:
        assert copy_daily(manager, NOON)
    assert daily(tmp_path).exists()
    assert not older.exists()
