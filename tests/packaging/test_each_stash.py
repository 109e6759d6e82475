"""``make test-stash`` with one Stash or several."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import each_stash

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.posix


def stash(folder: Path, name: str, release: str) -> str:
    """A program that tells its release as Stash does."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho 'stash version: {release} - Unofficial Build - today'\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("between", [" ", ",", ":", "\n", ", "])
def test_a_list_has_any_of_the_usual_marks_between_its_names(between: str) -> None:
    assert each_stash.named(between.join(["/a/stash", "/b/stash"])) == ["/a/stash", "/b/stash"]


def test_the_path_of_one_stash_may_have_a_blank_in_it(tmp_path: Path) -> None:
    (tmp_path / "my stash: 1").mkdir()
    path = stash(tmp_path / "my stash: 1", "stash", "v0.30.1")
    assert each_stash.named(path) == [path]


def run(listed: str, *command: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tools.each_stash", *command],
        cwd=ROOT,
        env={"STASH_BIN": listed, "PATH": "/bin:/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def test_the_command_runs_with_each_stash_and_one_failure_fails_the_whole(tmp_path: Path) -> None:
    old, new = stash(tmp_path, "old", "v0.27.2"), stash(tmp_path, "new", "v0.30.1-19-gcf3489ef")
    status, lines = run(f"{old} {new}", "sh", "-c", f'echo "$STASH_BIN"; test "$STASH_BIN" = {new}')
    assert status == 1
    assert lines == [
        f"== Stash v0.27.2, {old}",
        old,
        f"== Stash v0.30.1-19-gcf3489ef, {new}",
        new,
        "Stash v0.27.2: failed",
        "Stash v0.30.1-19-gcf3489ef: passed",
    ]
    assert run(f"{old},{new}", "true")[0] == 0


def test_a_stash_that_cannot_be_started_is_named() -> None:
    assert run("/no/such/stash", "true") == (
        1,
        ["/no/such/stash cannot be started: No such file or directory."],
    )
