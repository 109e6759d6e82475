"""Packages that are missing, broken, half installed, or another plugin's.

pip's place is taken by a stand-in that copies a folder of empty modules, when it is let: what is
tried is when PlexSync starts it, and what it makes of the result. With the real pip:
``test_healing.py``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync_queue import lock
from tests.installed_plugin import eventually
from worker import dependencies, private_packages

ROOT = Path(__file__).resolve().parents[2]
STAND_IN_PIP = """
import os, shutil, sys, time
here = os.path.dirname(os.path.dirname(__file__))
target = sys.argv[sys.argv.index("--target") + 1]
os.makedirs(target)
open(os.path.join(target, "half.py"), "w").close()
with open(os.path.join(here, "runs"), "a") as runs:
    print(os.getpid(), file=runs)
while os.path.exists(os.path.join(here, "hold")):
    time.sleep(0.01)
if os.path.exists(os.path.join(here, "fail")):
    sys.exit("no way to the package index")
shutil.copytree(os.path.join(here, "packages"), target, dirs_exist_ok=True)
"""
ENSURE = """
import sys
sys.path.insert(0, sys.argv[1])
from worker import dependencies
try:
    dependencies.ensure(
        sys.argv[1], sys.argv[2], lambda line: print(line, flush=True),
        patient="patient" in sys.argv)
except dependencies.DependenciesMissing as error:
    sys.exit(f"MISSING {error}")
