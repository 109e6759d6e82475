"""The plugin's worker processes, seen from outside: by its log, its lock and the process table."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_STARTED = re.compile(r"started, pid (\d+)")


def workers_ever(data_dir: Path) -> list[int]:
    """The pids of all workers that said in their log that they started, oldest first."""
    while True:
        logs = sorted(data_dir.glob("plexsync.log*"), reverse=True)  # .2, .1, the current one
        try:
            return [int(pid) for log in logs for pid in _STARTED.findall(log.read_text("utf-8"))]
        except FileNotFoundError:  # just renamed
            continue


def workers(data_dir: Path) -> set[int]:
    """The pids of those that run."""
    return {pid for pid in workers_ever(data_dir) if is_running(pid)}


def stop_workers(data_dir: Path, patience: float = 20.0) -> None:
    """Send SIGTERM to each worker and wait until all are gone. Raises ``TimeoutError``."""
    deadline = time.monotonic() + patience
    told: set[int] = set()
    while (running := workers(data_dir)) or lock_is_held(data_dir):
        for pid in running - told:
            os.kill(pid, signal.SIGTERM)
        told |= running
        if time.monotonic() > deadline:
            raise TimeoutError(f"a worker of {data_dir} does not end; pids: {running}")
        time.sleep(0.02)


def lock_is_held(data_dir: Path) -> bool:
    """Whether a worker lives, be it so young that it has not logged anything."""
    try:
        descriptor = os.open(data_dir / "queue" / "worker.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_running(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not os.path.isdir("/proc/self")  # gone meanwhile, or a system without /proc
    return state[0] != "Z"
