"""Where an event goes when the database, the disk or the directory refuses it."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync_queue.manager import QueueManager
from tests.installed_plugin import Answer, InstalledPlugin, eventually

if sys.platform != "win32":
    import resource

pytestmark = pytest.mark.posix

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def without_root_powers() -> None:
    """Run in the child before exec: file permissions hold for root too."""
    if os.getuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for power in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            assert libc.prctl(PR_CAPBSET_DROP, power, 0, 0, 0) == 0


def with_files_no_longer_than(size: int) -> Callable[[], None]:
    """Run in the child before exec: a disk on which files cannot grow beyond ``size`` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@contextmanager
def locked(path: Path, kind: str) -> Iterator[None]:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(f"BEGIN {kind}")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.close()


def permissions(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def assert_stored(answer: Answer) -> None:
    assert (answer.status, answer.stdout) == (0, b'{"output": "ok"}'), answer


def assert_lost_loudly(answer: Answer) -> None:
    assert answer.status == 0
    assert answer.reply["output"] is None
    assert answer.said[-1] == ("e", answer.reply["error"])
    assert "could not store this edit" in answer.reply["error"]


def test_before_the_first_worker_events_wait_in_files(plugin: InstalledPlugin) -> None:
    with plugin.worker_lock():
        for number in (1, 2):
            answer = plugin.send(plugin.hook_stdin(number))
            assert_stored(answer)
            assert answer.said == []
    assert plugin.stored_keys() == ["scene:1", "scene:2"]
    assert not plugin.database.exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_file_of_a_hook_is_for_its_owner_only(plugin: InstalledPlugin, umask: int) -> None:
    with plugin.worker_lock():
        assert_stored(plugin.send(plugin.hook_stdin(1), umask=umask))
    plugin.create_database()
    with plugin.worker_lock():
        assert_stored(plugin.send(plugin.hook_stdin(2), umask=umask))
    paths = [plugin.data_dir, *plugin.data_dir.rglob("*")]
    assert {"data.db", "data.db-wal", "data.db-shm", "spool", "worker.lock", "stash.json"} <= {
        path.name for path in paths
    }
    assert {p: permissions(p) for p in paths} == {
        p: "0o700" if p.is_dir() else "0o600" for p in paths
    }


@pytest.mark.parametrize("kind", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_database_is_waited_for_half_a_second(ready: InstalledPlugin, kind: str) -> None:
    with locked(ready.database, kind):
        answer = ready.send(ready.hook_stdin(1))
        assert_stored(answer)
        assert 0.5 <= answer.seconds < 1.5
        assert ready.spooled()[0]["job"]["job_key"] == "scene:1"
    assert [level for level, _ in answer.log] == ["w", "d"]  # why, and that it took long
    assert "waits in a file" in answer.log[0][1]
    with QueueManager(str(ready.data_dir)) as manager:
        assert manager.take_in_spool() == 1
    assert [row["key"] for row in ready.rows()] == ["scene:1"]
    assert ready.spooled() == []


def test_a_lock_shorter_than_half_a_second_is_sat_out(ready: InstalledPlugin) -> None:
    with locked(ready.database, "IMMEDIATE"):
        process = ready.start()
        assert process.stdin
        process.stdin.flush()
    assert_stored(ready.finish(process, ready.hook_stdin(1)))
    assert ready.spooled() == []


def no_sqlite_file(database: Path) -> None:
    database.write_bytes(b"this is not a database " * 500)


def cut_in_half(database: Path) -> None:
    database.write_bytes(database.read_bytes()[:5000])


def overwritten_inside(database: Path) -> None:
    content = database.read_bytes()
    database.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


@pytest.mark.parametrize("damage", [no_sqlite_file, cut_in_half, overwritten_inside])
def test_a_broken_database_is_said_and_left_alone(
    ready: InstalledPlugin, damage: Callable[[Path], None]
) -> None:
    damage(ready.database)
    before = ready.database.read_bytes()
    answer = ready.send(ready.hook_stdin(1))
    assert_stored(answer)
    assert [level for level, _ in answer.said] == ["w"]
    assert ready.spooled()[0]["job"]["job_key"] == "scene:1"
    assert ready.database.read_bytes() == before


def test_an_empty_database_file_is_one_that_is_being_created(plugin: InstalledPlugin) -> None:
    with plugin.worker_lock():
        plugin.database.touch()
        answer = plugin.send(plugin.hook_stdin(1))
    assert_stored(answer)
    assert answer.said == []
    assert plugin.spooled()[0]["job"]["job_key"] == "scene:1"


def test_a_read_only_database_leaves_the_event_in_a_file(ready: InstalledPlugin) -> None:
    with mode(ready.database, 0o400):
        answer = ready.send(ready.hook_stdin(1), preexec_fn=without_root_powers)
    assert_stored(answer)
    assert [level for level, _ in answer.said] == ["w"]
    assert ready.spooled()[0]["job"]["job_key"] == "scene:1"


def test_a_read_only_plugin_keeps_its_data_beside_stashs_configuration(
    own_plugin: InstalledPlugin,
) -> None:
    home = own_plugin.stash_dir / "plexsync"
    with mode(own_plugin.directory, 0o500):
        own_plugin.data_dir = home
        with own_plugin.worker_lock():
            answer = own_plugin.send(own_plugin.hook_stdin(1), preexec_fn=without_root_powers)
    assert_stored(answer)
    assert own_plugin.spooled()[0]["job"]["job_key"] == "scene:1"
    assert not (own_plugin.directory / "data").exists()
    assert permissions(home) == "0o700"


def a_file(path: Path) -> None:
    path.write_text("not a directory")


def a_read_only_directory(path: Path) -> None:
    path.mkdir(mode=0o500)


@pytest.mark.parametrize("make", [a_file, a_read_only_directory])
def test_an_unusable_data_directory_is_said_with_the_way_out(
    plugin: InstalledPlugin, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "unusable")
    answer = plugin.send(
        plugin.hook_stdin(1),
        environ={"STASH_PLUGIN_DATA": str(tmp_path / "unusable")},
        preexec_fn=without_root_powers,
    )
    assert_lost_loudly(answer)
    assert "permissions" in answer.reply["error"]
    assert "Sync Changed Scenes" in answer.reply["error"]


def test_a_full_disk_is_said_in_log_and_reply(ready: InstalledPlugin) -> None:
    assert_stored(ready.send(ready.hook_stdin(1)))
    answer = ready.send(ready.hook_stdin(2), preexec_fn=with_files_no_longer_than(0))
    assert_lost_loudly(answer)
    assert [level for level, _ in answer.said] == ["w", "e"]
    assert list((ready.data_dir / "spool").iterdir()) == []
    assert_stored(ready.send(ready.hook_stdin(3)))
    assert ready.stored_keys() == ["scene:1", "scene:3"]


def test_a_disk_with_room_for_a_small_file_takes_the_event_there(ready: InstalledPlugin) -> None:
    answer = ready.send(ready.hook_stdin(1), preexec_fn=with_files_no_longer_than(4096))
    assert_stored(answer)
    assert ready.spooled()[0]["job"]["job_key"] == "scene:1"


def test_a_full_disk_on_the_first_event_ever_is_said(plugin: InstalledPlugin) -> None:
    answer = plugin.send(plugin.hook_stdin(1), preexec_fn=with_files_no_longer_than(0))
    assert_lost_loudly(answer)


def test_a_worker_that_cannot_be_started_does_not_lose_the_event(
    plugin: InstalledPlugin, tmp_path: Path
) -> None:
    plugin.create_database()
    python = tmp_path / "python3"
    python.symlink_to(os.path.realpath(plugin.python))
    plugin.python = str(python)
    process = plugin.start()
    eventually(lambda: "PlexSync" in command_line(process.pid))
    python.unlink()
    answer = plugin.finish(process, plugin.hook_stdin(1))
    assert_stored(answer)
    ((level, line),) = answer.said
    assert level == "e"
    assert "Process Queue" in line
    assert plugin.stored_keys() == ["scene:1"]


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode()
