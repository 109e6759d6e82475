"""A worker of the installed plugin whose clock jumps: SyncWorker takes its clock as an argument.

    PYTHONPATH=<plugin> jumping_worker.py <plugin directory> <data directory> <patience> <offset>…

Holds the worker's lock, so that it is the one worker, and ends when nothing can be done now. Its
clock goes by each offset (seconds) in turn for a quarter of a second. ``patience``: how long it
tries to get the lock, in seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from sync_queue import lock, rescue
from worker import logs
from worker.deaths import take_back_leases
from worker.processor import SyncWorker

TURN_SECONDS = 0.25


def jumping(offsets: list[float]) -> Callable[[], float]:
    """A clock that is wrong by another offset every quarter of a second."""
    begun = time.monotonic()
    return lambda: (
        time.time() + offsets[int((time.monotonic() - begun) / TURN_SECONDS) % len(offsets)]
    )


def main(plugin_dir: str, data_dir: str, patience: float, offsets: list[float]) -> int:
    """Work until idle or waiting; 1 when another worker holds the lock."""
    descriptor = lock.acquire(data_dir, patience=patience)
    if descriptor is None:
        return 1
    logs.to_file(data_dir)
    with rescue.open_queue(data_dir) as manager:
        take_back_leases(manager, time.time() + offsets[0])
        clock = jumping(offsets)
        worker = SyncWorker(manager, plugin_dir=plugin_dir, clock=clock, when_idle=True)
        worker.start()
        while worker.is_alive():
            worker.join(60.0)
        worker.stop()
        print(worker.finished, worker.error or "", manager.get_stats(clock()))  # noqa: T201 (its report)
    lock.release(descriptor)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), [float(n) for n in sys.argv[4:]]))
