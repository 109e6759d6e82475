"""Stash's job queue: one at a time, progress, stopping, the graveyard."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulators.stash.jobs import GRAVEYARD
from simulators.stash.server import StashSimulator
from tests.simulators.fake_plugin import write_plugin

# Says its pid, then waits for a file named "go".
WAITS = """
import json, os, sys, time
args = json.load(sys.stdin)["args"]
folder = os.path.dirname(sys.argv[0])
sys.stderr.write("\\x01p\\x020.5\\n"); sys.stderr.flush()
with open(folder + "/pid", "w") as file:
    file.write(f"{os.getpid()} .")
while not os.path.exists(folder + "/go"):
    time.sleep(0.005)
print(json.dumps({"output": args}))
"""
JOB = "id status description progress addTime startTime endTime error subTasks"


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    write_plugin(tmp_path / "plugins", WAITS)
    with StashSimulator(tmp_path / "plugins", config_dir=tmp_path) as sim:
        yield sim


def go(sim: StashSimulator) -> None:
    Path(sim.plugin_dir, "go").touch()


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.005)


def running_pid(sim: StashSimulator) -> int:
    file = Path(sim.plugin_dir, "pid")
    until(lambda: file.exists() and file.read_text().endswith("."))
    return int(file.read_text().split()[0])


def test_the_idle_queue_is_null(sim: StashSimulator) -> None:
    assert sim.graphql("{jobQueue{id}}").data == {"jobQueue": None}


def test_a_task_waits_for_the_one_before_it(sim: StashSimulator) -> None:
    first, second = sim.start_task("Task"), sim.start_task("Task")
    running_pid(sim)
    queue = sim.graphql("{jobQueue{id status}}").data["jobQueue"]
    assert queue == [
        {"id": str(first), "status": "RUNNING"},
        {"id": str(second), "status": "READY"},
    ]
    go(sim)
    assert sim.wait_for_job(second).status == "FINISHED"
    assert sim.graphql("{jobQueue{id}}").data == {"jobQueue": None}


def test_a_running_job_shows_its_progress(sim: StashSimulator) -> None:
    job_id = sim.start_task("Task")
    query = f"{{jobQueue{{{JOB}}}}}"
    until(lambda: sim.graphql(query).data["jobQueue"][0]["progress"] == 0.5)
    [job] = sim.graphql(query).data["jobQueue"]
    assert job["status"] == "RUNNING"
    assert job["description"] == "Running plugin task: Task"
    assert job["startTime"]
    assert job["endTime"] is None
    go(sim)
    ended = sim.wait_for_job(job_id)
    assert (ended.status, ended.error, ended.subTasks) == ("FINISHED", None, None)
    assert ended.endTime


def test_default_arguments_fill_what_the_caller_left_out_and_are_text(
    tmp_path: Path,
) -> None:
    tasks = [{"name": "T", "defaultArgs": {"days": 30, "dry": True}}]
    write_plugin(tmp_path / "plugins", tasks=tasks)
    with StashSimulator(tmp_path / "plugins", config_dir=tmp_path) as sim:
        args = {"dry": False, "ids": [1, 2], "deep": {"a": None}}
        assert sim.run_task("T", args).stdin["args"] == {**args, "days": "30"}
        assert sim.run_task("T").stdin["args"] == {"days": "30", "dry": "true"}
        assert sim.run_task(None, args).stdin["args"] == args
        assert sim.run_task(None).stdin["args"] == {}


@pytest.mark.posix
def test_stopping_a_running_task_kills_it_and_cancels_the_job(sim: StashSimulator) -> None:
    job_id = sim.start_task("Task")
    pid = running_pid(sim)
    sim.stop_job(job_id)
    job = sim.wait_for_job(job_id)
    assert (job.status, job.error) == ("CANCELLED", None)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert job.runs[0].exit_code == -signal.SIGKILL


def test_stopping_a_waiting_job_removes_it_before_it_ever_ran(sim: StashSimulator) -> None:
    first, second = sim.start_task("Task"), sim.start_task("Task")
    running_pid(sim)
    sim.stop_job(second)
    assert sim.wait_for_job(second).status == "CANCELLED"
    go(sim)
    sim.wait_for_job(first)
    assert len(sim.runs) == 1


@pytest.mark.parametrize(
    ("plugin", "task", "error"),
    [
        ("Nope", "Task", "Error creating plugin task: no plugin with ID Nope"),
        ("plexsync", "Task", "Error creating plugin task: no plugin with ID plexsync"),
        (
            "PlexSync",
            "Nope",
            "Error creating plugin task: no task with name Nope in plugin PlexSync",
        ),
    ],
)
def test_an_unknown_plugin_or_task_is_a_failed_job(
    sim: StashSimulator, plugin: str, task: str, error: str
) -> None:
    query = "mutation($p:ID!,$t:String){runPluginTask(plugin_id:$p,task_name:$t)}"
    job_id = int(sim.graphql(query, p=plugin, t=task).data["runPluginTask"])
    job = sim.wait_for_job(job_id)
    assert (job.status, job.error) == ("FAILED", error)


def test_a_tasks_own_error_is_only_logged(tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", 'print(\'{"error": "no Plex"}\')')
    with StashSimulator(tmp_path / "plugins", config_dir=tmp_path) as sim:
        job = sim.wait_for_job(sim.start_task("Task"))
        assert (job.status, job.error) == ("FINISHED", None)
        assert ("error", "Plugin returned error: no Plex") in [
            (line.level, line.message) for line in sim.logs
        ]


def test_only_the_last_ten_finished_jobs_are_remembered(sim: StashSimulator) -> None:
    ids = [sim.start_task("No such task") for _ in range(GRAVEYARD + 1)]
    sim.wait_for_job(ids[-1])
    assert sim.job(ids[0]) is None
    assert sim.job(ids[1]) is not None


def test_an_operation_does_not_wait_for_the_queue(sim: StashSimulator) -> None:
    sim.start_task("Task")
    running_pid(sim)
    go(sim)
    assert sim.run_operation({"mode": "status"}).output == {"mode": "status"}


@pytest.mark.posix
def test_a_restart_forgets_the_queue_and_leaves_the_running_task_an_orphan(
    sim: StashSimulator,
) -> None:
    job_id = sim.start_task("Task")
    pid = running_pid(sim)
    sim.restart()
    os.kill(pid, 0)
    assert sim.job(job_id) is None
    go(sim)
    assert sim.wait_for_job(sim.start_task("Task")).status == "FINISHED"
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
