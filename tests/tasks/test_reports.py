"""What people read: at most 15 lines, the most important first, the whole of it kept."""

from __future__ import annotations

import contextlib
import json
import stat
from typing import Any

import pytest

from sync_queue.scenes import Outcome
from sync_queue.shared import shared_queue
from sync_queue.state import Breaker, BreakerState, HoldNote, LastError, LastRuns, RunNote
from tasks import advice, entry, outcomes
from tasks.context import TaskResult
from tasks.modes import MODES
from tests.installed_plugin import InstalledPlugin
from tests.tasks.conftest import Library
from validation.errors import PlexSyncError
from validation.reasons import NEEDS_USER, Reason


def test_the_most_frequent_reasons_come_first_and_the_rest_in_one_line() -> None:
    counts = {"synced": 90, "filtered": 1, "ambiguous": 7, "no_file": 3, "item_taken": 3}
    lines = advice.reasons_lines(counts, 2)
    assert [line.partition(":")[0] for line in lines] == [
        "ambiguous",
        "item_taken",
        "Further reasons",
    ]
    assert lines[-1] == "Further reasons: 3 no_file, 1 filtered."
    assert advice.reasons_lines({"synced": 5}, 2) == []


def test_a_report_is_written_last_line_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "plexsync")
    entry.report(tuple(f"line {n}" for n in range(20)))
    assert caplog.messages == [f"line {n}" for n in (19, *reversed(range(14)))]


@pytest.mark.posix
def test_the_whole_report_goes_to_the_log_file_which_is_private(library: Library) -> None:
    request = library.request("preview")
    request.resolve()
    outcomes.keep_report(request, TaskResult(lines=("one",), report=("one", "two “ü”")))
    file = library.data_dir / "plexsync.log"
    lines = file.read_text("utf-8").splitlines()
    assert [line.rpartition("plexsync.tasks: ")[2] for line in lines] == ["one", "two “ü”"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    outcomes.keep_report(request, TaskResult(lines=("not kept",)))
    assert len(file.read_text("utf-8").splitlines()) == 2


def test_status_shows_runs_outcomes_and_creates_nothing(library: Library) -> None:
    assert library.run_without_directory("status").left == 0
    assert not library.data_dir.exists()
    library.fill(2)
    library.add_scene("Absent.mp4")
    library.run("sync_all")
    result = library.run("status")
    text = "\n".join(result.lines)
    assert len(result.lines) <= 15
    assert "2 synced" in text
    assert "not_in_plex: 1 scene. " in text
    assert "Sync All Scenes on " in text
    runs: Any = result.output["runs"]
    (run,) = runs
    assert (run["task"], run["done"], run["left"], run["problems"]) == ("Sync All Scenes", 3, 0, 0)


def test_status_names_every_scene_that_it_counts_as_a_problem(library: Library) -> None:
    library.run("retry_failed")
    with shared_queue(str(library.data_dir)) as manager, manager.transaction():
        for number, reason in enumerate(Reason, start=1):
            manager.scenes.set_outcome(Outcome(number, reason), files=())
    result = library.run("status")
    named = result.output["for_person"]
    assert isinstance(named, dict)
    assert named.keys() == NEEDS_USER
    assert result.problems == len(named)


def test_the_cause_of_a_hold_comes_first(library: Library) -> None:
    library.fill(2)
    library.plex.token = "another"
    library.environ["PLEX_TOKEN"] = "wrong"
    result = library.run("sync_all")
    assert result.exit_code == 2
    assert "Everything waits (setup)" in result.lines[0]
    assert result.left == 2


def test_status_stays_within_its_lines_whatever_there_is(library: Library) -> None:
    library.run("retry_failed")
    with shared_queue(str(library.data_dir)) as manager, manager.transaction():
        for number, reason in enumerate(Reason):
            manager.scenes.set_outcome(Outcome(number + 1, reason), files=())
        for record in (
            HoldNote("setup", "The token is wrong."),
            Breaker(BreakerState.OPEN),
            LastError("scene:1", "Oh."),
            LastRuns((RunNote("T", 1.0, done=1),) * 5),
        ):
            manager.state.save(record)
    result = library.run("status")
    assert len(result.lines) <= 15
    assert result.lines[-1].startswith("Data directory: ")
    assert "Everything waits (setup): The token is wrong." in result.lines


@pytest.mark.parametrize("mode", ["preview", "sync_all", "sync_changed", "check_setup", "status"])
def test_no_secret_is_in_any_report(library: Library, mode: str) -> None:
    library.fill(1)
    library.plex.token = "canary-token-0123456789"
    library.environ["PLEX_TOKEN"] = "canary-token-9876543210"
    said = ""
    with contextlib.suppress(PlexSyncError):
        result = library.run(mode)
        said = json.dumps([result.lines, result.report, dict(result.output)], default=str)
    assert "canary" not in said
    assert not [file for file in library.data_dir.rglob("*.log") if "canary" in file.read_text()]


@pytest.mark.slow
def test_a_task_of_stash_replies_with_its_counts(own_plugin: InstalledPlugin) -> None:
    answer = own_plugin.send(own_plugin.stdin({"mode": "status"}))
    assert answer.reply["output"].items() >= {"mode": "status", "done": 0, "left": 0}.items()
    unknown = own_plugin.send(own_plugin.stdin({"mode": "nonsense"}))
    assert "nonsense" in unknown.reply["error"]
    assert all(mode in unknown.reply["error"] for mode in MODES)
