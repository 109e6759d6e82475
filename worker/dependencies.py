"""The libraries that tasks and worker need: found, or installed privately. Standard library only.

A user of PlexSync need not open a shell. The first worker or task that misses a library installs
the pinned wheels (``requirements.lock``, with hashes) into a directory of its own. It uses the pip
of the Python that runs it. No other plugin's packages are touched, and ours are found first. Runs
before anything of ours imports a library, and imports each once: a package that pip lists as
installed may be gone, or made for another system.
"""

from __future__ import annotations

import importlib
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata

from sync_queue import datadir, lock, packages
from worker import private_packages

# Distribution -> the oldest and the first unsupported version, as in requirements.txt.
NEEDED: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "persist-queue": ((1, 1), (1, 2)),
    "stashapi": ((0, 1, 5), (0, 2)),
    "plexapi": ((4, 18), (4, 19)),
    "requests": ((2, 32), (3,)),
    "tenacity": ((9,), (10,)),
    "pydantic": ((2, 12), (3,)),
}
# The modules that our packages import; plexapi through its own module, which keeps its settings
# away.
MODULES = (
    *("persistqueue", "stashapi.stashapp", "plex.isolation", "requests.adapters"),
    *("tenacity", "pydantic.dataclasses"),
)
# Half a package; a file, or its bytecode, cut short; pydantic's word for a core of another version.
BROKEN = (ImportError, SyntaxError, SystemError, EOFError, ValueError, TypeError)
LOCK_FILE = "requirements.lock"
FOLDER = "dependencies"

FAILED = "PlexSync could not install the Python packages that it needs; edits wait."
UNSAFE = "The Python packages that PlexSync needs cannot be used; edits wait."
WAITING = "Another process installs the Python packages that PlexSync needs: waiting for it."

Say = Callable[[str], None]


class DependenciesMissing(Exception):
    """The libraries are not there; ``str()`` is one sentence with the command that helps."""


def ensure(plugin_dir: str, data_dir: str, say: Say, *, patient: bool = False) -> None:
    """Make every needed library importable, installing them where they are missing.

    ``say`` gets lines of progress. After a failure it is tried again at most every ten minutes,
    unless ``patient``: a user is waiting for a task. Raises ``DependenciesMissing``.
    """
    try:
        make_importable(plugin_dir, data_dir, say, patient=patient)
    except DependenciesMissing:
        packages.note(data_dir, packages.FAILED, time.time())
        raise
    packages.note(data_dir, packages.READY, time.time())


def places(plugin_dir: str, data_dir: str) -> tuple[str, str]:
    """The lock file, and the folder for the packages that it names."""
    requirements = os.path.join(plugin_dir, LOCK_FILE)
    return requirements, os.path.join(data_dir, FOLDER, private_packages.folder_name(requirements))


def state(plugin_dir: str, data_dir: str) -> str:
    """Whether the libraries are there, without a look at them: for Status, until a worker or task
    has noted it.
    """
    requirements, target = places(plugin_dir, data_dir)
    if private_packages.is_installed(target, requirements) or all_present():
        return packages.READY
    return packages.FAILED if private_packages.failed_lately(target) else packages.MISSING


def make_importable(plugin_dir: str, data_dir: str, say: Say, *, patient: bool) -> None:
    """See ``ensure``."""
    requirements, target = places(plugin_dir, data_dir)
    unsafe = private_packages.why_unsafe(data_dir, target)
    if unsafe:
        if all_present() and not why_not_loaded():
            return
        raise DependenciesMissing(f"{UNSAFE} {unsafe}")
    if find(requirements, target):
        return
    if private_packages.failed_lately(target) and not patient:
        raise DependenciesMissing(f"{FAILED} {by_hand(requirements, target)}")
    datadir.make_private(os.path.join(data_dir, FOLDER))
    packages.note(data_dir, packages.FETCHING, time.time())
    guard = os.open(target + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        wait_for(guard, say)
        if not find(requirements, target):
            install(requirements, target, guard, say)
    finally:
        os.close(guard)


def install(requirements: str, target: str, guard: int, say: Say) -> None:
    """Install what is missing. Raises ``DependenciesMissing``."""
    say("PlexSync installs the Python packages that it needs; this takes a minute, once.")
    reason = private_packages.install(requirements, target, guard)
    reason = reason or why_not_loaded(target)
    if reason:
        private_packages.note_failure(target)
        command = by_hand(requirements, target)
        raise DependenciesMissing(f"{FAILED} {command} ({reason[:300]})")
    say("The Python packages are installed.")


def find(requirements: str, target: str) -> bool:
    """Make the needed libraries importable where they are there and load: ours first."""
    ours = private_packages.is_installed(target, requirements)
    if (ours or all_present([target])) and not why_not_loaded(target):
        if not ours:
            private_packages.settle(target, requirements)  # a user ran the command
        return True
    return all_present() and not why_not_loaded()


def why_not_loaded(*folders: str) -> str:
    """Import the needed libraries, from ``folders`` first; "" when all load. A failure leaves
    nothing behind that another try would meet.
    """
    before = set(sys.modules)
    sys.path[1:1] = folders
    importlib.invalidate_caches()
    try:
        for name in MODULES:
            importlib.import_module(name)
    except BROKEN as error:
        del sys.path[1 : 1 + len(folders)]
        for name in set(sys.modules) - before:
            if name.partition(".")[0] not in sys.stdlib_module_names:
                del sys.modules[name]
        return f"{type(error).__name__}: {error}"
    return ""


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


def wait_for(guard: int, say: Say) -> None:
    """Wait until no other process installs."""
    if lock.take(guard):
        return
    say(WAITING)
    deadline = time.monotonic() + private_packages.INSTALL_SECONDS
    while not lock.take(guard):
        if time.monotonic() > deadline:
            raise DependenciesMissing("Another process is still installing PlexSync's packages.")
        time.sleep(0.2)


def by_hand(requirements: str, target: str) -> str:
    """The steps for a user who has to do it by hand. Not into the system's Python, which may
    refuse, and which belongs to others.
    """
    command = private_packages.command_by_hand(requirements, target)
    return f"Run this where Stash runs: {shell_line(command)}"


def shell_line(command: Sequence[str]) -> str:
    """``command`` as the system's own shell takes it: Windows knows no single quotes."""
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)
