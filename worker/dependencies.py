"""The libraries that tasks and worker need: found, or installed privately. Standard library only.

Nobody who uses PlexSync has to open a shell: the first worker or task that misses a library
installs the pinned wheels (``requirements.lock``, with hashes) into a directory of its own, with
the pip of the Python that runs it. No other plugin's packages are touched, and ours are found
first. Runs before anything of ours imports a library.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from importlib import metadata

from sync_queue import datadir, lock

# Distribution -> the oldest and the first unsupported version, as in requirements.txt.
NEEDED: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "persist-queue": ((1, 1), (1, 2)),
    "stashapi": ((0, 1, 5), (0, 2)),
    "plexapi": ((4, 18), (4, 19)),
    "requests": ((2, 32), (3,)),
    "urllib3": ((2,), (3,)),
    "tenacity": ((9,), (10,)),
    "pydantic": ((2, 12), (3,)),
}
LOCK_FILE = "requirements.lock"
FOLDER = "dependencies"
MARKER = "plexsync.json"
# After a failure hooks would start a worker, and it pip, with each save.
TRY_AGAIN_SECONDS = 600.0
INSTALL_SECONDS = 600.0

NOT_YET = (
    "The Python packages that PlexSync needs are not installed yet; the next saved scene, or the"
    " task Process Queue, installs them. Or do it by hand."
)
FAILED = "PlexSync could not install the Python packages that it needs; edits wait."

Say = Callable[[str], None]


class DependenciesMissing(Exception):
    """The libraries are not there; ``str()`` is one sentence with the command that helps."""


def ensure(
    plugin_dir: str, data_dir: str, say: Say, *, patient: bool = False, reads_only: bool = False
) -> None:
    """Make every needed library importable, installing them where they are missing.

    ``say`` gets lines of progress. After a failure it is tried again at most every ten minutes,
    unless ``patient``: a person is waiting for a task. With ``reads_only`` nothing is installed.
    Raises ``DependenciesMissing``.
    """
    requirements = os.path.join(plugin_dir, LOCK_FILE)
    target = os.path.join(data_dir, FOLDER, folder_name(requirements))
    if not is_installed(target, requirements) and all_present([target]):
        settle(target, requirements)  # a person ran the command
    if is_installed(target, requirements):
        sys.path.insert(1, target)
        return
    if all_present():
        return
    failed = failed_lately(target)
    if reads_only or (failed and not patient):
        state = FAILED if failed else NOT_YET
        raise DependenciesMissing(f"{state} {by_hand(requirements, target)}")
    datadir.make_private(os.path.join(data_dir, FOLDER))
    guard = os.open(target + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        wait_for(guard)
        if not is_installed(target, requirements):
            install(requirements, target, say)
    finally:
        os.close(guard)
    sys.path.insert(1, target)


def all_present(folders: list[str] | None = None) -> bool:
    """Whether every needed library is there in a version that works: in ``folders``, or anywhere
    this Python looks.
    """
    return all(
        oldest <= found_version(name, folders) < first for name, (oldest, first) in NEEDED.items()
    )


def found_version(name: str, folders: list[str] | None = None) -> tuple[int, ...]:
    """The version of an installed distribution; ``()``, older than all, when there is none.

    Asked by distribution, not by import: ``stashapp-tools`` brings a ``stashapi`` too.
    """
    where = sys.path if folders is None else folders
    found = next(iter(metadata.distributions(name=name, path=where)), None)
    if found is None:
        return ()
    numbers = []
    for part in found.version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def is_installed(target: str, requirements: str) -> bool:
    """Whether ``target`` holds exactly what ``requirements`` names."""
    try:
        with open(os.path.join(target, MARKER), encoding="utf-8") as file:
            marker: object = json.load(file)
    except (OSError, ValueError):
        return False
    return marker == wanted_marker(requirements)


def wanted_marker(requirements: str) -> dict[str, object]:
    """What the marker of a complete installation says."""
    with open(requirements, "rb") as file:
        return {"version": 1, "sha256": hashlib.sha256(file.read()).hexdigest()}


def install(requirements: str, target: str, say: Say) -> None:
    """Install into ``target`` with the running interpreter's pip. Raises DependenciesMissing.

    A killed installation leaves nothing that would be taken for a whole one.
    """
    say("PlexSync installs the Python packages that it needs; this takes a minute, once.")
    building = target + ".new"
    shutil.rmtree(building, ignore_errors=True)
    try:
        done = subprocess.run(
            pip_command(requirements, building),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        reason = last_line(done.stderr) if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = type(error).__name__
    if reason:
        shutil.rmtree(building, ignore_errors=True)
        datadir.write_private(target + ".failed", b'{"version": 1}')
        raise DependenciesMissing(f"{FAILED} {by_hand(requirements, target)} ({reason})")
    settle(building, requirements)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(building, target)
    remove_older(target)
    say("The Python packages are installed.")


def remove_older(target: str) -> None:
    """Remove what older versions of PlexSync installed for the same Python.

    On Windows a worker that still runs holds its files: they stay until the next time.
    """
    folder, name = os.path.split(target)
    for other in os.listdir(folder):
        if other.startswith(f"{platform_tag()}-") and not other.startswith(name):
            path = os.path.join(folder, other)
            if os.path.isdir(path):
                shutil.rmtree(path, ignore_errors=True)


def pip_command(requirements: str, target: str) -> list[str]:
    """The command that installs: wheels only, each with its hash, into one folder."""
    return [
        *(sys.executable, "-m", "pip", "install", "--target", target),
        *("--requirement", requirements),
        *("--require-hashes", "--only-binary", ":all:", "--no-input", "--quiet"),
        *("--disable-pip-version-check", "--no-warn-script-location"),
    ]


def settle(folder: str, requirements: str) -> None:
    """Make a folder full of packages ours: no ``*.yml``, which Stash would load as a plugin, and
    the marker last.
    """
    for directory, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".yml"):
                os.remove(os.path.join(directory, name))
    marker = json.dumps(wanted_marker(requirements)).encode("ascii")
    datadir.write_private(os.path.join(folder, MARKER), marker)


def folder_name(requirements: str) -> str:
    """Where the packages of one ``requirements`` go: a folder in use is never exchanged."""
    return f"{platform_tag()}-{str(wanted_marker(requirements)['sha256'])[:12]}"


def platform_tag() -> str:
    """Which Python and system packages with compiled parts belong to."""
    return f"{sys.implementation.cache_tag}-{sysconfig.get_platform()}".replace(".", "_")


def failed_lately(target: str) -> bool:
    """Whether an installation failed in the last ten minutes."""
    try:
        age = time.time() - os.stat(target + ".failed").st_mtime
    except OSError:
        return False
    return 0 <= age < TRY_AGAIN_SECONDS


def wait_for(guard: int) -> None:
    """Wait until no other process installs."""
    deadline = time.monotonic() + INSTALL_SECONDS
    while not lock.take(guard):
        if time.monotonic() > deadline:
            raise DependenciesMissing("Another process is still installing PlexSync's packages.")
        time.sleep(0.2)


def by_hand(requirements: str, target: str) -> str:
    """What a person can do who has to do it by hand. Not into the system's Python, which may
    refuse, and which belongs to others.
    """
    command = [sys.executable, "-m", "pip", "install", "--target", target, "-r", requirements]
    return f"Run this where Stash runs: {shlex.join(command)}"


def last_line(output: bytes) -> str:
    """The last line of what pip said."""
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "pip failed"
