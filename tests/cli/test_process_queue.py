"""``process_queue.py``: modes, exit codes, interrupts, settings and what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import process_queue
from hooks.protocol import LOOKS
from simulators.faults import Kind
from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator
from sync_queue.dlq import DeadLetter
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from tasks import arguments, command_line
from tasks.mode_names import MODES as MODE_NAMES
from tasks.modes import MODES
from tests.cli.conftest import CommandLine

SECRETS = ("plex-token-for-tests", "stash-key-0123456789")
CONTRACT_MODES = {
    *("process_queue", "sync_all", "sync_changed", "preview", "retry_failed", "check_setup"),
    *("status", "wake", "sync", "pin", "ignore", "retry", "dismiss"),
    *("scenes", "letter", "log", "settings", "save_settings", "libraries", "support"),
    *("sign_in", "sign_in_state", "sign_out", "servers", "use_server", "paths", "setup"),
    "undo",
}

posix_only = pytest.mark.posix


def offered_modes() -> dict[str, str]:
    """What ``--help`` says of each mode."""
    said = arguments.build_parser().format_help()
    lines = said.partition("modes:\n")[2].split("\n\n")[0].splitlines()
    return {line[:26].strip(): line[26:].strip() for line in lines}


def test_help_offers_each_mode_that_exists_and_no_other() -> None:
    offered = {names.split(", ")[0].replace("-", "_") for names in offered_modes()}
    assert offered == {*MODES, *LOOKS}
    assert offered <= CONTRACT_MODES


def test_help_needs_no_library(shell: CommandLine) -> None:
    answer = shell.run("--help", flags=("-S",))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("usage: process_queue.py")
    for mode, does in MODE_NAMES.items():
        assert f"{mode.replace('_', '-')}" in answer.stdout
        assert does in answer.stdout


def test_help_explains_exit_status_and_settings() -> None:
    said = arguments.build_parser().format_help()
    assert re.findall(r"  (\d+)  ", said) == ["0", "1", "2", "3", "130"]
    for variable in ("PLEX_URL", "PLEX_TOKEN", "STASH_URL", "STASH_API_KEY"):
        assert variable in said


@pytest.mark.parametrize("name", ["process_queue", "process-queue", "drain"])
def test_a_mode_is_named_with_dash_or_underscore_or_by_its_alias(name: str) -> None:
    assert arguments.build_parser().parse_args([name]).mode == "process_queue"


def test_without_a_mode_the_queue_is_processed() -> None:
    assert arguments.build_parser().parse_args(["--json"]).mode == "process_queue"


@pytest.mark.parametrize(
    "words",
    [
        ["no_such_mode"],
        ["--no-such-option"],
        ["status", "status"],
        ["sync", "--scene", "one"],
        ["status", "--scene", "1"],
        ["ignore", "--scene", "1", "--item", "2"],
        ["retry_failed", "--dry-run"],
        ["wake", "--dry-run"],
    ],
)
def test_wrong_usage_exits_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        process_queue.main(words, {})
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.slow
def test_status_of_a_directory_that_is_not_there_creates_nothing(
    shell: CommandLine, tmp_path: Path
) -> None:
    answer = shell.run("status", "--data-dir", "not there", "--json", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout)
    assert said["data_dir"] == str(tmp_path / "not there")
    assert (said["mode"], said["left"], said["worker_alive"]) == ("status", 0, False)
    assert not (tmp_path / "not there").exists()


@pytest.mark.parametrize("flags", [(), ("-I",)])
def test_it_runs_from_any_directory_and_reports_what_it_did(
    command_line: CommandLine, plex: PlexSimulator, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    command_line.enqueue(1)
    answer = command_line.run("drain", "--json", flags=flags, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""  # no bar where no terminal is
    said = json.loads(answer.stdout)
    assert (said["mode"], said["done"], said["left"]) == ("process_queue", 1, 0)
    assert said["problems"] == 0
    assert plex.items()[0].fields["summary"] == "Docks."


def test_a_dry_run_reports_its_writes_and_makes_none(
    command_line: CommandLine, plex: PlexSimulator
) -> None:
    command_line.enqueue(1)
    before = command_line.plugin.rows()
    answer = command_line.run("--dry-run", "--json")
    assert answer.returncode == 0, answer.stderr
    assert "Docks." in answer.stdout
    assert plex.requests.writes() == []
    assert command_line.plugin.rows() == before


@pytest.mark.slow
def test_a_scene_is_named_by_its_number(command_line: CommandLine, plex: PlexSimulator) -> None:
    answer = command_line.run("sync", "--scene", "1")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert plex.items()[0].fields["summary"] == "Docks."


@pytest.mark.slow
def test_a_mode_without_the_number_it_needs_exits_with_2(shell: CommandLine) -> None:
    answer = shell.run("pin", "--scene", "1")
    assert answer.returncode == 2
    assert "item" in answer.stderr


@pytest.mark.slow
def test_stash_away_exits_with_3_and_keeps_the_edit(
    command_line: CommandLine, stash: StashSimulator
) -> None:
    stash.stop()
    command_line.enqueue(1)
    answer = command_line.run("--json")
    assert answer.returncode == 3, answer
    assert json.loads(answer.stdout)["left"] == 1


@pytest.mark.slow
def test_an_unknown_stash_exits_with_3_and_says_how_it_gets_known(shell: CommandLine) -> None:
    shell.enqueue(1)
    answer = shell.run()
    assert answer.returncode == 3, answer
    assert "save a scene in Stash" in answer.stdout


@pytest.mark.slow
def test_missing_settings_exit_with_2_and_are_named(
    command_line: CommandLine,
) -> None:
    command_line.enqueue(1)
    answer = command_line.run(environ={"PLEX_TOKEN": ""})
    assert answer.returncode == 2, answer
    assert "plex_token" in answer.stdout


@pytest.mark.slow
def test_a_dead_letter_exits_with_1(command_line: CommandLine, stash: StashSimulator) -> None:
    with QueueManager(str(command_line.plugin.data_dir)) as manager:
        manager.jobs.put(scene_job(1, "Scene.Update.Post", 0.0))
        (leased,) = manager.jobs.claim(1.0, 1)
        letter = DeadLetter(leased.job, "refused_by_plex", "PlexPermanentError", "No.", "", 1)
        letter = replace(letter, failed_at=time.time())
        manager.bury(leased, letter, stash.library.scenes[1].updated_at)
    assert command_line.run().returncode == 1


@pytest.mark.slow
@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_gives_the_leases_back_and_exits_with_130(
    command_line: CommandLine,
    plex: PlexSimulator,
    stash: StashSimulator,
    eventually: Callable[..., Any],
    number: signal.Signals,
) -> None:
    for n in range(2, 9):
        stash.library.add_scene(f"Scene {n}", files=[{"path": f"/media/videos/{n}.mp4"}])
    command_line.enqueue(*range(1, 9))
    plex.faults.add(Kind.DELAY, seconds=1.0)
    with subprocess.Popen(
        command_line.command(),
        env=command_line.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs inherit that it is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        eventually(lambda: len(plex.requests) > 0, timeout=30)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "Interrupted" in said
    states = [row["status"] for row in command_line.plugin.rows()]
    assert states.count(1) >= 6  # ready
    assert 2 not in states  # leased


@pytest.mark.slow
@posix_only
def test_a_bar_shows_on_a_terminal(command_line: CommandLine) -> None:
    command_line.enqueue(1)
    status, said = on_terminal(command_line)
    assert status == 0
    assert re.search(r"\[[#.]{40}\] +\d+ %", said)


def on_terminal(command_line: CommandLine) -> tuple[int, str]:
    """Run with a terminal as standard error."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command_line.command(),
        env=command_line.environ,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # how a terminal ends
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    return process.wait(30), said.decode()


