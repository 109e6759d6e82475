"""What of the Windows branches can be run elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from worker import dependencies

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="runs on Linux's byte-range locks")
def test_byte_range_locks_keep_workers_apart_and_let_probes_pass(tmp_path: Path) -> None:
    script = ROOT / "tests" / "data" / "windows_locks.py"
    subprocess.run([sys.executable, script, ROOT, tmp_path / "data"], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_report_is_printed_whatever_letters_the_system_lacks(
    shipped: Path, tmp_path: Path, encoding: str
) -> None:
    done = subprocess.run(
        [sys.executable, shipped / "process_queue.py", "status"],
        env={
            **os.environ,
            "STASH_PLUGIN_DATA": str(tmp_path / "Zoë 映画"),
            "PYTHONIOENCODING": encoding,
        },
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"Data directory: " in done.stdout
    assert b"\\u6620\\u753b" in done.stdout


@pytest.mark.slow
def test_stash_gets_its_log_in_utf_8_where_pipes_have_another_encoding(
    shipped: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-S", shipped / "PlexSync.py"],
        input=b'{"args": {"mode": "status"}}',
        env={
            **os.environ,
            "STASH_PLUGIN_DATA": str(tmp_path / "Zoë 映画"),
            "PYTHONIOENCODING": "cp1252",
        },
        capture_output=True,
        check=True,
    )
    assert "Zoë 映画" in done.stderr.decode("utf-8")


@pytest.mark.posix
def test_closing_a_console_ends_a_process_in_good_order() -> None:
    script = ROOT / "tests" / "data" / "windows_signals.py"
    subprocess.run([sys.executable, script, ROOT], check=True)


@pytest.mark.slow
@pytest.mark.posix
def test_a_worker_that_takes_the_lock_itself_is_started_and_handed_over(tmp_path: Path) -> None:
    script = ROOT / "tests" / "data" / "windows_launch.py"
    subprocess.run([sys.executable, script, ROOT, tmp_path], check=True)


def test_a_printed_command_is_quoted_as_the_system_s_shell_takes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = [r"C:\Program Files\Python313\python.exe", "-m", "pip"]
    monkeypatch.setattr(os, "name", "nt")
    assert dependencies.shell_line(command) == r'"C:\Program Files\Python313\python.exe" -m pip'
    monkeypatch.setattr(os, "name", "posix")
    assert dependencies.shell_line(["/opt/my python", "-m"]) == "'/opt/my python' -m"
