"""Having the queue drained: here when nobody else does, else by watching the resident worker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sync_queue import launch, lock, rescue
from sync_queue.manager import QueueManager
from sync_queue.models import SyncJob
from sync_queue.report import QueueReport, read_report
from sync_queue.shared import is_waiting
from tasks.context import TaskRequest
from worker.processor import SyncWorker

LOOK_SECONDS = 0.25
# A person is waiting for this job: it goes before everything else.
ASKED_PRIO = 10
# A look at the queue may take one part in so many of the worker's time.
LOOKS_COST = 50
# A worker that makes no progress for so long is not waited for: its log says why.
PATIENCE_SECONDS = 30.0

log = logging.getLogger("plexsync.tasks")

Progress = Callable[[float], None]


def deliver(
    request: TaskRequest,
    data_dir: str,
    progress: Progress,
    *,
    is_over: Callable[[], bool] = lambda: False,
) -> QueueReport:
    """Bring what is due to Plex; returns the queue as it is then.

    Ends when nothing is due, when everything has to wait, or when ``is_over``. What is left is
    the resident worker's, which is started if need be.
    """
    total = due_now(read_report(data_dir, time.time()))
    progress(0.0)
    descriptor = lock.acquire(data_dir, patience=0.5)
    if descriptor is None:
        log.info("The resident worker is draining the queue; following it.")
        follow(data_dir, total, progress, is_over)
    else:
        try:
            drain(request, data_dir, total, progress, is_over)
        finally:
            lock.release(descriptor)
    after = read_report(data_dir, time.time())
    show(after, total, progress)
    if after.stats.left or after.spooled:
        launch.ensure_worker(request.plugin_dir, data_dir)
    return after


def deliver_first(
    request: TaskRequest, manager: QueueManager, job: SyncJob, progress: Progress
) -> QueueReport:
    """Bring one job to Plex before all others, and wait until it is settled or everything waits."""
    manager.enqueue(job, prio=ASKED_PRIO)
    return deliver(
        request,
        manager.data_dir,
        progress,
        is_over=lambda: not is_waiting(manager, job.job_key),
    )


def drain(
    request: TaskRequest,
    data_dir: str,
    total: int,
    progress: Progress,
    is_over: Callable[[], bool],
) -> None:
    """Be the worker until nothing is due. A kill at any moment loses nothing."""
    with rescue.open_queue(data_dir) as manager:
        manager.queue.resume_unack_tasks()
        worker = SyncWorker(
            manager,
            manager.dlq,
            plugin_dir=request.plugin_dir,
            environ=request.environ,
            when_idle=True,
        )
        worker.start()
        try:
            while worker.is_alive() and not is_over():
                begun = time.monotonic()
                show(read_report(data_dir, time.time()), total, progress)
                # Counting a long queue takes its time: look less often then.
                worker.join(max(LOOK_SECONDS, LOOKS_COST * (time.monotonic() - begun)))
        finally:
            worker.stop()
        if worker.trouble is not None:
            log.error("%s", worker.trouble)
            rescue.mend(manager, worker.trouble)  # raises it where only a person can help


def follow(data_dir: str, total: int, progress: Progress, is_over: Callable[[], bool]) -> None:
    """Show the resident worker's progress until nothing is due."""
    left, since = -1, time.monotonic()
    while not is_over():
        report = read_report(data_dir, time.time())
        due = due_now(report)
        if due != left:
            left, since = due, time.monotonic()
        show(report, total, progress)
        waits = bool(report.states.get("hold")) or not report.worker_alive
        if due == 0 or waits:
            return
        if time.monotonic() - since > PATIENCE_SECONDS:
            log.info("The worker goes on by itself; Show Status tells how far it is.")
            return
        time.sleep(LOOK_SECONDS)


def due_now(report: QueueReport) -> int:
    """Jobs that could be worked on now."""
    return report.stats.pending + report.stats.in_progress + report.spooled


def show(report: QueueReport, total: int, progress: Progress) -> None:
    """Progress as the share of the jobs that were due at the start."""
    due = due_now(report)
    progress(1.0 - due / max(total, due) if due else 1.0)


def exit_code(after: QueueReport, *, problems: int) -> int:
    """0 nothing due left, 1 some scenes need a person, 2 settings, 3 a server is away."""
    hold = after.states.get("hold", {})
    if hold.get("reason") in ("setup", "paused"):
        return 2
    failed_in_a_row = after.states.get("breaker", {}).get("failures", 0)
    if hold or ((after.stats.left or after.spooled) and failed_in_a_row):
        return 3
    return 1 if problems else 0
