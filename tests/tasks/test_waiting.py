"""What waits: for whom, for how long a task watches, and how it is told."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from sync_queue import lock
from sync_queue.facts import Facts
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from sync_queue.report import QueueReport, Tables, read_report
from sync_queue.shared import shared_queue
from sync_queue.state import HoldNote
from tasks import deliver
from tasks.advice import waiting_reason
from tasks.context import TaskRequest
from tasks.desk import open_desk
from tasks.outcomes import library_result
from tests.tasks.conftest import Library


@pytest.fixture
def stuck(library: Library) -> Iterator[QueueManager]:
    """A queue with one due job, and a worker that holds the lock and does nothing."""
    with shared_queue(library.request("drain").resolve()) as manager:
        manager.jobs.put(scene_job(1, "Scene.Update.Post", 1.0))
        held = lock.acquire(manager.data_dir)
        assert held is not None
        yield manager
        lock.release(held)
        os.close(held)


def hold(manager: QueueManager, since: float) -> None:
    with manager.transaction():
        manager.state.save(HoldNote("paused", "PlexSync is paused.", since))


def followed(manager: QueueManager, patience: float = 0.0) -> float:
    """Seconds for which a task watches the worker."""
    begun = time.monotonic()
    deliver.follow(manager.data_dir, 1, lambda _: None, lambda: False, patience=patience)
    return time.monotonic() - begun


def test_a_worker_that_makes_no_progress_is_followed_for_a_while_only(
    stuck: QueueManager,
) -> None:
    assert 0.5 < followed(stuck, patience=0.5) < 3.0


def test_hours_of_sleep_are_no_time_without_progress(stuck: QueueManager) -> None:
    nights = count(0.0, 8 * 3600.0)
    looks: list[float] = []
    deliver.follow(
        stuck.data_dir, 1, looks.append, lambda: False, 10.0, monotonic=lambda: next(nights)
    )
    assert len(looks) >= 3  # each night counted as a look of five seconds


def test_a_hold_that_was_stored_meanwhile_ends_the_watch_at_once(stuck: QueueManager) -> None:
    hold(stuck, time.time() + 60)
    assert followed(stuck, patience=30.0) < 1.0


def test_a_hold_from_before_may_be_over_and_is_waited_out(stuck: QueueManager) -> None:
    hold(stuck, time.time() - 60)
    assert followed(stuck, patience=0.5) > 0.5


@pytest.mark.slow
def test_a_hold_from_before_that_stays_ends_the_watch(stuck: QueueManager) -> None:
    hold(stuck, time.time() - 60)
    took = followed(stuck, patience=30.0)
    assert deliver.HOLD_SECONDS < took < deliver.HOLD_SECONDS + 3.0


def test_due_jobs_that_are_left_are_said_and_are_no_success(
    stuck: QueueManager, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in library.environ.items():
        monkeypatch.setenv(name, value)
    after = read_report(stuck.data_dir, time.time())
    result = library_result(
        library.request("process_queue"), stuck, "Process Queue", after, since=2.0, looked_at=0
    )
    assert (result.left, result.exit_code) == (1, 3)
    assert any("The worker continues with 1 edit." in line for line in result.lines)
    assert result.lines == result.report


def test_settings_from_a_file_start_no_worker_and_that_is_said(library: Library) -> None:
    library.stash.settings = {**library.stash.settings, "paused": True}
    scene, _ = library.add("Harbour.mp4", details="Docks.")
    result = library.run("sync", scene=scene)
    assert (result.left, result.exit_code) == (1, 2)
    assert any("No worker was started" in line for line in result.lines)
    assert not lock.worker_alive(str(library.data_dir))


@pytest.mark.parametrize(("name", "value"), [("PLEX_TOKEN", "x"), ("STASH_URL", "http://nas:1")])
def test_a_worker_would_know_only_what_the_environment_says(
    library: Library, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    request = TaskRequest("sync", "", environ={**os.environ})
    assert request.lets_worker_in
    assert not replace(request, environ={**os.environ, name: "other"}).lets_worker_in
    assert replace(request, environ={**os.environ, "HOME": "other"}).lets_worker_in


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ({}, ""),
        ({"breaker": {"failures": 0}}, ""),
        ({"breaker": {"failures": 2}}, "waiting_for_plex"),
        ({"hold": {"reason": "waiting_for_stash"}}, "waiting_for_stash"),
        ({"hold": {"reason": "setup"}, "breaker": {"failures": 2}}, "setup"),
    ],
)
def test_plex_is_to_blame_only_when_it_failed(
    tmp_path: Path, states: dict[str, dict[str, object]], reason: str
) -> None:
    documents = {name: json.dumps({"version": 1, **doc}) for name, doc in states.items()}
    report = QueueReport(str(tmp_path), tables=Tables(states=Facts(documents)))
    assert waiting_reason(report) == reason


def test_one_scene_that_waits_says_for_what(library: Library) -> None:
    scene, _ = library.add("Harbour.mp4", details="Docks.")
    library.stash.settings = {**library.stash.settings, "paused": True}
    result = library.run("sync", scene=scene)
    assert (result.output["outcome"], result.done, result.exit_code) == ("paused", 0, 2)
    status = library.run("status")
    assert status.output["waits_for"] == "paused"
    assert any(line.startswith("paused: 1 scene. ") for line in status.lines)


def test_paused_exits_with_2_from_every_caller(library: Library) -> None:
    scene, _ = library.add("Harbour.mp4", details="Docks.")
    library.stash.settings = {**library.stash.settings, "paused": True}
    codes = [library.run("sync", scene=scene).exit_code]
    codes += [library.run(mode).exit_code for mode in ("process_queue", "status", "check_setup")]
    assert codes == [2, 2, 2, 2]


def test_status_does_not_call_due_jobs_done_that_no_worker_takes(library: Library) -> None:
    scene, _ = library.add("Harbour.mp4", details="Docks.")
    with shared_queue(library.request("status").resolve()) as manager:
        manager.jobs.put(scene_job(scene, "Scene.Update.Post", 1.0))
    assert library.run("status").exit_code == 3
    library.run("process_queue")
    assert library.run("status").exit_code == 0


def test_status_leaves_due_jobs_to_a_worker_that_lives(
    stuck: QueueManager, library: Library
) -> None:
    assert stuck.work_waits(time.time())
    assert library.run("status").exit_code == 0


def test_one_scene_that_is_gone_says_so(library: Library) -> None:
    result = library.run("sync", scene=77)
    assert (result.output["outcome"], result.exit_code) == ("scene_gone", 1)
    assert any("not in Stash" in line for line in result.lines)


@pytest.mark.slow
def test_a_task_whose_own_worker_does_not_move_ends_and_its_edit_waits(library: Library) -> None:
    """Every request has a deadline far below the watchdog's; here Plex may take longer."""
    scene, _ = library.add("Harbour Lights.mp4")
    library.plex.faults.add("delay", path="/library", seconds=3.0, times=1)
    request = library.request("drain")
    with open_desk(request, lambda _: None) as desk:
        desk.manager.jobs.put(scene_job(scene, "Scene.Update.Post", time.time()))
        with pytest.raises(deliver.Stuck, match="No edit moved for 1 s"):
            deliver.drain(desk, 1, lambda: False, stuck=1.0)
        assert desk.manager.get_stats(time.time()).in_progress == 0
