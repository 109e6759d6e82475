"""The worker's lock: an OS lock on a file, which dies with its process. Standard library only.

POSIX: ``flock``. A hook takes the lock itself and hands it to the worker that it starts, as the
worker's standard input. Sixteen parallel hooks therefore start exactly one worker, and there is no
moment at which the worker lives without its lock. Status takes a shared lock for an instant.

Windows: byte-range locks. The worker locks the whole range, a probe one byte of it.
"""

from __future__ import annotations

import os
import sys
import time

from sync_queue import datadir

LOCK_FILE = "worker.lock"
STARTING_SECONDS = 3.0
RANGE = 1 << 20

if sys.platform == "win32":
    import msvcrt

    def take(descriptor: int, *, shared: bool = False) -> bool:
        """Try to lock and never wait. Two probes collide once in a million."""
        offset = int.from_bytes(os.urandom(3), "little") % RANGE if shared else 0
        os.lseek(descriptor, offset, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1 if shared else RANGE)
        except OSError:
            return False
        if shared:
            os.lseek(descriptor, offset, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        return True

    def release(descriptor: int) -> None:
        """Give the lock back."""
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, RANGE)

else:
    import fcntl

    def take(descriptor: int, *, shared: bool = False) -> bool:
        """Try to lock and never wait; a lock of this process is kept or converted."""
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(descriptor: int) -> None:
        """Give the lock back, for every process that shares this descriptor."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def open_lock(data_dir: str) -> int:
    """Open (and create, 0600) the lock file; not inherited by children."""
    path = os.path.join(data_dir, "queue", LOCK_FILE)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def is_current(descriptor: int, data_dir: str) -> bool:
    """Whether a held lock is still the one that others would ask: not so when its file is gone."""
    if os.name == "nt":  # a file that is open stays where it is
        return True
    try:
        here = os.stat(os.path.join(data_dir, "queue", LOCK_FILE))
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), here)


def take_for_worker(data_dir: str) -> int | None:
    """The lock as a hook sees it: its descriptor when no worker holds it, else ``None``.

    A status probe holds a shared lock for an instant and must not be taken for a worker.
    """
    with datadir.Using(data_dir):
        descriptor = open_lock(data_dir)
        held = False
        try:
            held = take_from_probes(descriptor)
        finally:
            if not held:
                os.close(descriptor)
    return descriptor if held else None


def take_from_probes(descriptor: int) -> bool:
    """Take the lock unless a worker holds it; a probe gives it back within moments."""
    while not take(descriptor):
        if not take(descriptor, shared=True):
            return False
    return True


def worker_alive(data_dir: str) -> bool:
    """Whether a worker holds the lock. Creates nothing. Raises ``Unusable``."""
    # A probe needs to write on Windows alone; a file system that is read-only can be asked too.
    mode = os.O_RDWR if os.name == "nt" else os.O_RDONLY
    with datadir.Using(data_dir):
        try:
            descriptor = os.open(os.path.join(data_dir, "queue", LOCK_FILE), mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            return not take(descriptor, shared=True)
        finally:
            os.close(descriptor)


def fill_standard_streams() -> None:
    """Open the streams that a user or a service manager closed. Else the next opened file becomes
    standard input, where the lock belongs, or gets the terminal's output.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (for good)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (for good)


def acquire(data_dir: str, *, patience: float = STARTING_SECONDS) -> int | None:
    """The lock for a worker that starts or returns, trying for ``patience`` seconds.

    Standard input is used when a hook handed the lock over with it. ``None`` when another worker
    really runs. Raises ``Unusable``.
    """
    with datadir.Using(data_dir):
        own = open_lock(data_dir)
        if is_handed_over(own):
            os.close(own)
            return 0 if take(0) else None
        held = False
        try:
            held = take_within(own, patience)
        finally:
            if not held:
                os.close(own)
    return own if held else None


def take_within(descriptor: int, patience: float) -> bool:
    """Try to lock for ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not take(descriptor):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_handed_over(own: int) -> bool:
    """Whether standard input is the lock file, opened by the hook that started this process."""
    try:
        given = os.fstat(0)
    except OSError:
        return False
    here = os.fstat(own)
    same = (given.st_dev, given.st_ino) == (here.st_dev, here.st_ino)
    return same and own != 0 and os.name != "nt"