import stashapi.stashapp
print(stashapi.stashapp.__file__)
"""

# What plex.isolation, through which our rooms import plexapi, takes from it.
PLEXAPI = {
    "__init__.py": "BASE_HEADERS = {}",
    "exceptions.py": "",
    "server.py": "class PlexServer: ...",
}

pytestmark = pytest.mark.posix


def write_packages(folder: Path, *, modules: bool = True, without: str = "") -> None:
    """What pip writes: for each library what says that it is there, and its modules, empty."""
    for name, (oldest, _) in dependencies.NEEDED.items():
        version = ".".join(map(str, oldest))
        about = folder / f"{name.replace('-', '_')}-{version}.dist-info" / "METADATA"
        about.parent.mkdir(parents=True)
        about.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if modules:
        (folder / "plexapi").mkdir()
        for name, text in PLEXAPI.items():
            (folder / "plexapi" / name).write_text(text)
    for module in dependencies.MODULES if modules else ():
        if module not in (without, "plex.isolation"):
            file = folder / Path(*module.split(".")).with_suffix(".py")
            file.parent.mkdir(exist_ok=True)
            file.touch()
            if file.parent != folder:
                (file.parent / "__init__.py").touch()


@dataclass
class Machine:
    """A Python without packages, a pip that waits to be let, and a data directory."""

    folder: Path

    @property
    def target(self) -> Path:
        name = private_packages.folder_name(str(ROOT / dependencies.LOCK_FILE))
        return self.folder / "data" / dependencies.FOLDER / name

    def start(self, *words: str, also: Path | None = None) -> subprocess.Popen[str]:
        """A process that needs the libraries; ``also`` is on its PYTHONPATH."""
        paths = [self.folder, *([also] if also else [])]
        return subprocess.Popen(
            [sys.executable, "-S", "-c", ENSURE, ROOT, self.folder / "data", *words],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ensure(self, *words: str, also: Path | None = None) -> list[str]:
        """What such a process says; its last line is where a library lies, or what is wrong."""
        said, failed = self.start(*words, also=also).communicate(timeout=30)
        return [*said.splitlines(), *failed.splitlines()]

    def runs(self) -> list[int]:
        """The process of each run of pip."""
        file = self.folder / "runs"
        return list(map(int, file.read_text().split())) if file.exists() else []

    def lock_is_free(self) -> bool:
        """Whether nobody installs."""
        descriptor = os.open(f"{self.target}.lock", os.O_RDWR)
        try:
            return lock.take(descriptor)
        finally:
            os.close(descriptor)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").touch()
    (tmp_path / "pip" / "__main__.py").write_text(STAND_IN_PIP)
    write_packages(tmp_path / "packages")
    yield Machine(tmp_path)
    (tmp_path / "hold").unlink(missing_ok=True)


def test_packages_that_do_not_load_are_installed_again(machine: Machine, tmp_path: Path) -> None:
    machine.ensure("patient")
    (machine.target / "tenacity.py").unlink()
    assert machine.ensure()[-1] == str(machine.target / "stashapi" / "stashapp.py")
    assert len(machine.runs()) == 2
    assert machine.ensure()[-1] == str(machine.target / "stashapi" / "stashapp.py")
    assert len(machine.runs()) == 2


def test_packages_of_which_only_the_names_are_there_are_not_taken(
    machine: Machine, tmp_path: Path
) -> None:
    write_packages(tmp_path / "broken", modules=False)
    said = machine.ensure(also=tmp_path / "broken")
    assert said[-1] == str(machine.target / "stashapi" / "stashapp.py")


def test_a_folder_that_a_user_is_still_filling_is_not_taken_for_whole(machine: Machine) -> None:
    write_packages(machine.target, without="tenacity")
    assert dependencies.state(str(ROOT), str(machine.target.parent.parent)) == "ready"  # site's own
    assert not (machine.target / private_packages.MARKER).exists()
    assert machine.ensure()[-1] == str(machine.target / "stashapi" / "stashapp.py")
    assert len(machine.runs()) == 1


def test_the_packages_that_a_user_installed_are_found(machine: Machine) -> None:
    write_packages(machine.target)
    (machine.target / "left.yml").touch()
    assert machine.ensure()[-1] == str(machine.target / "stashapi" / "stashapp.py")
    assert machine.runs() == []
    assert not (machine.target / "left.yml").exists()
    assert private_packages.is_installed(str(machine.target), str(ROOT / "requirements.lock"))


def test_packages_that_do_not_load_after_all_are_said_with_the_reason(
    machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "packages" / "tenacity.py").write_text("import made_for_another_system")
    said = machine.ensure("patient")[-1]
    assert said.startswith(f"MISSING {dependencies.FAILED} Run this where Stash runs: ")
    assert said.endswith("(ModuleNotFoundError: No module named 'made_for_another_system')")


def test_after_a_failure_only_the_user_retries_it_within_ten_minutes(
    machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "fail").touch()
    assert machine.ensure()[-1].endswith("(no way to the package index)")
    assert machine.ensure()[-1].startswith(f"MISSING {dependencies.FAILED}")
    assert len(machine.runs()) == 1
    machine.ensure("patient")
    assert len(machine.runs()) == 2
    failed = Path(f"{machine.target}{private_packages.FAILED}")
    long_ago = failed.stat().st_mtime - private_packages.TRY_AGAIN_SECONDS - 1
    os.utime(failed, (long_ago, long_ago))
    (tmp_path / "fail").unlink()
    assert machine.ensure()[-1] == str(machine.target / "stashapi" / "stashapp.py")
    assert not list(machine.target.parent.glob(f"*{private_packages.UNFINISHED}"))


def test_of_two_installers_one_waits_and_says_so(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "hold").touch()
    first = machine.start("patient")
    eventually(machine.runs)
    second = machine.start("patient")
    assert second.stdout is not None
    assert second.stdout.readline().strip() == dependencies.WAITING
    (tmp_path / "hold").unlink()
    for process in (first, second):
        said, failed = process.communicate(timeout=30)
        assert said.splitlines()[-1].startswith(str(machine.target)), failed
    assert len(machine.runs()) == 1


def test_a_pip_whose_installer_was_killed_keeps_others_out_until_it_ends(
    machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "hold").touch()
    with machine.start("patient") as killed:
        (pip,) = eventually(machine.runs)
        os.kill(killed.pid, signal.SIGKILL)
    assert not machine.lock_is_free()
    following = machine.start("patient")
    assert following.stdout is not None
    assert following.stdout.readline().strip() == dependencies.WAITING
    assert machine.runs() == [pip]
    (tmp_path / "hold").unlink()
    said, failed = following.communicate(timeout=30)
    assert said.splitlines()[-1].startswith(str(machine.target)), failed
    assert len(machine.runs()) == 2
    assert not list(machine.target.parent.glob(f"*{private_packages.UNFINISHED}"))


def test_other_plugins_packages_come_second_and_stay_whole(
    machine: Machine, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    about = theirs / "stashapp_tools-0.2.58.dist-info" / "METADATA"
    about.parent.mkdir(parents=True)
    about.write_text("Metadata-Version: 2.1\nName: stashapp-tools\nVersion: 0.2.58\n")
    for name in ("stashapi/stashapp.py", "pydantic/__init__.py", "requests/__init__.py"):
        (theirs / name).parent.mkdir(exist_ok=True)
        (theirs / name).write_text("raise ImportError('an older one')")
    before = {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()}
    for _ in range(2):
        said = machine.ensure(also=theirs)
        assert said[-1] == str(machine.target / "stashapi" / "stashapp.py")
    assert {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()} == before
