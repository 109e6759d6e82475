"""Events that waited in files: taken in once, never lost, never a stumbling block."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_queue import producer
from sync_queue.manager import QueueManager
from tests.installed_plugin import ROOT, InstalledPlugin, eventually

NOW = 1_800_000_000.0


def spool(data_dir: str, scene: int, *, now: float = NOW, cookie: str = "c") -> Path:
    """Write one event as a hook does; returns its file."""
    record = {
        "key": f"scene:{scene}",
        "scene_id": scene,
        "update_type": "Scene.Update.Post",
        "connection": json.dumps({"server_connection": {"SessionCookie": {"Value": cookie}}}),
        "now": now,
    }
    return Path(producer.spool(data_dir, record))


def cookie(manager: QueueManager) -> str:
    doc = json.loads(json.dumps(manager.stash_connection()))
    value: str = doc["server_connection"]["SessionCookie"]["Value"]
    return value


def test_spooled_events_become_jobs_and_their_files_go(manager: QueueManager) -> None:
    for scene in (1, 2, 1):
        spool(manager.data_dir, scene)
    assert manager.work_waits(NOW)
    assert manager.take_in_spool() == 3
    assert manager.spooled() == []
    assert manager.take_in_spool() == 0
    first, second = manager.jobs.claim(NOW, 10)
    assert first.job.scene_id == 1
    assert (second.job.update_type, second.job.enqueued_at) == ("Scene.Update.Post", NOW)


def test_a_spooled_event_and_a_stored_one_say_the_same(
    manager: QueueManager, plugin: InstalledPlugin
) -> None:
    with plugin.worker_lock():
        stdin = plugin.hook_stdin(5, ["id", "title"])
        plugin.send(stdin)
        with QueueManager(str(plugin.data_dir)) as queue:
            assert queue.take_in_spool() == 1
            (spooled,) = queue.jobs.claim(NOW * 2)
            plugin.send(stdin)
            assert plugin.spooled() == []
            (stored,) = queue.jobs.claim(NOW * 2)
    assert spooled.job.as_json() == stored.job.as_json()
    assert 0 < spooled.job.enqueued_at < stored.job.enqueued_at


def test_an_event_that_a_hook_of_version_1_0_spooled_is_taken_in(manager: QueueManager) -> None:
    data = {"fields": ["title"]}
    job = {"scene_id": 7, "update_type": "x", "data": data, "enqueued_at": 5.0, "job_key": "k"}
    spool(manager.data_dir, 1).write_text(
        json.dumps({"version": 1, "job": job, "code": "1.0.0+5", "connection": {}})
    )
    assert manager.take_in_spool() == 1
    (leased,) = manager.jobs.claim(NOW)
    assert (leased.job.scene_id, leased.job.enqueued_at, leased.job.job_key) == (7, 5.0, "k")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version": 1}',
        b'{"version": 2, "job": {"scene_id": 1, "job_key": "scene:1"}, "connection": {}}',
        b'{"version": 1, "job": {"scene_id": "1", "job_key": "k"}, "code": "", "connection": {}}',
        b'{"version": 1, "job": [], "code": "", "connection": {}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_set_aside_and_stops_no_process(
    manager: QueueManager, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    spool(manager.data_dir, 1)
    damaged = Path(manager.data_dir, "spool", "00000000000000000001-1.json")
    damaged.write_bytes(content)
    spool(manager.data_dir, 2)
    with caplog.at_level(logging.ERROR, "plexsync.queue"):
        assert manager.take_in_spool() == 2
    assert [leased.job.scene_id for leased in manager.jobs.claim(NOW, 10)] == [1, 2]
    assert manager.spooled() == []
    assert damaged.with_name(damaged.name + ".damaged").read_bytes() == content
    assert str(damaged) in caplog.text
    assert "Sync Changed Scenes" in caplog.text


def test_a_directory_among_the_files_is_set_aside(manager: QueueManager) -> None:
    Path(manager.data_dir, "spool", "1.json").mkdir(parents=True)
    assert manager.take_in_spool() == 0
    assert manager.spooled() == []


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["pipe", "endless", "link to a device"])
def test_what_would_be_read_for_ever_is_set_aside(manager: QueueManager, kind: str) -> None:
    odd = Path(manager.data_dir, "spool", "00000000000000000001-1.json")
    odd.parent.mkdir(parents=True, exist_ok=True)
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "endless":
        odd.touch()
        os.truncate(odd, 10**12)  # takes no space
    else:
        odd.symlink_to("/dev/zero")
    assert manager.take_in_spool() == 0
    assert manager.spooled() == []


@pytest.mark.posix
@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that gives EIO")
def test_a_file_that_the_disk_cannot_read_is_set_aside_and_stops_nobody(
    manager: QueueManager, caplog: pytest.LogCaptureFixture
) -> None:
    spool(manager.data_dir, 1)
    unreadable = Path(manager.data_dir, "spool", "00000000000000000001-1.json")
    unreadable.symlink_to("/proc/self/mem")
    assert manager.take_in_spool() == 1
    assert manager.spooled() == []
    assert str(unreadable) in caplog.text


@pytest.mark.parametrize("number", [-1, 10**18, 10**30, 1.5, True])
def test_a_file_with_a_number_that_no_scene_has_is_set_aside(
    manager: QueueManager, number: object
) -> None:
    file = spool(manager.data_dir, 1)
    doc = json.loads(file.read_text())
    doc["job"]["scene_id"] = number
    file.write_text(json.dumps(doc))
    assert manager.take_in_spool() == 0
    assert manager.spooled() == []


def test_more_events_than_fit_into_one_transaction_are_all_taken_in(manager: QueueManager) -> None:
    one = spool(manager.data_dir, 1).read_text()
    for scene in range(2, 1204):
        copy = one.replace('"scene:1"', f'"scene:{scene}"')
        Path(manager.data_dir, "spool", f"{scene}.json").write_text(copy)
    counts = [manager.take_in_spool() for _ in range(4)]
    assert counts == [500, 500, 203, 0]
    assert manager.get_stats(NOW).pending == 1203


def test_an_older_session_never_replaces_a_newer_one(manager: QueueManager) -> None:
    newer = {"server_connection": {"SessionCookie": {"Value": "newer"}}}
    manager.remember_connection(newer, NOW)
    spool(manager.data_dir, 1, now=NOW - 5, cookie="older")
    manager.take_in_spool()
    assert cookie(manager) == "newer"
    spool(manager.data_dir, 1, now=NOW + 5, cookie="newest")
    manager.take_in_spool()
    assert cookie(manager) == "newest"
    manager.remember_connection(newer, NOW - 1e9)  # a hook tells what is, whatever the clock says
    assert cookie(manager) == "newer"


def test_an_unfinished_file_of_a_killed_hook_is_removed_in_time(
    manager: QueueManager, set_age: Callable[[Path, float], None]
) -> None:
    old = spool(manager.data_dir, 1).rename(Path(manager.data_dir, "spool", "1.json.99.tmp"))
    new = spool(manager.data_dir, 2).rename(Path(manager.data_dir, "spool", "2.json.98.tmp"))
    set_age(old, 7200)
    with QueueManager(manager.data_dir) as opened:
        assert opened.take_in_spool() == 0
    assert not old.exists()
    assert new.exists()


@pytest.fixture
def set_age() -> Callable[[Path, float], None]:
    """Make a file look as if it had been written ``seconds`` ago."""

    def set_it(path: Path, seconds: float) -> None:
        stamp = path.stat().st_mtime - seconds
        os.utime(path, (stamp, stamp))

    return set_it


TAKE_IN = """
import sys
from sync_queue.manager import QueueManager
with QueueManager(sys.argv[1]) as manager:
    print("open", flush=True)
    while True:
        manager.take_in_spool()
"""


@pytest.mark.posix
@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.soak)])
def test_a_worker_killed_while_it_takes_events_in_loses_none(tmp_path: Path, kills: int) -> None:
    data_dir = str(tmp_path / "data")
    QueueManager(data_dir).jobs.close()
    for kill in range(kills):
        for scene in range(100):
            spool(data_dir, 1 + kill * 100 + scene)
        with subprocess.Popen(
            [sys.executable, "-c", TAKE_IN, data_dir],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        ) as worker:
            left = 100 - 30 * (kill % 4)  # killed before, during and after

            def enough(left: int = left) -> bool:
                return len(list(Path(data_dir, "spool").glob("*.json"))) <= left

            eventually(enough)
            worker.send_signal(signal.SIGKILL)
    with QueueManager(data_dir) as manager:
        while manager.take_in_spool():
            pass
        jobs = manager.jobs.claim(NOW, 100 * kills + 1)
        assert sorted(leased.job.scene_id for leased in jobs) == list(range(1, 100 * kills + 1))
