"""Run by test_many_processes.py: forks children that use one queue at the same moment.

A program of its own, so that no thread of the test runner is copied. The children wait for the
end of one pipe and then start together; each reports on a line of standard output.
"""

from __future__ import annotations

import json
import os
import random
import signal
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
        manager.jobs.put(scene_job(os.getpid(), "Scene.Update.Post", NOW))
    return "created"


def consume(data_dir: str, number: int, total: int) -> list[int]:
    """Claim and settle until all is settled, or half of it here, so that one consumer cannot do it
    alone; returns the queue ids that were delivered here.
    """
    rng = random.Random(number)
    delivered: list[int] = []
    deadline = time.monotonic() + 30
    with QueueManager(data_dir) as manager:
        while len(delivered) < total // 2 and manager.get_stats(NOW).completed < total:
            assert time.monotonic() < deadline, manager.get_stats(NOW)
            for leased in manager.jobs.claim(NOW, rng.randint(1, 5)):
                delivered.append(leased.queue_id)
                assert manager.complete(leased)
    return delivered


def produce(data_dir: str, number: int, each: int) -> list[int]:
    """Put ``each`` jobs, one transaction per job."""
    with QueueManager(data_dir) as manager:
        for n in range(each):
            manager.jobs.put(scene_job(1 + number * each + n, "Scene.Update.Post", NOW))
    return []


def work_until_killed(data_dir: str, report: int, begun: int, *, hold: bool) -> None:
    """A worker: take back the leases of the one before, claim, settle, report what was settled.

    It writes to ``begun`` when it may be killed: ``hold`` lets it wait for that with a lease.
    """
    rng = random.Random(os.getpid())
    with QueueManager(data_dir) as manager:
        for killer in manager.jobs.take_back():
            manager.jobs.put(killer.job)
        if not hold:
            os.write(begun, b"!")
        while leased := manager.jobs.claim(time.time() * 2, rng.randint(1, 5)):
            for job in leased[hold:]:
                if rng.random() < 0.3:
                    assert manager.jobs.retry(job, 0.0, charge=True)
                elif manager.complete(job):
                    os.write(report, b"%d\n" % job.queue_id)
            if hold:
                os.write(begun, b"!")
                signal.pause()
    os._exit(0)


def kill_workers(data_dir: str, kills: int, jobs: int) -> None:
    """Kill one worker after the other; while they work, events go on arriving.

    Every second one is killed while it certainly holds a lease, the others at a random moment.
    """
    rng = random.Random(20_260_101)
    report = os.open(os.path.join(data_dir, "report"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    reader, writer = os.pipe()
    for kill in range(kills + 1):
        with QueueManager(data_dir) as manager:  # closed before the fork: SQLite wants it so
            keys = [rng.randrange(1, jobs + 1) for _ in range(jobs)]
            manager.jobs.put_all([scene_job(key, "edit", NOW) for key in keys])
        child = os.fork()
        if child == 0:
            work_until_killed(data_dir, report, writer, hold=kill % 2 == 0 and kill < kills)
        os.read(reader, 1)
        if kill < kills:  # the last one may finish
            time.sleep(rng.uniform(0, 0.015) if kill % 2 else 0.0)
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def main(mode: str, data_dir: str, count: str = "") -> None:
    """Play one of the scenes."""
    if mode == "create":
        together(12, lambda _: create(data_dir))
    elif mode == "consume":
        QueueManager(data_dir).jobs.close()
        together(5, lambda n: consume(data_dir, n, 400) if n < 3 else produce(data_dir, n - 3, 200))
    elif mode == "kill":
        kill_workers(data_dir, kills=int(count), jobs=30)


if __name__ == "__main__":
    main(*sys.argv[1:])
