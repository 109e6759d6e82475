"""Hooks make sure that exactly one worker lives, and leave nothing of theirs to it."""

from __future__ import annotations

import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sync_queue import lock
from tests.installed_plugin import StandInWorkers, eventually


def environ_of(pid: int) -> dict[str, str]:
    entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(entry.decode().split("=", 1) for entry in entries if entry)


def open_files(pid: int) -> dict[int, str]:
    found = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        found[int(entry.name)] = os.readlink(entry)
    return found


def test_sixteen_hooks_at_once_store_every_event_and_start_one_worker(
    stand_in_workers: StandInWorkers,
) -> None:
    plugin = stand_in_workers.plugin
    hooks = [(plugin.start(), plugin.hook_stdin(number)) for number in range(1, 17)]
    with ThreadPoolExecutor(16) as pool:  # all have started and wait for their input
        answers = list(pool.map(lambda hook: plugin.finish(*hook), hooks))
    assert [answer.stdout for answer in answers] == [b'{"output": "ok"}'] * 16
    assert sorted(plugin.stored_keys()) == sorted(f"scene:{n}" for n in range(1, 17))
    eventually(stand_in_workers.holding)
    assert Counter(fate for _, fate in stand_in_workers.started()) == {"starts": 1, "holds": 1}


def test_a_worker_that_died_is_replaced_by_the_next_hook(stand_in_workers: StandInWorkers) -> None:
    plugin = stand_in_workers.plugin
    for count in (1, 2):
        plugin.send(plugin.hook_stdin(count))
        eventually(lambda: len(stand_in_workers.holding()) == count)  # noqa: B023 (asked before the next)
        plugin.send(plugin.hook_stdin(count + 10))
        assert len(stand_in_workers.holding()) == count
        os.kill(stand_in_workers.holding()[-1], 9)
        eventually(lambda: not lock.worker_alive(str(plugin.data_dir)))


def test_the_worker_is_detached_and_inherits_nothing_of_the_hook(
    stand_in_workers: StandInWorkers,
) -> None:
    plugin = stand_in_workers.plugin
    secret = "SESSION-COOKIE-VALUE"
    answer = plugin.send(plugin.hook_stdin(1))
    assert answer.stdout == b'{"output": "ok"}'  # read to its end: the worker does not hold it
    (pid,) = eventually(stand_in_workers.holding)
    files = open_files(pid)
    assert files.pop(0) == str(plugin.data_dir / "queue" / "worker.lock")
    assert (files.pop(1), files.pop(2)) == (os.devnull, os.devnull)
    its_own = {plugin.directory / "stand-in.pipe", plugin.data_dir / "plexsync.log"}
    assert set(files.values()) <= {str(path) for path in its_own}
    assert os.getsid(pid) == pid
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    assert [os.fsdecode(word) for word in command] == [
        plugin.python,
        str(plugin.directory / "PlexSync.py"),
        "--worker",
    ]
    environ = environ_of(pid)
    assert environ["STASH_PLUGIN_DATA"] == str(plugin.data_dir)
    assert not any(secret in value for value in environ.values())


def test_a_filtered_hook_starts_no_worker(stand_in_workers: StandInWorkers) -> None:
    plugin = stand_in_workers.plugin
    plugin.send(plugin.hook_stdin(1, ["play_count"]))
    assert stand_in_workers.started() == []
    assert not plugin.data_dir.exists()


def test_a_status_probe_is_not_taken_for_a_worker(stand_in_workers: StandInWorkers) -> None:
    plugin = stand_in_workers.plugin
    (plugin.data_dir / "queue").mkdir(parents=True)
    probe = lock.open_lock(str(plugin.data_dir))
    try:
        assert lock.take(probe, shared=True)
        process = plugin.start()
        assert process.stdin
        process.stdin.write(json.dumps(plugin.hook_stdin(1)).encode())
        process.stdin.close()
        eventually(lambda: plugin.stored_keys() == ["scene:1"])
        lock.release(probe)
        assert process.wait(10) == 0
        assert process.stdout
        assert process.stdout.read() == b'{"output": "ok"}'
    finally:
        os.close(probe)
        process.stdout and process.stdout.close()
        process.stderr and process.stderr.close()
    assert len(eventually(stand_in_workers.holding)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_a_bulk_edit_stores_every_event_and_starts_one_worker(
    stand_in_workers: StandInWorkers, count: int
) -> None:
    plugin = stand_in_workers.plugin
    for number in range(1, count + 1):
        answer = plugin.send(plugin.hook_stdin(number, ["ids", "rating100"], input={"ids": []}))
        assert (answer.status, answer.stdout) == (0, b'{"output": "ok"}')
        if number == count // 2:
            plugin.create_database()  # from here on in the database
    assert plugin.stored_keys() != []
    assert set(plugin.stored_keys()) == {f"scene:{n}" for n in range(1, count + 1)}
    assert len(plugin.stored_keys()) == count
    assert Counter(fate for _, fate in stand_in_workers.started()) == {"starts": 1, "holds": 1}
