"""A disk that is really full and a directory that really cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sync_queue import rescue, spool
from sync_queue.daily import copy_daily, daily_path
from sync_queue.manager import QueueManager
from sync_queue.trouble import DatabaseFull, DatabaseUnwritable
from tests.database import stock
from tests.database.stock import NOON
from validation.errors import QueueError

resource = pytest.importorskip("resource", reason="limits and mounts are POSIX's")

MEGABYTE = 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]

# Stores jobs under a limit of file size until that is reached, and says which error came of it.
STORE_UNTIL_FULL = """
import sys
sys.path.insert(0, sys.argv[2])
from sync_queue.manager import QueueManager
from tests.database import stock
from validation.errors import QueueError
with QueueManager(sys.argv[1]) as manager:
    for number in range(100_000):
        try:
            manager.jobs.put(stock.job(number))
        except QueueError as error:
            print(type(error).__name__, number)
            break
"""


@contextmanager
def small_disk(place: Path, options: str = "size=2m") -> Iterator[Path]:
    """A file system of a few megabytes; skips the test where mounting is not allowed."""
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill_up(disk: Path, *, leave: int = 0) -> Path:
    """Write until nothing more fits."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    if leave:
        os.truncate(ballast, ballast.stat().st_size - leave)
    return ballast


def test_a_full_disk_is_named_and_no_stored_edit_is_lost(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, QueueManager(str(disk)) as manager:
        fill_up(disk, leave=512 * 1024)
        stored = 0
        with pytest.raises(DatabaseFull):
            for number in range(1, 10_000):
                manager.jobs.put(stock.job(number))
                stored = number
        with pytest.raises(DatabaseFull):
            manager.jobs.put(stock.job(10_001))

        assert manager.get_stats(NOON).pending == stored > 10
        os.remove(disk / "ballast")
        manager.jobs.put(stock.job(10_001))
        assert manager.get_stats(NOON).pending == stored + 1
        assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_disk_that_is_full_from_the_start_is_named(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        (disk / "queue").mkdir()
        ballast = fill_up(disk)

        with pytest.raises(QueueError) as raised:
            rescue.open_queue(str(disk))

        assert isinstance(raised.value, DatabaseFull | DatabaseUnwritable)
        os.remove(ballast)
        rescue.open_queue(str(disk)).jobs.close()


def test_spooled_edits_stay_in_their_files_while_the_disk_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, QueueManager(str(disk)) as manager:
        for number in range(1, 101):
            stock.spool(disk, number)
        ballast = fill_up(disk)

        with pytest.raises(DatabaseFull):
            manager.take_in_spool()

        assert len(manager.spooled()) == 100
        os.remove(ballast)
        assert manager.take_in_spool() == 100
        assert manager.get_stats(NOON).pending == 100


@pytest.mark.posix
def test_a_spooled_edit_that_cannot_be_opened_now_stays_where_it_is(tmp_path: Path) -> None:
    with QueueManager(str(tmp_path)) as manager:
        stock.spool(tmp_path, 1)
        (path,) = manager.spooled()
        free = os.dup(0)
        os.close(free)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
        try:
            with pytest.raises(DatabaseUnwritable, match="EMFILE"):
                manager.take_in_spool()
            with pytest.raises(OSError, match="Too many open files"):
                spool.read(path)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)

        assert len(manager.spooled()) == 1
        assert manager.take_in_spool() == 1


def test_a_rescue_on_a_full_disk_keeps_the_damaged_file_and_goes_on_later(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=8m") as disk:
        before = stock.make(disk)
        path = stock.database_file(disk)
        stock.overwrite(path, stock.page_of(path, b"Title 200"), 1)
        ballast = fill_up(disk, leave=100 * 1024)

        with pytest.raises(DatabaseFull):
            rescue.restore(str(disk), grace=0.0)
        with pytest.raises(DatabaseFull):
            rescue.open_queue(str(disk), grace=0.0)

        os.remove(ballast)
        with rescue.open_queue(str(disk), grace=0.0) as manager:
            assert stock.content(manager).jobs == before.jobs
        assert len(stock.set_aside(disk)) == 1


def test_there_is_no_daily_copy_when_space_is_short(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        stock.make(disk)
        with QueueManager(str(disk)) as manager:
            assert not copy_daily(manager, NOON)

        assert not os.path.exists(daily_path(str(stock.database_file(disk))))
        assert "too little free space" in caplog.text


@pytest.mark.posix
def test_a_limit_of_file_size_is_a_write_error(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTE, MEGABYTE))

    child = subprocess.run(
        [sys.executable, "-c", STORE_UNTIL_FULL, str(tmp_path), str(ROOT)],
        preexec_fn=limit,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=50,
    )

    kind, number = child.stdout.split()
    assert kind in ("DatabaseFull", "DatabaseUnwritable")
    with QueueManager(str(tmp_path)) as manager:
        assert manager.get_stats(NOON).pending == int(number) > 10


def test_a_file_system_mounted_read_only_is_named_and_heals(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        before = stock.make(disk)
        remount(disk, "ro")
        with pytest.raises(DatabaseUnwritable, match="write access"):
            rescue.open_queue(str(disk))
        remount(disk, "rw")

        with rescue.open_queue(str(disk)) as manager:
            assert stock.content(manager) == before


def remount(disk: Path, mode: str) -> None:
    """Make a mounted file system read-only or not."""
    subprocess.run(["mount", "-o", f"remount,{mode}", str(disk)], check=True)


@pytest.mark.posix
@pytest.mark.skipif(os.geteuid() == 0, reason="root writes wherever it likes")
def test_a_directory_without_write_access_is_named_and_heals(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    directory = tmp_path / "queue"
    directory.chmod(0o500)
    stock.database_file(tmp_path).chmod(0o400)
    try:
        with pytest.raises(DatabaseUnwritable, match="write access"):
            rescue.open_queue(str(tmp_path))
    finally:
        directory.chmod(0o700)
        stock.database_file(tmp_path).chmod(0o600)

    with rescue.open_queue(str(tmp_path)) as manager:
        assert stock.content(manager) == before


def test_a_directory_in_the_place_of_the_database_is_named(tmp_path: Path) -> None:
    stock.database_file(tmp_path).mkdir(parents=True)

    with pytest.raises(DatabaseUnwritable):
        QueueManager(str(tmp_path))
