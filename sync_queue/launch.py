"""Starting the resident worker, detached from Stash. Standard library only.

Stash waits for the end of a hook's standard output, so none of the three standard streams may be
inherited; and a session of its own keeps a Ctrl-C in Stash's terminal away from the worker.
"""

import os
import sys

from sync_queue import lock


def ensure_worker(plugin_dir: str, data_dir: str) -> bool:
    """Start a worker unless one holds the lock. True when this call started it."""
    descriptor = lock.take_for_worker(data_dir)
    if descriptor is None:
        return False
    try:
        command = [sys.executable, os.path.join(plugin_dir, "PlexSync.py"), "--worker"]
        environ = {**os.environ, "STASH_PLUGIN_DATA": data_dir}
        if os.name == "nt":
            lock.release(descriptor)
            spawn_windows(command, environ)
        else:
            spawn_posix(command, environ, descriptor)
    finally:
        os.close(descriptor)
    return True


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
    """Start ``command`` without a console; the worker takes the lock itself."""
    import subprocess

    subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=0x00000008 | 0x00000200,  # DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
        close_fds=True,
    )
