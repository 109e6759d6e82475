"""Files that another program holds, and the many names of a directory."""

from __future__ import annotations

import logging
import marshal
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest

from sync_queue import datadir, lock, starts
from sync_queue.manager import QueueManager
from sync_queue.rescue import RESCUE_DIR, is_damaged_file
from tests.installed_plugin import ROOT, eventually
from tests.windows.conftest import PATIENCE, WindowsPlugin
from worker import bytecode, logs

pytestmark = [
    pytest.mark.skipif(sys.platform != "win32", reason="needs Windows (make test-windows)"),
    pytest.mark.timeout(600),
]

RESOLVE = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from sync_queue import datadir
failed = 0
for number in range(100):
    while time.time() < float(sys.argv[3]) + number * 0.05:
        pass
    try:
        datadir.resolve(os.path.join(sys.argv[2], str(number)), r"C:\\Users\\x\\.stash", {})
    except OSError as error:
        failed += 1
print(failed)
"""


def test_eight_processes_find_a_fresh_data_directory_in_parallel(tmp_path: Path) -> None:
    begin = str(time.time() + 5)
    command = [sys.executable, "-S", "-c", RESOLVE, str(ROOT), str(tmp_path), begin]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    assert [p.communicate(timeout=PATIENCE)[0].strip() for p in processes] == ["0"] * 8


def test_a_file_is_replaced_while_another_process_reads_it_again_and_again(tmp_path: Path) -> None:
    over = threading.Event()
    failures: list[OSError] = []
    datadir.write_private(str(tmp_path / datadir.IDENTITY), b"first")

    def read() -> None:
        while not over.is_set():
            try:
                assert datadir.remembered(str(tmp_path))
            except OSError as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(200):
            datadir.write_private(str(tmp_path / datadir.IDENTITY), b"%d" % number)
    finally:
        over.set()
        reader.join()
    assert failures == []
    assert datadir.remembered(str(tmp_path)) == b"199"
    assert os.listdir(tmp_path) == [datadir.IDENTITY]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_rename_waits_for_a_program_that_holds_a_file_for_a_moment(
    tmp_path: Path, kind: str
) -> None:
    (tmp_path / "new").mkdir()
    held = tmp_path / "new" / "core.pyd"
    held.write_bytes(b"x")
    scanner = held.open("rb")
    release = threading.Timer(1.0, scanner.close)
    release.start()
    source = held if kind == "file" else tmp_path / "new"
    datadir.replace(str(source), str(tmp_path / "there"))
    release.join()
    assert (tmp_path / "there").exists()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[logging.Logger]:
    """The worker's log, which turns over after 2,000 bytes."""
    logs.to_file(str(tmp_path))
    ours = logging.getLogger("plexsync")
    (handler,) = ours.handlers
    assert isinstance(handler, logs.PrivateRotatingFileHandler)
    handler.maxBytes = 2000
    yield logging.getLogger("plexsync.test")
    ours.removeHandler(handler)
    handler.close()


def test_no_line_is_lost_while_another_program_reads_the_full_log(
    tmp_path: Path, log: logging.Logger
) -> None:
    def written(numbers: range) -> int:
        text = "".join(path.read_text("utf-8") for path in tmp_path.glob("plexsync.log*"))
        return sum(f"line {number:03} " in text for number in numbers)

    for number in range(15):
        log.info("line %03d %s", number, "x" * 80)
    with (tmp_path / datadir.LOG_FILE).open("rb"):
        for number in range(100, 160):
            log.info("line %03d %s", number, "x" * 80)
        assert written(range(100, 160)) == 60
    for number in range(200, 203):
        log.info("line %03d %s", number, "x" * 80)
    assert written(range(200, 203)) == 3
    assert (tmp_path / f"{datadir.LOG_FILE}.1").exists(), "it turns over when it can again"


