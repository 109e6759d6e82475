"""The plugin's worker processes, seen from outside: by its log, its lock and the process table."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from pathlib import Path

_STARTED = re.compile(r"started, pid (\d+)")


def workers_ever(data_dir: Path) -> list[int]:
    """The pids of all workers that said in their log that they started, oldest first."""
    while True:
        logs = sorted(data_dir.glob("plexsync.log*"), reverse=True)  # .2, .1, the current one
        try:  # a test may have put a pipe or a device there
            texts = [log.read_text("utf-8") for log in logs if log.is_file()]
            return [int(pid) for text in texts for pid in _STARTED.findall(text)]
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
            with contextlib.suppress(OSError):  # just gone; Windows ends it at once
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
        return not can_lock(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import ctypes
    import msvcrt

    SYNCHRONIZE = 0x00100000
    WAIT_TIMEOUT = 0x00000102
    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel32.OpenProcess.restype = ctypes.c_void_p
    kernel32.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_ulong)
    kernel32.CloseHandle.argtypes = (ctypes.c_void_p,)

    def can_lock(descriptor: int) -> bool:
        """Whether a byte of a file is free, which a worker locks as a whole."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        return True

    def is_running(pid: int) -> bool:
        """Whether a process lives. Signal 0 would be a Ctrl-C here."""
        handle = kernel32.OpenProcess(SYNCHRONIZE, False, pid)
        if not handle:
            return False
        try:
            return bool(kernel32.WaitForSingleObject(handle, 0) == WAIT_TIMEOUT)
        finally:
            kernel32.CloseHandle(handle)

else:
    import fcntl

    def can_lock(descriptor: int) -> bool:
        """Whether a file is free, which a worker locks alone."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_running(pid: int) -> bool:
        """Whether a process lives; a zombie does not."""
        stat = Path(f"/proc/{pid}/stat")
        try:
            os.kill(pid, 0)
            state = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except ProcessLookupError:
            return False
        except FileNotFoundError:
            return not os.path.isdir("/proc/self")  # gone meanwhile, or a system without /proc
        return state[0] != "Z"
