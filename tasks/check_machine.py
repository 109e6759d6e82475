"""Check Set-up, this machine's half: libraries, disk, file system, worker."""

from __future__ import annotations

import errno
import importlib.util
import os
import platform
import shlex
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from sync_queue import datadir, lock
from sync_queue.facts import Facts
from sync_queue.report import QueueReport
from sync_queue.version import VERSION
from tasks.advice import START_TODO, blockers
from tasks.findings import Finding, Level, fine, look, wrong
from validation.reasons import Reason
from validation.words import count
from worker.dependencies import NEEDED, found_version

LITTLE_SPACE = 200_000_000  # bytes; a ledger of 50,000 scenes takes less
# SQLite's locks and shared memory do not work on these.
NETWORK_SYSTEMS = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "afs", "ncpfs", "9p"),
        *("ceph", "glusterfs", "davfs"),
        *("fuse.sshfs", "fuse.rclone", "fuse.davfs", "fuse.glusterfs"),
    }
)
CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def check_machine(plugin_dir: str, data_dir: str, report: QueueReport) -> Iterator[Finding]:
    """Everything that needs no server."""
    yield fine(f"PlexSync {VERSION}, Python {platform.python_version()}, data in {data_dir}.")
    yield from check_dependencies()
    if os.path.isdir(data_dir):
        yield check_space(shutil.disk_usage(data_dir).free)
        yield from check_lock(data_dir)
    yield from check_file_system(data_dir, mounts())
    yield from check_owners(plugin_dir, data_dir)
    unwritten = datadir.log_problem(data_dir)
    if unwritten:
        yield look(unwritten, "Delete it, or correct its owner and mode.")
    yield from check_worker(report)


def check_lock(data_dir: str) -> Iterator[Finding]:
    """Whether a worker could take its lock: not where the directory is read-only, another user's,
    or on a file system without locks.
    """
    try:
        with datadir.Using(data_dir):
            descriptor = lock.open_lock(data_dir)
            try:
                lock.take(descriptor, shared=True)
            finally:
                os.close(descriptor)
    except datadir.Unusable as error:
        if error.errno != errno.ENOENT:  # else no edit has been stored yet
            yield wrong(str(error), "Until then no worker can start.")


def check_owners(plugin_dir: str, data_dir: str) -> Iterator[Finding]:
    """Directories from which code is run, or in which secrets are, that others may write to. Not
    on Windows, where modes mean little: the folder's own permissions decide.
    """
    if sys.platform == "win32":
        return
    for name, folder in (("plugin", plugin_dir), ("data", data_dir)):
        if not os.path.isdir(folder):
            continue
        found = os.stat(folder)
        if found.st_mode & stat.S_IWOTH:
            yield look(
                f"Every user of this machine can write to the {name} directory {folder}.",
                f"Run: {shlex.join(['chmod', 'o-w', folder])}",
            )
        if found.st_uid not in (os.geteuid(), 0):
            yield look(
                f"The {name} directory {folder} belongs to user {found.st_uid}, but PlexSync runs"
                f" as user {os.geteuid()}.",
                "Give the directory to Stash's user, or run Stash as its owner.",
            )


def check_dependencies() -> Iterator[Finding]:
    """The libraries, and the one that gets in the way of another."""
    bad = [name for name, (low, high) in NEEDED.items() if not low <= found_version(name) < high]
    if bad:
        yield look(
            f"PlexSync was not tested with the installed versions of {', '.join(bad)}.",
            "Install the versions in requirements.txt.",
        )
    else:
        yield fine(f"The Python packages are installed: {', '.join(NEEDED)}.")
    if found_version("stashapp-tools", [folder_of("stashapi")]):
        yield look(
            "stashapp-tools is installed in the same folder as stashapi. Both write the same files,"
            " so removing one breaks the other.",
            "If PlexSync fails to import stashapi, reinstall stashapi.",
        )
    if importlib.util.find_spec("PIL") is None:
        yield fine("Pillow is not installed (optional). Covers above 10 MB are skipped.")


def folder_of(module: str) -> str:
    """The folder of packages that a module is imported from; "" when it is not there."""
    spec = importlib.util.find_spec(module)
    return os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else ""


def check_space(free: int) -> Finding:
    """Room for the database. ``free`` in bytes."""
    if free < LITTLE_SPACE:
        return wrong(
            f"Only {free / 1e6:.0f} MB are free in the data directory.",
            "Free some space, because PlexSync cannot store edits on a full disk.",
        )
    return fine(f"{free / 1e9:.1f} GB are free for the data directory.")


def check_file_system(data_dir: str, mounted: Mapping[str, str]) -> Iterator[Finding]:
    """``mounted`` maps mount points to the names of their file systems."""
    path = os.path.realpath(data_dir)
    above = [place for place in mounted if is_inside(path, place)]
    kind = mounted[max(above, key=len)] if above else ""
    if kind in NETWORK_SYSTEMS or path.startswith("\\\\"):
        yield wrong(
            f"The data directory is on a network file system ({kind or 'a share'}), which cannot"
            " lock a database safely.",
            "Set STASH_PLUGIN_DATA to a directory on a local disk.",
        )


def is_inside(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def mounts() -> dict[str, str]:
    """Mount points with the names of their file systems; empty where there is no such list."""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.split() for line in file]
    except OSError:
        return {}
    return {line[1].replace("\\040", " "): line[2] for line in lines if len(line) > 2}


def check_worker(report: QueueReport) -> Iterator[Finding]:
    """The worker, the queue, and their obstacles."""
    if report.problem:
        yield wrong(
            f"The queue cannot be read: {report.problem}",
            "Run Process Queue. It repairs the database if possible.",
        )
    if report.start_problem:
        yield wrong(f"The worker could not start: {report.start_problem}", START_TODO)
    starts = "it could not start" if report.start_problem else "the next edit starts it"
    alive = "runs" if report.worker_alive else f"does not run; {starts}"
    left = count(report.left, "edit waits", "edits wait")
    letters = count(report.stats.failed, "dead letter", "dead letters")
    yield fine(f"The worker {alive}; {left}, {letters}.")


def check_waiting(states: Facts, servers: Iterable[Finding]) -> Iterator[Finding]:
    """The obstacles of the worker. One that the user has just corrected is none: ``servers`` are
    the findings about the settings and both servers.
    """
    reason, held = states.text("hold", "reason"), states.text("hold", "sentence")
    is_wrong = any(finding.level is Level.WRONG for finding in servers)
    is_corrected = reason == Reason.SETUP and not is_wrong
    if is_corrected:
        yield fine("The settings are corrected; the worker continues within a minute.")
    for sentence, todo in blockers(states):
        if not (is_corrected and held in sentence):
            yield look(sentence, todo)


def is_container(marks: Sequence[str] = CONTAINER_MARKS) -> bool:
    """Whether this runs in Docker or Podman."""
    return any(map(os.path.exists, marks))


def check_address(plex_url: str, *, in_container: bool) -> Iterator[Finding]:
    """Why a Plex did not answer: its address may name another machine than was meant."""
    if in_container and urlsplit(plex_url).hostname in LOCAL_NAMES:
        yield look(
            "plex_url is localhost, which in a container means the container itself.",
            "Enter the address of the machine that runs Plex, unless Plex shares this"
            " container's network.",
        )
