"""Stash kills a hook with SIGKILL when the browser tab closes, at any instruction."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time

import pytest

from sync_queue.manager import QueueManager
from tests.installed_plugin import InstalledPlugin

KILLS = [20, pytest.param(500, marks=[pytest.mark.soak, pytest.mark.timeout(600)])]


def send_and_kill(
    plugin: InstalledPlugin, stdin: dict[str, object], after: float
) -> tuple[bytes, float]:
    """Standard output of a hook that is killed ``after`` seconds (if it still runs then), and the
    seconds that it lived.
    """
    begun = time.monotonic()
    process = plugin.start()
    killer = threading.Timer(after, process.kill)
    killer.start()
    with process:
        stdout, _ = process.communicate(json.dumps(stdin).encode(), timeout=20)
    killer.cancel()
    killer.join()
    return stdout, time.monotonic() - begun


@pytest.mark.parametrize("kills", KILLS)
@pytest.mark.parametrize("with_database", [True, False], ids=["database", "spool"])
def test_no_event_is_lost_whose_hook_had_replied(
    plugin: InstalledPlugin, with_database: bool, kills: int
) -> None:
    rng = random.Random(20_260_101)
    if with_database:
        plugin.create_database()
    with plugin.worker_lock():
        usual = min(plugin.send(plugin.hook_stdin(n)).seconds for n in (900_001, 900_002, 900_003))
        replied = {900_001, 900_002, 900_003}
        cut = 0
        for number in range(1, kills + 1):
            # Most kills fall into the last part, in which the event is stored.
            after = usual * rng.triangular(0.2, 1.3, 0.95)
            stdout, lived = send_and_kill(plugin, plugin.hook_stdin(number), after)
            assert stdout in (b"", b'{"output": "ok"}')
            if stdout:
                replied.add(number)
                usual = min(usual, lived)  # the machine was busier before
            else:
                cut += 1
        assert cut > kills // 5, "hardly a hook was killed: the test shows nothing"
    stored = {int(key.removeprefix("scene:")) for key in plugin.stored_keys()}
    assert replied <= stored <= {*range(1, kills + 1), 900_001, 900_002, 900_003}
    assert_nothing_is_stuck(plugin, stored)


def assert_nothing_is_stuck(plugin: InstalledPlugin, stored: set[int]) -> None:
    """A worker that comes now gets the lock, reads every event and finds the file sound."""
    with plugin.worker_lock(), QueueManager(str(plugin.data_dir)) as manager:
        manager.take_in_spool()
        assert manager.spooled() == []
        claimed = manager.jobs.claim(2e9, len(stored) + 10)
        assert {leased.job.scene_id for leased in claimed} == stored
        for leased in claimed:
            assert manager.complete(leased)
    database = sqlite3.connect(plugin.database)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
