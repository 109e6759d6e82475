"""A worker that cannot start: its reason is said once, and it is not tried with every save."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.resident import stop_workers
from sync_queue import lock, starts
from sync_queue.starts import LATER, QUICK_STARTS, SAY_AGAIN, SILENT_STARTS, SOON, Starts
from tests.installed_plugin import InstalledPlugin, eventually

NOW = 1_798_761_600.0
WHY = "The Python packages are missing."


@pytest.mark.parametrize(
    ("note", "passed", "too_soon"),
    [
        (Starts(), 0.0, False),
        (Starts(1, NOW, 0, WHY), 0.0, True),
        (Starts(1, NOW, 0, WHY), SOON - 1, True),
        (Starts(1, NOW, 0, WHY), SOON, False),
        (Starts(1, NOW, 0, WHY), -3600.0, False),  # a clock that jumped back
        (Starts(QUICK_STARTS, NOW, 0, WHY), SOON, True),
        (Starts(QUICK_STARTS, NOW, 0, WHY), LATER, False),
        (Starts(SILENT_STARTS - 1, NOW, 0, ""), 0.0, False),  # it may have been killed
        (Starts(SILENT_STARTS, NOW, 0, ""), 0.0, True),
    ],
)
def test_starts_that_fail_become_rarer(note: Starts, passed: float, too_soon: bool) -> None:
    assert note.too_soon(NOW + passed) is too_soon


def test_a_reason_is_said_once_an_hour_and_another_reason_at_once(tmp_path: Path) -> None:
    data_dir = str(tmp_path)
    (tmp_path / "queue").mkdir()
    assert not starts.read(data_dir).unsaid(NOW)
    starts.note_failure(data_dir, WHY, NOW)
    assert starts.read(data_dir).unsaid(NOW)
    starts.note_said(data_dir, NOW)
    starts.note_failure(data_dir, WHY, NOW + 61)
    assert not starts.read(data_dir).unsaid(NOW + 61)
    assert starts.read(data_dir).unsaid(NOW + SAY_AGAIN)
    starts.note_failure(data_dir, "Another reason.", NOW + 122)
    assert starts.read(data_dir).unsaid(NOW + 122)


@pytest.mark.parametrize(
    "content", [b"", b"1 2", b"1 x 0 0\nwhy", b"2 1 0 0\nwhy", b"\xff\xfe", b"1 " + b"9" * 5000]
)
def test_a_damaged_note_is_no_note(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "queue").mkdir()
    (tmp_path / "queue" / starts.FILE).write_bytes(content)
    assert starts.read(str(tmp_path)).count == 0
    starts.note_failure(str(tmp_path), "line one\nline two", NOW)
    assert starts.read(str(tmp_path)).problem == "line one line two"


def test_a_note_is_kept_beside_a_directory_that_takes_none(tmp_path: Path) -> None:
    data_dir = str(tmp_path / "data")  # not there, and not made
    starts.note_failure(data_dir, WHY, NOW)
    assert starts.read(data_dir).problem == WHY
    starts.clear(data_dir)
    assert starts.read(data_dir).problem == ""


@pytest.fixture
def broken(own_plugin: InstalledPlugin) -> Iterator[InstalledPlugin]:
    """A plugin whose worker notes each start and ends with an error."""
    module = own_plugin.directory / "worker" / "resident.py"
    module.write_text(
        "def main(plugin_dir):\n"
        "    with open(plugin_dir + '/started', 'a') as file:\n"
        "        file.write('x')\n"
        "    raise RuntimeError('nobody foresaw this')\n"
    )
    yield own_plugin
    eventually(lambda: not lock.worker_alive(str(own_plugin.data_dir)))


def started(plugin: InstalledPlugin) -> int:
    file = plugin.directory / "started"
    return file.stat().st_size if file.exists() else 0


def save(plugin: InstalledPlugin, scene: int) -> list[str]:
    """What the hook of a save says, when the worker that it may start has ended."""
    answer = plugin.send(plugin.hook_stdin(scene))
    assert answer.stdout == b'{"output": "ok"}'
    eventually(lambda: not lock.worker_alive(str(plugin.data_dir)))
    return [line for _, line in answer.said]


@pytest.mark.posix
def test_a_worker_that_cannot_start_is_started_once_and_the_next_save_says_why(
    broken: InstalledPlugin,
) -> None:
    assert save(broken, 1) == []
    (line,) = save(broken, 2)
    assert "worker could not start" in line
    assert "nobody foresaw this" in line
    assert [save(broken, number) for number in (3, 4, 5)] == [[], [], []]
    assert started(broken) == 1
    assert broken.stored_keys() == [f"scene:{n}" for n in range(1, 6)]


@pytest.mark.posix
def test_after_a_minute_a_save_tries_again(broken: InstalledPlugin) -> None:
    save(broken, 1)
    data_dir = str(broken.data_dir)
    last = starts.read(data_dir)
    starts.write(data_dir, Starts(last.count, time.time() - SOON, time.time(), last.why))
    save(broken, 2)
    assert started(broken) == 2
    assert starts.read(data_dir).count == 2


@pytest.mark.posix
def test_status_says_why_no_worker_starts(broken: InstalledPlugin) -> None:
    save(broken, 1)
    said = broken.send(broken.stdin({"mode": "status"})).said
    text = " ".join(line for _, line in said)
    assert "nobody foresaw this" in text
    assert "Process Queue" in text


@pytest.mark.posix
def test_a_worker_that_is_killed_before_it_works_is_started_by_the_next_save(
    own_plugin: InstalledPlugin,
) -> None:
    (own_plugin.directory / "worker" / "resident.py").write_text(
        "import os\ndef main(plugin_dir):\n    os.kill(os.getpid(), 9)\n"
    )
    for number in range(1, SILENT_STARTS + 1):
        assert save(own_plugin, number) == []
        assert starts.read(str(own_plugin.data_dir)).count == number
    (line,) = save(own_plugin, 9)
    assert f"ended {SILENT_STARTS} times" in line
    assert starts.read(str(own_plugin.data_dir)).count == SILENT_STARTS


@pytest.mark.posix
def test_a_worker_that_finds_a_newer_database_says_so_in_stash_s_log_and_in_status(
    own_plugin: InstalledPlugin,
) -> None:
    own_plugin.create_database()
    database = sqlite3.connect(own_plugin.database)
    database.execute("PRAGMA user_version = 99")
    database.close()
    save(own_plugin, 1)
    (line,) = save(own_plugin, 2)
    assert "newer PlexSync" in line
    assert "Update the plugin" in line
    for mode in ("status", "check_setup"):
        answer = own_plugin.send(own_plugin.stdin({"mode": mode}))
        assert any("newer PlexSync" in line for _, line in answer.said), mode


def test_a_worker_whose_database_opens_forgets_earlier_failures(
    own_plugin: InstalledPlugin,
) -> None:
    data_dir = str(own_plugin.data_dir)
    own_plugin.create_database()
    starts.note_failure(data_dir, WHY, time.time() - 2 * LATER)
    save_and_stop(own_plugin)
    assert starts.read(data_dir).problem == ""


def save_and_stop(plugin: InstalledPlugin) -> None:
    """A save starts a worker, which is ended once its database is open."""
    plugin.send(plugin.hook_stdin(1))
    eventually(lambda: starts.read(str(plugin.data_dir)).count == 0, timeout=20)
    stop_workers(plugin.data_dir)
