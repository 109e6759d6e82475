"""Run by test_many_processes.py: forks children that use one queue at the same moment.

A program of its own, so that no thread of the test runner is copied. The children wait for the
end of one pipe and then start together; each reports on a line of standard output.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable

from sync_queue.manager import QueueManager
from sync_queue.models import scene_job

NOW = 1_800_000_000.0


def together(count: int, work: Callable[[int], object]) -> None:
    """Run ``work(number)`` in ``count`` children that start at once; print what each returns."""
    reader, writer = os.pipe()
    for number in range(count):
        if os.fork() == 0:
            os.close(writer)
            os.read(reader, 1)
            try:
                line = json.dumps(work(number))
            except BaseException:  # noqa: BLE001 (whatever it is, the test has to see it)
                line = json.dumps({"error": traceback.format_exc()})
            os.write(1, line.encode() + b"\n")  # one write: lines of others do not mix in
            os._exit(0)
    os.close(writer)
    for _ in range(count):
        os.wait()


def create(data_dir: str) -> str:
    """Open (and perhaps create) the database and put one job."""
    with QueueManager(data_dir) as manager:
        manager.enqueue(scene_job(os.getpid(), "Scene.Update.Post", NOW))
    return "created"


def consume(data_dir: str, number: int, total: int) -> list[int]:
    """Claim and settle until all is settled; returns the queue ids that were delivered here."""
    rng = random.Random(number)
    delivered = []
    deadline = time.monotonic() + 30
    with QueueManager(data_dir) as manager:
        while manager.get_stats(NOW).completed < total:
            assert time.monotonic() < deadline, manager.get_stats(NOW)
            for leased in manager.get_pending(NOW, rng.randint(1, 5)):
                delivered.append(leased.queue_id)
                assert manager.ack_job(leased, NOW)
    return delivered


def produce(data_dir: str, number: int, each: int) -> list[int]:
    """Put ``each`` jobs, one transaction per job."""
    with QueueManager(data_dir) as manager:
        for n in range(each):
            manager.enqueue(scene_job(1 + number * each + n, "Scene.Update.Post", NOW))
    return []


def main(mode: str, data_dir: str) -> None:
    """Play one of the scenes."""
    if mode == "create":
        together(12, lambda _: create(data_dir))
    elif mode == "consume":
        QueueManager(data_dir).queue.close()
        together(5, lambda n: consume(data_dir, n, 400) if n < 3 else produce(data_dir, n - 3, 200))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
