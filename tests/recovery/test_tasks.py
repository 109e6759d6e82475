"""Process Queue drains or follows, and ends; Show Status looks and touches nothing."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import Kind
from simulators.resident import lock_is_held, workers
from sync_queue import schema
from tests.e2e.conftest import Road
from tests.installed_plugin import Answer, eventually
from tests.recovery.crashes import Crashes

pytestmark = pytest.mark.posix

SQLITES_OWN = ("-wal", "-shm")


def run(road: Road, mode: str) -> Answer:
    """One task as Stash runs it, to its end."""
    return road.plugin.send(road.stash.task_stdin(mode=mode), timeout=50)


def progress_of(answer: Answer) -> list[float]:
    """What the bar of Stash's task queue showed."""
    return [float(text) for level, text in answer.log if level == "p"]


def everything(road: Road) -> dict[str, list[Any]]:
    """All rows of all tables."""
    database = sqlite3.connect(f"file:{road.plugin.database}?mode=ro", uri=True)
    try:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: database.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names}
    finally:
        database.close()


def files(road: Road) -> dict[Path, bytes]:
    """All files of the plugin and of Stash's folder, but SQLite's own two."""
    return {
        file: file.read_bytes()
        for file in sorted(road.plugin.stash_dir.rglob("*"))
        if file.is_file()
        and not file.name.endswith(SQLITES_OWN)
        and "__pycache__" not in file.parts
    }


def waiting_edits(road: Road, count: int) -> Crashes:
    """Edits that wait in the queue, with no worker alive."""
    edits = Crashes(road, seed=11, scenes=count)
    while len(edits.titles) < count:
        edits.edit()
    return edits


def test_process_queue_drains_in_the_foreground_with_progress(road: Road) -> None:
    edits = waiting_edits(road, 6)
    road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.2, times=None)
    answer = run(road, "process_queue")
    assert answer.status == 0
    assert answer.reply == {
        "output": {"mode": "process_queue", "done": 6, "left": 0, "problems": 0}
    }
    shown = progress_of(answer)
    assert shown[0] == 0.0
    assert shown[-1] == 1.0
    assert shown == sorted(shown)
    assert len(set(shown)) >= 3
    edits.assert_nothing_is_lost()
    assert not lock_is_held(road.plugin.data_dir)


def test_process_queue_follows_the_worker_that_drains_already(road: Road) -> None:
    scenes = [road.add(f"{n}.mp4") for n in range(5)]
    slow = road.plex.faults.add(Kind.DELAY, method="PUT", seconds=0.5, times=None)
    road.stash.bulk_scene_update([scene for scene, _ in scenes], details="New.")
    eventually(lambda: slow.hits, timeout=20)
    worker = road.worker()
    answer = run(road, "process_queue")
    assert answer.reply["output"]["left"] == 0
    assert any("drains the queue" in text for _, text in answer.log)
    assert {item.fields.get("summary") for _, item in scenes} == {"New."}
    shown = progress_of(answer)
    assert shown == sorted(shown)
    assert shown[-1] == 1.0
    assert workers(road.plugin.data_dir) == {worker}


def test_process_queue_ends_although_a_job_waits_for_its_time(road: Road) -> None:
    edits = waiting_edits(road, 3)
    road.plex.faults.add(Kind.STATUS, method="PUT", status=404, times=None)
    answer = run(road, "process_queue")
    assert answer.reply["output"]["left"] == 3
    assert road.states() == [schema.READY] * 3
    assert any("wait" in text for _, text in answer.log)
    road.plex.faults.clear()
    road.stop_worker()
    edits.recover()
    edits.assert_nothing_is_lost()


def test_process_queue_ends_when_plex_is_away_and_says_so(road: Road) -> None:
    waiting_edits(road, 3)
    road.plex.stop()
    answer = run(road, "process_queue")
    output = answer.reply["output"]
    assert (output["done"], output["left"]) == (0, 3)
    assert any("Plex" in text for level, text in answer.log if level in "iwe")


@pytest.mark.parametrize("how", ["task", "operation"])
def test_status_changes_no_row_and_no_file_and_starts_no_worker(road: Road, how: str) -> None:
    edits = waiting_edits(road, 4)
    road.plex.faults.add(Kind.STATUS, method="PUT", status=400, times=1)
    run(road, "process_queue")
    for _ in range(3):
        edits.edit()
    rows, before = everything(road), files(road)
    if how == "task":
        answer = run(road, "status")
        assert answer.status == 0
        lines = [text for level, text in answer.log if level != "p"]
        assert 3 <= len(lines) <= 15
        assert any(str(road.plugin.data_dir) in text for text in lines)
        output = answer.reply["output"]
    else:
        output = road.stash.run_operation({"mode": "status"}).output
    assert output["mode"] == "status"
    assert output["failed"] == 1
    assert output["pending"] == len({row["key"] for row in road.plugin.rows() if row["status"] < 2})
    assert everything(road) == rows
    assert files(road) == before
    assert not lock_is_held(road.plugin.data_dir)


def test_status_before_the_first_edit_creates_nothing(road: Road) -> None:
    before = files(road)
    answer = run(road, "status")
    assert answer.reply["output"]["pending"] == 0
    assert files(road) == before
    assert not road.plugin.data_dir.exists()


def test_status_says_whether_a_worker_lives(road: Road) -> None:
    scene, _ = road.add("Harbour Lights.mp4")
    assert run(road, "status").reply["output"]["worker_alive"] is False
    road.stash.scene_update(scene, title="New")
    road.drain()
    assert json.loads(run(road, "status").stdout)["output"]["worker_alive"] is True
