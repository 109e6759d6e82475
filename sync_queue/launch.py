"""Starting the resident worker, detached from Stash. Standard library only.

Stash waits for the end of a hook's standard output, so none of the three standard streams may be
inherited. A session of its own keeps a Ctrl-C in Stash's terminal away from the worker.
"""

from __future__ import annotations

import os
import sys
import time

from sync_queue import datadir, lock, starts

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs a hook more than everything else
    from collections.abc import Callable


def ensure_worker(
    plugin_dir: str,
    data_dir: str,
    *,
    asked: bool = False,
    say: Callable[[str, str], None] | None = None,
) -> bool:
    """Start a worker unless one holds the lock. True when this call started it.

    A worker that sleeps is woken: it hears that the lock's file, open for writing, was closed.
    Where the last ones could not start it is tried again now and then only, unless a user has
    ``asked`` for it; ``say(level, line)`` then says why in Stash's log. Raises ``Unusable``.
    """
    descriptor = lock.take_for_worker(data_dir)
    if descriptor is None:
        return False
    try:
        now = time.time()
        last = starts.read(data_dir)
        if say and last.unsaid(now):
            say("e", f"Edits are stored, but PlexSync's worker could not start: {last.problem}")
            starts.note_said(data_dir, now)
        if not asked and last.too_soon(now):
            return False
        starts.note_attempt(data_dir, now)
        spawn(plugin_dir, data_dir, descriptor)
    finally:
        os.close(descriptor)
    return True


def spawn(plugin_dir: str, data_dir: str, descriptor: int) -> None:
    """Start a worker that gets the lock, which is held with ``descriptor``."""
    command = [sys.executable, os.path.join(plugin_dir, "PlexSync.py"), "--worker"]
    environ = {**os.environ, "STASH_PLUGIN_DATA": data_dir}
    try:
        if sys.platform == "win32":
            lock.release(descriptor)
            spawn_windows(command, environ)
        else:
            spawn_posix(command, environ, descriptor)
    except OSError as error:
        raise datadir.Unusable(
            error.errno,
            f"{sys.executable} could not be started ({error.strerror})."
            " Correct the Python path in Stash: Settings > System.",
        ) from error


if sys.platform != "win32":

    def spawn_posix(command: list[str], environ: dict[str, str], lock_descriptor: int) -> None:
        """Start ``command`` with the lock as its standard input and nothing else of ours."""
        actions = [
            (os.POSIX_SPAWN_DUP2, lock_descriptor, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        try:
            os.posix_spawn(command[0], command, environ, file_actions=actions, setsid=True)
        except NotImplementedError:  # an old libc without POSIX_SPAWN_SETSID
            import subprocess

            subprocess.Popen(
                command,
                env=environ,
                stdin=lock_descriptor,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )


def spawn_windows(command: list[str], environ: dict[str, str]) -> None:
    """Start ``command`` without a console; the worker takes the lock itself.

    Not detached: the Python of a virtual environment starts another one, which would open a window.
    """
    import subprocess

    subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=0x08000000 | 0x00000200,  # CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP
        close_fds=True,
    )