@pytest.mark.slow
@posix_only
def test_a_file_gives_the_connection_settings_and_its_keys_show_nowhere(
    shell: CommandLine, command_line: CommandLine, plex: PlexSimulator, tmp_path: Path
) -> None:
    config = tmp_path / "plexsync.conf"
    known = command_line.environ
    config.write_text(
        f"PLEX_URL={known['PLEX_URL']}\nPLEX_TOKEN={SECRETS[0]}\n"
        f"STASH_URL={known['STASH_URL']}\nSTASH_API_KEY={SECRETS[1]}\n"
    )
    config.chmod(0o600)
    shell.enqueue(1)
    words = ["--verbose", "--config", "plexsync.conf"]
    answer = shell.run(*words, environ={"PLEX_TOKEN": "old"}, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert plex.items()[0].fields["summary"] == "Docks."
    assert not any(secret in answer.stderr + answer.stdout for secret in SECRETS)
    for file in shell.plugin.data_dir.rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
        held = file.read_bytes() if file.is_file() else b""
        assert not any(secret.encode() in held for secret in SECRETS), file


def config_file(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "plexsync.conf"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_file_may_have_comments_quotes_and_exports(tmp_path: Path) -> None:
    text = "# ours\n\nPLEX_URL=http://plex:1\nexport PLEX_TOKEN=\"a=b\"\n STASH_URL = 'x y'\n"
    assert command_line.read_config(config_file(tmp_path, text)) == {
        "PLEX_URL": "http://plex:1",
        "PLEX_TOKEN": "a=b",
        "STASH_URL": "x y",
    }


@pytest.mark.parametrize("line", ["PLEX_TOKEN secret-t", "TOKEN=secret-t", "=secret-t", "x"])
def test_a_wrong_line_of_the_file_is_named_and_not_shown(tmp_path: Path, line: str) -> None:
    with pytest.raises(command_line.UsageError) as refused:
        command_line.read_config(config_file(tmp_path, f"\n{line}\n"))
    assert "Line 2 of " in str(refused.value)
    assert "secret-t" not in str(refused.value)


@posix_only
@pytest.mark.parametrize(("mode", "warnings"), [(0o600, 0), (0o640, 1), (0o604, 1)])
def test_a_file_that_others_can_read_gets_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int, warnings: int
) -> None:
    command_line.read_config(config_file(tmp_path, "PLEX_URL=x\n", mode))
    assert len(caplog.messages) == warnings
    assert all("chmod 600" in said for said in caplog.messages)


@posix_only
def test_another_owners_directory_is_refused_with_the_command_that_works(
    shell: CommandLine, tmp_path: Path
) -> None:
    if os.geteuid() == 0:
        data_dir = tmp_path / "theirs"
        data_dir.mkdir(mode=0o755)
        os.chown(data_dir, 65533, 65533)
    else:
        data_dir = Path("/usr")
    answer = shell.run("status", "--data-dir", str(data_dir), environ={"PLEX_TOKEN": "secret-t"})
    assert answer.returncode == 2
    assert str(data_dir) in answer.stderr
    assert "process_queue.py" in answer.stderr
    assert "sudo -u" in answer.stderr or "docker exec -u" in answer.stderr
    assert "secret-t" not in answer.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["status", "--data-dir", "here"], os.path.abspath("here")),
        (["--data-dir=/there", "status"], os.path.abspath("/there")),
        (["status"], os.path.abspath("/environ")),
    ],
)
def test_a_data_directory_is_named_by_an_option_or_the_environment(
    words: list[str], expected: str
) -> None:
    asked = arguments.parse(words)
    assert process_queue.data_dir_of(asked, {"STASH_PLUGIN_DATA": "/environ"}) == expected


