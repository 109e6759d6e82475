"""A rescue that is killed at any moment loses nothing: the next start finishes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sync_queue import rescue
from sync_queue.daily import copy_daily
from sync_queue.manager import QueueManager
from tests.database import stock
from tests.database.stock import NOON

ROOT = Path(__file__).resolve().parents[2]
KILLED = 9

# Ends at the n-th change of the file system, or at the n-th opening of a database.
RESCUE = """
import logging, os, sys
sys.path.insert(0, sys.argv[2])
from sync_queue import rescue
logging.disable()
left = [int(sys.argv[3])]

def count(event, arguments):
    if event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "sqlite3.connect"):
        left[0] -= 1
        if left[0] == 0:
            os._exit(9)

sys.addaudithook(count)
rescue.open_queue(sys.argv[1], grace=0.0).close()
"""


def killed_at(data_dir: Path, moment: int) -> bool:
    """Rescue the database and die at a moment; False when the rescue came to its end before."""
    command = [sys.executable, "-c", RESCUE, str(data_dir), str(ROOT), str(moment)]
    status = subprocess.run(command, check=False).returncode
    assert status in (0, KILLED)
    return status == KILLED


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["header", "removed"])
def test_a_rescue_that_is_killed_at_any_moment_loses_nothing(tmp_path: Path, damage: str) -> None:
    moment, died = 0, True
    while died:
        moment += 1
        data_dir = tmp_path / str(moment)
        before = stock.make(data_dir)
        with QueueManager(str(data_dir)) as manager:
            assert copy_daily(manager, NOON)
        path = stock.database_file(data_dir)
        if damage == "header":
            path.write_bytes(bytes(100) + path.read_bytes()[100:])
        else:
            path.unlink()
        died = killed_at(data_dir, moment)
        killed_at(data_dir, moment // 2)  # and once more in its second run
        with rescue.open_queue(str(data_dir), grace=0.0) as manager:
            assert stock.content(manager) == before
            assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert not (data_dir / "rescue" / rescue.PENDING).exists()
        assert len(stock.set_aside(data_dir)) == (damage == "header")
    assert moment > 10
