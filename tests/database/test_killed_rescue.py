"""A rescue that is killed at any moment loses nothing: the next start goes on with it."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sync_queue import rescue
from sync_queue.daily import copy_daily
from sync_queue.manager import QueueManager
from tests.database import stock
from tests.database.stock import NOON

ROOT = Path(__file__).resolve().parents[2]

RESCUE = """
import logging, sys
sys.path.insert(0, sys.argv[2])
from sync_queue import rescue
logging.disable()
print("ready", flush=True)
sys.stdin.readline()
rescue.open_queue(sys.argv[1], grace=0.0).jobs.close()
print("done", flush=True)
"""


def kill_after(data_dir: Path, seconds: float) -> bool:
    """Start a rescue and kill it; whether it had finished."""
    with subprocess.Popen(
        [sys.executable, "-c", RESCUE, str(data_dir), str(ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.stdin.write(b"go\n")
        process.stdin.flush()
        time.sleep(seconds)
        process.kill()
        return process.stdout.read() == b"done\n"


def kill_again_and_again(data_dir: Path, rng: random.Random, kills: int) -> int:
    """Damage, kill, look, over and over; returns how many kills came before the end."""
    before = stock.make(data_dir)
    with QueueManager(str(data_dir)) as manager:
        assert copy_daily(manager, NOON)
    early = 0
    for _ in range(kills):
        with stock.database_file(data_dir).open("r+b") as file:
            file.write(bytes(100))
        early += not kill_after(data_dir, rng.uniform(0.0, 0.15))
        if rng.random() < 0.5:
            early += not kill_after(data_dir, rng.uniform(0.0, 0.15))
        with rescue.open_queue(str(data_dir), grace=0.0) as manager:
            assert stock.content(manager) == before
            assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert not (data_dir / "rescue" / rescue.PENDING).exists()
        assert stock.set_aside(data_dir)
    return early


@pytest.mark.slow
def test_a_rescue_that_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path, random.Random(4), kills=6) > 0


@pytest.mark.soak
def test_hundreds_of_killed_rescues_lose_nothing(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path, random.Random(5), kills=200) > 50
