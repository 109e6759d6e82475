"""The private folder of packages: filled by pip, marked when it is whole. Standard library only."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
import sysconfig
import time
from importlib import machinery

from sync_queue import datadir

MARKER = "plexsync.json"
UNFINISHED = ".new"
FAILED = ".failed"
# After a failure hooks would start a worker, and it pip, with each save.
TRY_AGAIN_SECONDS = 600.0
INSTALL_SECONDS = 600.0
NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW
WRONG_HASH = (
    "a downloaded package has not the checksum that PlexSync names for it: the package index or"
    " something before it delivers other files"
)


def folder_name(requirements: str) -> str:
    """The folder for the packages of one ``requirements``: a folder in use is never exchanged."""
    return f"{platform_tag()}-{str(wanted_marker(requirements)['sha256'])[:12]}"


def platform_tag() -> str:
    """The Python, system and C library that compiled packages belong to: the ending of such files
    names them (but no processor on macOS).
    """
    ending = machinery.EXTENSION_SUFFIXES[0].split(".")[1]
    return f"{ending}-{sysconfig.get_platform()}".replace(".", "_")


def is_installed(target: str, requirements: str) -> bool:
    """Whether ``target`` holds exactly what ``requirements`` names."""
    try:
        with open(os.path.join(target, MARKER), encoding="utf-8") as file:
            marker: object = json.load(file)
    except (OSError, ValueError):
        return False
    return marker == wanted_marker(requirements)


def wanted_marker(requirements: str) -> dict[str, object]:
    """The content of the marker of a complete installation."""
    with open(requirements, "rb") as file:
        return {"version": 1, "sha256": hashlib.sha256(file.read()).hexdigest()}


def why_unsafe(data_dir: str, target: str) -> str:
    """Why code in ``target``, which lies in ``data_dir``, may be another user's: a sentence with
    the next step, "" when it is ours alone. Windows: the folders' own permissions decide.
    """
    if sys.platform == "win32":
        return ""
    inside = os.path.relpath(target, data_dir).split(os.sep)
    for depth in range(len(inside) + 1):
        folder = os.path.join(data_dir, *inside[:depth])
        try:
            # The data directory itself may be a link that its owner has set.
            found = os.lstat(folder) if depth else os.stat(folder)
        except FileNotFoundError:
            return ""
        except OSError as error:
            return datadir.sentence_of(error, data_dir)
        if found.st_uid not in (os.geteuid(), 0) or stat.S_ISLNK(found.st_mode):
            return (
                f"{folder} is not ours (its owner is user {found.st_uid}), so no code in it is run."
                f" Give it to user {os.geteuid()}, or delete it."
            )
        others = stat.S_IWOTH | (stat.S_IWGRP if depth else 0)
        if found.st_mode & others:
            return (
                f"Other users can write to {folder}, so no code in it is run."
                f" Run: {shlex.join(['chmod', 'go-w', folder])}"
            )
        if depth and not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            return ""  # no other user gets any further
    return ""


def install(requirements: str, target: str, guard: int) -> str:
    """Install into ``target`` with the running interpreter's pip; returns why not, "" when it did.

    A killed installation leaves nothing that would be taken for a whole one. Each run fills a
    folder of its own, and pip, which continues alone, holds the lock ``guard`` until it ends.
    """
    remove_unfinished(target)
    building = f"{target}.{os.getpid()}{UNFINISHED}"
    try:
        done = subprocess.run(
            pip_command(requirements, building),
            cwd=os.path.dirname(target),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=INSTALL_SECONDS,
            check=False,
            pass_fds=() if os.name == "nt" else (guard,),
            umask=-1 if os.name == "nt" else 0o077,
            creationflags=NO_WINDOW if os.name == "nt" else 0,
        )
        if done.returncode:
            return reason_of(done.stderr)
        settle(building, requirements)
        shutil.rmtree(target, ignore_errors=True)
        datadir.replace(building, target)  # a virus scanner looks at what is new
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    finally:
        remove_unfinished(target)
    remove_older(target)
    return ""


def remove_unfinished(target: str) -> None:
    """Remove what earlier runs left, killed or failed. Under the lock no process fills it."""
    folder, name = os.path.split(target)
    for other in os.listdir(folder):
        if other.startswith(f"{name}.") and other.endswith(UNFINISHED):
            shutil.rmtree(os.path.join(folder, other), ignore_errors=True)


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
    """The command that installs, as a program runs it."""
    quietly = ("--no-input", "--quiet", "--disable-pip-version-check", "--no-warn-script-location")
    return [*command_by_hand(requirements, target), *quietly]


def command_by_hand(requirements: str, target: str) -> list[str]:
    """The command that installs: wheels only, each with its hash, into one folder. ``-P`` keeps a
    ``pip.py`` in the current directory from being run.
    """
    return [
        *(sys.executable, "-P", "-m", "pip", "install", "--target", target),
        *("--requirement", requirements, "--require-hashes", "--only-binary", ":all:"),
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


def note_failure(target: str) -> None:
    """Remember that an installation has just failed."""
    datadir.write_private(target + FAILED, b'{"version": 1}')


def failed_lately(target: str) -> bool:
    """Whether an installation failed in the last ten minutes."""
    try:
        age = time.time() - os.stat(target + FAILED).st_mtime
    except OSError:
        return False
    return 0 <= age < TRY_AGAIN_SECONDS


def reason_of(output: bytes) -> str:
    """The reason for pip's failure, from its output."""
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines()]
    if any("DO NOT MATCH THE HASHES" in line for line in lines):
        return WRONG_HASH
    errors = [line for line in lines if line.startswith("ERROR:")]
    said = errors or [line for line in lines if line]
    return said[-1] if said else "pip failed"