def local_unc(path: Path) -> str:
    r"""The directory as this machine's own share names it: ``\\localhost\C$\…``."""
    drive, rest = os.path.splitdrive(str(path))
    return f"\\\\localhost\\{drive[0]}${rest}"


def names_of(path: Path) -> dict[str, str]:
    return {"long": f"\\\\?\\{path}", "device": f"\\\\.\\{path}", "unc": local_unc(path)}


@pytest.mark.parametrize("kind", ["long", "device", "unc"])
def test_edits_reach_the_database_whatever_form_the_directory_s_name_has(
    on_windows: WindowsPlugin, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "data ü").mkdir()
    name = names_of(tmp_path / "data ü")[kind]
    if not os.path.isdir(name):
        pytest.skip(f"{name} is not reachable here")
    QueueManager(name).close()
    held = lock.acquire(name, patience=0)
    assert held is not None
    try:
        answer = on_windows.send(
            on_windows.installed.hook_stdin(7), environ={"STASH_PLUGIN_DATA": name}
        )
    finally:
        os.close(held)
    assert answer.reply == {"output": "ok"}
    assert answer.said == []
    assert datadir.spooled(name) == []
    with QueueManager(name) as manager:
        assert [claimed.job.scene_id for claimed in manager.jobs.claim(time.time())] == [7]


def test_a_stash_is_the_same_in_either_case_of_its_drive_and_folders(tmp_path: Path) -> None:
    plugin = str(tmp_path / "plugin")
    first = datadir.resolve(plugin, "C:\\Users\\Zoë\\.stash", {})
    for name in ("c:\\Users\\Zoë\\.stash", "C:/users/zoë/.STASH", "c:\\users\\ZOË\\.stash\\"):
        assert datadir.resolve(plugin, name, {}) == first
        assert datadir.locate(plugin, name, {}) == first
    other = datadir.resolve(plugin, "D:\\Users\\Zoë\\.stash", {})
    assert os.path.normcase(other) != os.path.normcase(first)
    again = datadir.resolve(plugin, "d:\\users\\zoë\\.stash", {})
    assert os.path.samefile(again, other)


def test_saves_of_a_stash_in_either_case_go_to_one_database(on_windows: WindowsPlugin) -> None:
    with on_windows.installed.worker_lock():
        for number, form in enumerate(("lower", "upper", "title"), 1):
            stdin = on_windows.installed.hook_stdin(number)
            connection = stdin["server_connection"]
            drive, rest = os.path.splitdrive(connection["Dir"])
            connection["Dir"] = getattr(drive, form)() + getattr(rest, form)()
            assert on_windows.send(stdin).reply == {"output": "ok"}
        assert on_windows.stored() == {"scene:1", "scene:2", "scene:3"}
    assert not list(on_windows.data_dir.glob("stash*/"))


def test_a_damaged_database_is_set_aside_and_the_edit_kept(on_windows: WindowsPlugin) -> None:
    on_windows.installed.create_database()
    path = on_windows.installed.database
    size = path.stat().st_size
    path.write_bytes(b"\xff" * size)
    on_windows.save(1)
    kept = on_windows.data_dir / RESCUE_DIR
    eventually(lambda: any(is_damaged_file(path.name) for path in kept.glob("*")), PATIENCE)
    eventually(lambda: on_windows.stored() == {"scene:1"}, PATIENCE)
    assert lock.worker_alive(str(on_windows.data_dir))


def test_bytecode_and_notes_are_written_byte_for_byte(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text("VALUE = 42\n")
    bytecode.compile_module(str(source))
    written = Path(cache_from_source(str(source))).read_bytes()
    assert written.startswith(MAGIC_NUMBER)
    assert marshal.loads(written[16:]).co_filename == str(source)
    (tmp_path / "queue").mkdir()
    starts.write(str(tmp_path), starts.Starts(1, 2.0, 3.0, "why"))
    assert (tmp_path / "queue" / starts.FILE).read_bytes() == b"1 1 2 3\nwhy\n"
