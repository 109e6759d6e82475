"""Code runs only from where it belongs: pip from Python's own place, packages from ours."""

from __future__ import annotations

import os
import py_compile
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sync_queue import starts
from tests.installed_plugin import InstalledPlugin, eventually
from tests.packaging.test_installing import Machine, machine, write_packages
from worker import dependencies, private_packages

__all__ = ["machine"]
OTHER = 12345
pytestmark = pytest.mark.posix
as_root = pytest.mark.skipif(
    sys.platform != "win32" and os.geteuid() != 0, reason="only root gives files away"
)
PLANTED = "open({mark!r}, 'w').close()\n"


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A directory with a ``pip.py`` that leaves a mark when it runs."""
    folder = tmp_path / "Downloads"
    folder.mkdir()
    (folder / "pip.py").write_text(PLANTED.format(mark=str(folder / "ran")))
    return folder


def test_a_pip_in_the_current_directory_is_not_run(
    tmp_path: Path, planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(planted)
    requirements = tmp_path / "requirements.lock"
    requirements.write_text("no-such-package==1 --hash=sha256:" + "0" * 64)
    (tmp_path / "packages").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert private_packages.install(str(requirements), str(tmp_path / "packages" / "one"), 0)
    assert not (planted / "ran").exists()


def test_the_printed_command_runs_no_pip_of_the_current_directory(
    tmp_path: Path, planted: Path
) -> None:
    requirements = tmp_path / "requirements.lock"
    requirements.write_text("")
    printed = dependencies.by_hand(str(requirements), str(tmp_path / "target"))
    command = shlex.split(printed.partition(": ")[2])
    subprocess.run(command, cwd=planted, check=False, capture_output=True)
    assert not (planted / "ran").exists()
    assert " --only-binary :all:" in printed
    assert " --require-hashes" in printed


def why_unsafe(machine: Machine) -> str:
    return private_packages.why_unsafe(str(machine.folder / "data"), str(machine.target))


def folders(machine: Machine) -> list[Path]:
    return [machine.folder / "data", machine.target.parent, machine.target]


def test_packages_in_directories_of_ours_are_used(machine: Machine) -> None:
    write_packages(machine.target)
    assert why_unsafe(machine) == ""
    assert machine.ensure()[-1] == str(machine.target / "stashapi" / "stashapp.py")


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_packages_that_others_may_write_are_not_imported(machine: Machine, depth: int) -> None:
    write_packages(machine.target)
    (machine.target / "tenacity.py").write_text(PLANTED.format(mark=str(machine.folder / "ran")))
    folder = folders(machine)[depth]
    folder.chmod(0o777)
    (said,) = machine.ensure()
    assert said.startswith(f"MISSING {dependencies.UNSAFE} ")
    assert said.endswith(f"chmod go-w {shlex.quote(str(folder))}")
    assert not (machine.folder / "ran").exists()
    assert machine.runs() == []


@as_root
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_packages_of_another_user_are_not_imported(machine: Machine, depth: int) -> None:
    write_packages(machine.target)
    (machine.target / "tenacity.py").write_text(PLANTED.format(mark=str(machine.folder / "ran")))
    folder = folders(machine)[depth]
    os.chown(folder, OTHER, OTHER)
    (said,) = machine.ensure("patient")
    assert f"{folder} is not ours (its owner is user {OTHER})" in said
    assert not (machine.folder / "ran").exists()


def test_a_link_to_packages_elsewhere_is_not_followed(machine: Machine, tmp_path: Path) -> None:
    write_packages(tmp_path / "elsewhere")
    machine.target.parent.mkdir(parents=True)
    machine.target.symlink_to(tmp_path / "elsewhere")
    assert "is not ours" in why_unsafe(machine)


def test_a_file_in_a_private_directory_is_ours_in_any_mode(machine: Machine) -> None:
    write_packages(machine.target)
    machine.target.chmod(0o777)
    machine.target.parent.chmod(0o700)
    assert why_unsafe(machine) == ""


def test_installed_packages_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        target = tmp_path / "dependencies" / "one"
        target.parent.mkdir(mode=0o700)
        (tmp_path / "requirements.lock").write_text("")
        private_packages.install(str(tmp_path / "requirements.lock"), str(target), 0)
    finally:
        os.umask(before)
    made = [path for path in target.parent.rglob("*") if not path.is_symlink()]
    assert all(path.stat().st_mode & 0o022 == 0 for path in made)


def test_packages_of_python_itself_are_used_where_the_directory_is_not_ours(
    machine: Machine, tmp_path: Path
) -> None:
    (machine.folder / "data").mkdir()
    (machine.folder / "data").chmod(0o777)
    write_packages(tmp_path / "system")
    said = machine.ensure(also=tmp_path / "system")
    assert said[-1] == str(tmp_path / "system" / "stashapi" / "stashapp.py")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            b"ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have"
            b" updated\n    x==1 from https://x:\n        Expected sha256 0000\n"
            b"             Got        59cc\n",
            private_packages.WRONG_HASH,
        ),
        (
            b"ERROR: Could not find a version\nERROR: No matching distribution found for x\n"
            b"[notice] A new release of pip is available\n",
            "ERROR: No matching distribution found for x",
        ),
        (b"killed\n\n", "killed"),
        (b"", "pip failed"),
    ],
)
def test_of_all_lines_of_pip_the_reason_of_a_failure_is_reported(
    output: bytes, reason: str
) -> None:
    assert private_packages.reason_of(output) == reason


def test_bytecode_of_packages_that_was_cut_short_has_them_installed_again(
    machine: Machine,
) -> None:
    machine.ensure("patient")
    cached = Path(py_compile.compile(str(machine.target / "tenacity.py"), doraise=True) or "")
    assert machine.ensure()[-1].endswith("stashapp.py")
    cached.write_bytes(cached.read_bytes()[:20])
    assert machine.ensure()[-1] == str(machine.target / "stashapi" / "stashapp.py")
    assert len(machine.runs()) == 2


# -- a page of Stash is opened ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with nothing: not even pip."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return str(folder / "bin" / "python")


def test_a_page_view_without_packages_is_silent_while_nothing_waits(
    own_plugin: InstalledPlugin, bare_python: str
) -> None:
    own_plugin.python = bare_python
    answer = own_plugin.send(own_plugin.stdin({"mode": "wake"}))
    assert answer.log == []
    assert answer.reply["output"]["started"] is False
    assert not own_plugin.data_dir.exists()


def test_a_page_view_without_packages_starts_the_installing_worker_where_edits_wait(
    own_plugin: InstalledPlugin, bare_python: str
) -> None:
    with own_plugin.worker_lock():
        own_plugin.send(own_plugin.hook_stdin(1))
    own_plugin.python = bare_python
    answer = own_plugin.send(own_plugin.stdin({"mode": "wake"}))
    assert answer.reply["output"]["started"] is True
    assert answer.log == []
    log = own_plugin.data_dir / "plexsync.log"
    eventually(lambda: log.exists() and "pip install" in log.read_text("utf-8"), timeout=30)
    assert "pip install" in starts.read(str(own_plugin.data_dir)).problem


def test_a_user_s_task_starts_a_worker_that_hooks_have_given_up(
    own_plugin: InstalledPlugin,
) -> None:
    data_dir = str(own_plugin.data_dir)
    own_plugin.create_database()
    starts.write(data_dir, starts.Starts(9, time.time(), 0.0, "It could not start."))
    own_plugin.send(own_plugin.stdin({"mode": "process_queue"}))
    assert starts.read(data_dir).problem == ""
