#!/usr/bin/env python3
"""PlexSync from a shell: finds whose data it is and the libraries, then tasks/command_line.py."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence

PLUGIN_DIR = os.path.dirname(os.path.abspath(__file__))
if PLUGIN_DIR not in sys.path:  # python -P and -I leave it out
    sys.path.insert(0, PLUGIN_DIR)

OLDEST_PYTHON = (3, 11)
USAGE = 2
if sys.version_info < OLDEST_PYTHON:
    sys.stderr.write("PlexSync needs Python 3.11 or newer; this is %d.%d.\n" % sys.version_info[:2])
    sys.exit(USAGE)

# Python leaves half a file where the disk is full, and root's where root runs this.
sys.dont_write_bytecode = True
try:
    from hooks.protocol import LOOKS
    from sync_queue import datadir, lock
    from tasks import arguments
    from worker import dependencies
except (EOFError, ValueError, TypeError, ImportError):  # bytecode that was cut short
    sys.pycache_prefix = os.devnull
    from hooks.protocol import LOOKS
    from sync_queue import datadir, lock
    from tasks import arguments
    from worker import dependencies

# The variables that sudo would not hand on.
VARIABLES = ("PLEX_URL", "PLEX_TOKEN", "STASH_URL", "STASH_API_KEY", "STASH_PLUGIN_DATA")


class NotYours(Exception):
    """The data directory is another user's; ``str()`` holds the command that works."""


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one mode; returns the exit status."""
    lock.fill_standard_streams()
    asked = arguments.parse(argv)
    data_dir = data_dir_of(asked, environ)
    try:
        refuse_other_owner(data_dir, argv, environ)
        if asked.mode in LOOKS:
            from tasks import looks

            return looks.at_shell(asked, PLUGIN_DIR, data_dir)
        dependencies.ensure(PLUGIN_DIR, data_dir, say, patient=True)
    except (NotYours, dependencies.DependenciesMissing, OSError) as error:
        say(str(error))
        return USAGE
    from tasks import command_line

    return command_line.main(asked, environ, PLUGIN_DIR, data_dir)


def data_dir_of(asked: Namespace, environ: Mapping[str, str]) -> str:
    """The absolute data directory that the arguments or the environment name."""
    given: str | None = asked.data_dir
    if given:
        return os.path.abspath(given)
    return datadir.locate(PLUGIN_DIR, "", environ)


def say(line: str) -> None:
    """One line for the user at the shell."""
    sys.stderr.write(f"{line}\n")


def refuse_other_owner(data_dir: str, argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Files of another owner would lock Stash's own worker out of its queue.

    Raises ``NotYours`` with the command that works.
    """
    owner = owner_of(data_dir, PLUGIN_DIR)
    if sys.platform == "win32" or owner in (None, os.geteuid()):
        return
    command = [sys.executable, os.path.join(PLUGIN_DIR, "process_queue.py"), *argv]
    prefix = docker_prefix(owner) if in_container() else sudo_prefix(owner, environ)
    raise NotYours(
        f"{data_dir} belongs to user {user_name(owner)}, and so must its files. Run this instead:\n"
        f"  {shlex.join([*prefix, *command])}"
    )


def owner_of(data_dir: str, plugin_dir: str) -> int | None:
    """The user whose data directory it is; ``None``: it has no owner yet.

    One that is still to be made below the plugin will belong to the plugin's owner.
    """
    if os.path.isdir(data_dir):
        return os.stat(data_dir).st_uid
    return os.stat(plugin_dir).st_uid if data_dir.startswith(plugin_dir + os.sep) else None


def in_container() -> bool:
    """Whether this is Docker or Podman, where sudo is rarely at hand."""
    return os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv")


def docker_prefix(owner: int) -> list[str]:
    """The words before the command on the container's host. Its host name is its id."""
    return ["docker", "exec", "-u", str(owner), "-w", os.getcwd(), platform.node()]


def sudo_prefix(owner: int, environ: Mapping[str, str]) -> list[str]:
    """The words before the command to run it as ``owner``; names of variables, no values."""
    kept = [name for name in VARIABLES if environ.get(name)]
    keep = [f"--preserve-env={','.join(kept)}"] if kept else []
    return ["sudo", "-u", user_name(owner), *keep]


if sys.platform == "win32":

    def user_name(number: int) -> str:
        """The number instead of a name, which is never needed on Windows."""
        return f"#{number}"

else:
    import pwd

    def user_name(number: int) -> str:
        """The name of a user, or ``#`` and the number as sudo takes it."""
        try:
            return pwd.getpwuid(number).pw_name
        except KeyError:
            return f"#{number}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