@posix_only
@pytest.mark.parametrize(
    ("data_dir", "owner"),
    [("/usr", 0), ("/usr/none such", 0), ("/usr-none such", None), ("/none such/data", None)],
)
def test_a_data_directory_yet_to_be_made_belongs_to_its_plugins_owner(
    data_dir: str, owner: int | None
) -> None:
    assert process_queue.owner_of(data_dir, "/usr") == owner


@pytest.mark.posix
def test_sudo_keeps_the_names_of_the_variables_that_are_set() -> None:
    environ = {"PLEX_TOKEN": "secret-t", "STASH_URL": "", "HOME": "/root"}
    prefix = process_queue.sudo_prefix(0, environ)
    assert prefix == ["sudo", "-u", "root", "--preserve-env=PLEX_TOKEN"]


def test_the_modes_that_look_need_no_library(shell: CommandLine) -> None:
    for mode in ("status", "scenes", "log", "wake"):
        answer = shell.run(mode, flags=("-S", "-I"))
        assert answer.returncode == 0, answer.stderr


@pytest.mark.slow
def test_a_data_directory_that_cannot_be_made_exits_with_2_and_no_traceback(
    shell: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    answer = shell.run("--data-dir", str(tmp_path / "file" / "data"))
    assert answer.returncode == 2, answer
    assert "Traceback" not in answer.stderr
