"""Several processes use one database at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sync_queue import schema
from sync_queue.job_counts import QueueStats
from sync_queue.manager import QueueManager
from tests.installed_plugin import ROOT

PROGRAM = ROOT / "tests" / "sync_queue" / "many_processes.py"
NOW = 1_800_000_000.0


def play(mode: str, data_dir: Path, *more: str, timeout: float = 50) -> list[Any]:
    run = subprocess.run(
        [sys.executable, str(PROGRAM), mode, str(data_dir), *more],
        capture_output=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        check=True,
        timeout=timeout,
    )
    assert run.stderr == b""
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.soak)])
def test_twelve_processes_create_the_database_at_once(tmp_path: Path, times: int) -> None:
    for number in range(times):
        data_dir = tmp_path / str(number)
        assert play("create", data_dir) == ["created"] * 12
        with QueueManager(str(data_dir)) as manager:
            assert manager.get_stats(NOW) == QueueStats(12, 0, 0, 0, 0)
            assert manager.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_three_competing_consumers_never_get_the_same_job(tmp_path: Path) -> None:
    reports = play("consume", tmp_path / "data")
    delivered = [number for report in reports for number in report]
    assert len(delivered) == len(set(delivered)) == 400
    with QueueManager(str(tmp_path / "data")) as manager:
        assert manager.get_stats(NOW) == QueueStats(0, 0, 0, 400, 0)


@pytest.mark.parametrize("kills", [20, pytest.param(500, marks=pytest.mark.soak)])
def test_killed_workers_lose_nothing_and_leave_no_lease(tmp_path: Path, kills: int) -> None:
    play("kill", tmp_path, str(kills), timeout=50 + kills)
    settled = [int(line) for line in (tmp_path / "report").read_text().split()]
    assert settled, "no worker settled anything"
    assert len(settled) == len(set(settled))
    with QueueManager(str(tmp_path)) as manager:
        stats = manager.get_stats(NOW)
        assert (stats.left, manager.letters.count()) == (0, 0)
        rows = manager.connection.execute(
            f"SELECT _id, key, interrupted FROM {schema.JOBS}"
        ).fetchall()
        assert set(settled) <= {row[0] for row in rows}
        assert {row[1] for row in rows} == {f"scene:{n}" for n in range(1, 31)}
        assert any(row[2] for row in rows), "no worker was killed while it held a lease"
        assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
