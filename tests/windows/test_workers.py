"""Locks, the one worker, its death, its successor and its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simulators.resident import is_running
from sync_queue import datadir, lock
from tests.installed_plugin import ROOT, eventually, recorded_stdin
from tests.windows.conftest import PATIENCE, WindowsPlugin, end
from tools.package import shipped_files

pytestmark = [
    pytest.mark.skipif(sys.platform != "win32", reason="needs Windows (make test-windows)"),
    pytest.mark.timeout(600),
]

LOOK_AT_THE_LOCK = """
import sys
sys.path.insert(0, sys.argv[1])
from sync_queue import lock
times = int(sys.argv[3])
print(sum(lock.worker_alive(sys.argv[2]) for _ in range(times)))
if times == 1:
    print("taken" if lock.take_for_worker(sys.argv[2]) is not None else "refused")
"""


def looker(data_dir: Path, times: int) -> subprocess.Popen[str]:
    """A process that looks at the lock so many times; one look is followed by a try to take it."""
    command = [sys.executable, "-S", "-c", LOOK_AT_THE_LOCK, str(ROOT), str(data_dir), str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def words(process: subprocess.Popen[str]) -> list[str]:
    return process.communicate(timeout=PATIENCE)[0].split()


def test_the_lock_is_seen_by_other_processes_until_its_holder_gives_it_back(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    assert not lock.worker_alive(str(tmp_path))
    held = lock.acquire(str(tmp_path), patience=0)
    assert held is not None
    assert words(looker(tmp_path, 1)) == ["1", "refused"]
    assert lock.acquire(str(tmp_path), patience=0) is None
    lock.release(held)
    assert words(looker(tmp_path, 1)) == ["0", "taken"]
    os.close(held)


def test_many_processes_that_only_look_take_no_other_for_a_worker(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    os.close(lock.open_lock(str(tmp_path)))
    lookers = [looker(tmp_path, 2000) for _ in range(3)]
    assert [words(process) for process in lookers] == [["0"]] * 3


def test_every_recorded_hook_is_answered_by_one_worker_s_plugin(on_windows: WindowsPlugin) -> None:
    connection = on_windows.installed.stdin({})["server_connection"]
    hooks = [stdin for _, stdin in recorded_stdin() if "hookContext" in stdin["args"]]
    assert hooks
    for stdin in hooks:
        answer = on_windows.send({**stdin, "server_connection": connection})
        assert (answer.status, answer.reply) == (0, {"output": "ok"}), answer
    on_windows.worker()
    assert len(on_windows.workers_ever()) == 1


@pytest.mark.parametrize("attempt", range(4))
def test_eight_first_hooks_in_parallel_lose_nothing_and_start_one_worker(
    on_windows: WindowsPlugin, attempt: int
) -> None:
    processes = [on_windows.start() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        inputs = [on_windows.installed.hook_stdin(number) for number in range(1, 9)]
        answers = list(pool.map(on_windows.finish, processes, inputs))
    assert [answer.stdout for answer in answers] == [b'{"output": "ok"}'] * 8, answers
    wanted = {f"scene:{number}" for number in range(1, 9)}
    eventually(lambda: on_windows.stored() == wanted, PATIENCE)
    on_windows.worker()
    assert len(on_windows.workers_ever()) == 1
    eventually(lambda: not datadir.spooled(str(on_windows.data_dir)), PATIENCE)
    assert not list(on_windows.data_dir.rglob("*.tmp"))


def test_a_killed_worker_frees_its_lock_and_the_next_save_starts_another(
    on_windows: WindowsPlugin,
) -> None:
    on_windows.save(1)
    first = on_windows.worker()
    end(first)
    eventually(lambda: not lock.worker_alive(str(on_windows.data_dir)), PATIENCE)
    on_windows.save(2)
    eventually(lambda: len(on_windows.workers_ever()) == 2, PATIENCE)
    second = on_windows.worker()
    assert second != first
    eventually(lambda: on_windows.stored() == {"scene:1", "scene:2"}, PATIENCE)


def delete_the_plugin(plugin: WindowsPlugin) -> None:
    """What Stash's plugin manager does first for an update, and only for a removal."""
    for name in shipped_files():
        os.remove(plugin.installed.directory / name)


def test_a_worker_hands_over_to_the_code_of_an_update(
    on_windows: WindowsPlugin, shipped: Path
) -> None:
    on_windows.save(1)
    old = on_windows.worker()
    new_files = {name: (shipped / name).read_bytes() for name in shipped_files()}
    delete_the_plugin(on_windows)
    for name, content in new_files.items():
        (on_windows.installed.directory / name).write_bytes(content)
    eventually(lambda: len(on_windows.workers_ever()) == 2 or not is_running(old), PATIENCE)
    eventually(lambda: len(on_windows.workers_ever()) == 2, 60), on_windows.log()
    eventually(lambda: not is_running(old), PATIENCE)
    new = on_windows.worker()
    on_windows.save(2)
    assert on_windows.worker() == new
    assert len(on_windows.workers_ever()) == 2


def test_a_worker_ends_when_the_plugin_is_removed(on_windows: WindowsPlugin) -> None:
    on_windows.save(1)
    worker = on_windows.worker()
    delete_the_plugin(on_windows)
    eventually(lambda: not is_running(worker), PATIENCE)
    assert on_windows.stored() == {"scene:1"}


WITHOUT_WINDOW = """
import ctypes, json, os, subprocess, sys
LOOK = (
    "import ctypes; user, kernel = ctypes.WinDLL('user32'), ctypes.WinDLL('kernel32');"
    "kernel.GetConsoleWindow.restype = user.IsWindowVisible.argtypes = None;"
    "kernel.GetConsoleWindow.restype = ctypes.c_void_p;"
    "user.IsWindowVisible.argtypes = (ctypes.c_void_p,);"
    "print(user.IsWindowVisible(kernel.GetConsoleWindow() or 0))"
)
def main(plugin_dir):
    # The launcher of a virtual environment starts a second Python, as this does.
    done = subprocess.run([sys.executable, "-S", "-c", LOOK], stdout=subprocess.PIPE)
    seen = [done.stdout.decode().strip()]
    streams = [os.fstat(number).st_mode for number in range(3)]
    with open(os.path.join(plugin_dir, "seen.json.new"), "w") as file:
        json.dump([seen, streams], file)
    os.replace(os.path.join(plugin_dir, "seen.json.new"), os.path.join(plugin_dir, "seen.json"))
"""


def test_a_worker_and_its_children_have_no_window_and_their_own_streams(
    on_windows: WindowsPlugin,
) -> None:
    resident = on_windows.installed.directory / "worker" / "resident.py"
    resident.write_text(WITHOUT_WINDOW, "utf-8")
    on_windows.save(1)
    note = on_windows.installed.directory / "seen.json"
    eventually(note.exists, PATIENCE)
    windows, streams = json.loads(note.read_text("utf-8"))
    assert windows == ["0"]
    assert len(streams) == 3
