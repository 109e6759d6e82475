"""Runs the Windows half of sync_queue/lock.py on Linux, over byte-range locks of the same rules.

``msvcrt`` here is Linux's open-file-description locks: as on Windows a lock belongs to one open
file, excludes every other one in whatever process, and cannot be taken twice.
"""

import fcntl
import os
import struct
import sys
import types

held = {}


def locking(descriptor, mode, size):
    begin = os.lseek(descriptor, 0, os.SEEK_CUR)
    mine = held.setdefault(descriptor, set())
    if mode == msvcrt.LK_NBLCK and any(b < begin + size and begin < b + s for b, s in mine):
        raise PermissionError(13, "Permission denied")
    if mode == msvcrt.LK_UNLCK and (begin, size) not in mine:
        raise PermissionError(13, "Permission denied")
    kind = fcntl.F_WRLCK if mode == msvcrt.LK_NBLCK else fcntl.F_UNLCK
    wanted = struct.pack("hhqqi4x", kind, os.SEEK_SET, begin, size, 0)
    fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)
    (mine.add if kind == fcntl.F_WRLCK else mine.remove)((begin, size))


msvcrt = types.ModuleType("msvcrt")
msvcrt.LK_NBLCK, msvcrt.LK_UNLCK, msvcrt.locking = 2, 0, locking
sys.modules["msvcrt"] = msvcrt
sys.path.insert(0, sys.argv[1])
sys.platform = "win32"

from sync_queue import lock

assert "msvcrt" in vars(lock)
data_dir = sys.argv[2]
os.makedirs(os.path.join(data_dir, "queue"))
os.name = "nt"

assert not lock.worker_alive(data_dir)
worker = lock.acquire(data_dir, patience=0)
assert worker is not None
assert lock.worker_alive(data_dir)
assert lock.acquire(data_dir, patience=0) is None, "a second worker"
assert lock.take_for_worker(data_dir) is None, "a hook beside a worker"
lock.release(worker)
assert not lock.worker_alive(data_dir)

probes = [lock.open_lock(data_dir) for _ in range(50)]
assert all(lock.take(probe, shared=True) for probe in probes), "a probe leaves nothing behind"
hook = lock.take_for_worker(data_dir)
assert hook is not None
lock.release(hook)
assert lock.take(worker), "the worker comes back"
