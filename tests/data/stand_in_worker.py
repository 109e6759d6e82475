"""A worker for tests: takes the lock as the real one does, notes its pid, waits for the end."""

import os
import signal

from sync_queue import datadir, lock


def main(plugin_dir: str) -> None:
    signal.alarm(600)  # whatever becomes of the test
    data_dir = datadir.resolve(plugin_dir, "", os.environ)

    def note(event: str) -> None:
        path = os.path.join(plugin_dir, "stand-in.log")
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, f"{os.getpid()} {event}\n".encode())
        os.close(descriptor)

    note("starts")
    if lock.acquire(data_dir) is None:
        note("superfluous")
        return
    note("holds")
    with open(os.path.join(plugin_dir, "stand-in.pipe"), "rb") as pipe:
        pipe.read()
