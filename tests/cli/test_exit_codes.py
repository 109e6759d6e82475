"""The exit status: 0 nothing due left, 1 a person is needed, 2 settings, 3 a server is away."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from plex.exceptions import PlexNotFound, PlexPermanentError, PlexSetupError, PlexTemporaryError
from simulators.faults import Kind
from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator
from stash.exceptions import StashLoginNeeded
from sync_queue import lock
from sync_queue.facts import VERSION, Facts
from sync_queue.job_counts import QueueStats
from sync_queue.report import QueueReport, Tables
from sync_queue.state import Breaker, BreakerState, HoldNote, Record
from tasks import exit_codes
from tests.cli.conftest import CommandLine
from validation.errors import PlexSyncError, QueueError
from validation.reasons import Exit

OPEN = Breaker(BreakerState.OPEN, failures=5)


@pytest.mark.parametrize(
    ("record", "left", "stuck", "problems", "status"),
    [
        (Breaker(), 0, 0, 0, 0),
        (Breaker(), 3, 0, 0, 0),  # they wait for their time
        (Breaker(), 3, 2, 0, 3),  # they were to be synced
        (Breaker(), 3, 0, 1, 1),
        (Breaker(failures=1), 3, 0, 0, 3),
        (OPEN, 3, 0, 1, 3),
        (OPEN, 0, 0, 0, 0),
        (HoldNote("waiting_for_stash"), 3, 0, 0, 3),
        (HoldNote("setup"), 3, 0, 1, 2),
        (HoldNote("paused"), 3, 3, 0, 2),
    ],
)
def test_the_exit_status_is_the_worst_that_is_known(
    record: Record, left: int, stuck: int, problems: int, status: int
) -> None:
    stats = QueueStats(pending=0, delayed=left, in_progress=0, completed=9, failed=0)
    states = Facts({record.NAME: json.dumps({"version": VERSION, **asdict(record)})})
    report = QueueReport("", tables=Tables(stats, states=states))
    assert exit_codes.of_queue(report, problems=problems, stuck=stuck) == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PlexTemporaryError("x"), 3),
        (StashLoginNeeded("x"), 3),
        (PlexSetupError("x"), 2),
        (PlexPermanentError("x"), 2),
        (PlexNotFound("x"), 2),  # Plex answers: the number was wrong
        (QueueError("x"), 2),
        (OSError("x"), 2),
    ],
)
def test_an_error_exits_as_what_it_is(error: PlexSyncError | OSError, status: int) -> None:
    assert exit_codes.of_error(error) == status


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ([], 0),
        ([Exit.DONE, Exit.DONE], 0),
        ([Exit.DONE, Exit.AWAY], 3),
        ([Exit.AWAY, Exit.USAGE, Exit.DONE], 2),
    ],
)
def test_of_several_a_setting_comes_first(codes: list[Exit], status: int) -> None:
    assert exit_codes.of_errors(codes) == status


@pytest.mark.slow  # a refused connection is tried three times within five seconds
def test_plex_away_exits_with_3_and_keeps_the_edit(
    command_line: CommandLine, plex: PlexSimulator
) -> None:
    plex.stop()
    command_line.enqueue(1)
    answer = command_line.run("--json")
    assert answer.returncode == 3, answer
    said = json.loads(answer.stdout)
    assert said["left"] == 1
    assert said["data_dir"] == str(command_line.plugin.data_dir)
    assert any(line.startswith("waiting_for_plex: 1 scene. ") for line in said["lines"])
    assert command_line.run("status").returncode == 3


@pytest.mark.slow
@pytest.mark.parametrize("server", ["plex", "stash"])
def test_check_exits_with_3_when_a_server_is_away(
    command_line: CommandLine, plex: PlexSimulator, stash: StashSimulator, server: str
) -> None:
    (plex if server == "plex" else stash).stop()
    answer = command_line.run("check", "--json")
    assert answer.returncode == 3, answer


@pytest.mark.slow
def test_a_dead_server_in_a_json_answer_is_an_error_with_its_sentence(
    command_line: CommandLine, stash: StashSimulator
) -> None:
    stash.stop()
    answer = command_line.run("sync-all", "--json")
    assert answer.returncode == 3, answer
    said = json.loads(answer.stdout)
    assert said.keys() == {"mode", "error"}
    assert said["mode"] == "sync_all"
    assert "Stash is not reachable" in said["error"]


@pytest.mark.slow
def test_the_token_is_tried_on_request(command_line: CommandLine, plex: PlexSimulator) -> None:
    plex.faults.add(Kind.STATUS, method="PUT", status=403, times=None)
    answer = command_line.run("check", "--probe", "--json")
    assert answer.returncode == 2, answer
    assert "Plex refused an edit" in answer.stdout


@pytest.mark.slow
def test_settings_from_a_file_start_no_worker(
    shell: CommandLine, command_line: CommandLine, stash: StashSimulator, tmp_path: Path
) -> None:
    stash.settings = {"paused": True}
    config = tmp_path / "plexsync.conf"
    names = ("PLEX_URL", "PLEX_TOKEN", "STASH_URL")
    config.write_text("".join(f"{name}={command_line.environ[name]}\n" for name in names))
    config.chmod(0o600)
    shell.enqueue(1)
    answer = shell.run("--config", str(config))
    assert answer.returncode == 2, answer
    assert "No worker was started" in answer.stdout
    assert not lock.worker_alive(str(shell.plugin.data_dir))
    stash.settings = {}
    answer = shell.run("--config", str(config))
    assert answer.returncode == 0, answer
    assert "1 in step with Plex" in answer.stdout
