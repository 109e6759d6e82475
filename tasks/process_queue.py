"""Mode ``process_queue``: drain what is due, here or by watching the worker that does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sync_queue import launch, lock
from sync_queue.dlq import DeadLetterQueue
from sync_queue.manager import QueueManager
from sync_queue.report import QueueReport, read_report
from tasks.context import TaskRequest, TaskResult
from tasks.handshake import remember_connection
from worker.processor import SyncWorker

LOOK_SECONDS = 0.25
# A worker that makes no progress for so long is not waited for: its log says why.
PATIENCE_SECONDS = 30.0

log = logging.getLogger("plexsync.tasks")


def run(request: TaskRequest, progress: Callable[[float], None]) -> TaskResult:
    """Bring every due job to Plex; ends when nothing is due or everything has to wait."""
    data_dir = request.resolve()
    remember_connection(data_dir, request.connection)
    before = read_report(data_dir, time.time())
    total = before.stats.pending + before.stats.in_progress + before.spooled
    progress(0.0)
    descriptor = lock.acquire(data_dir, patience=0.5)
    if descriptor is None:
        log.info("The resident worker is draining the queue; following it.")
        follow(data_dir, total, progress)
    else:
        try:
            drain(request, data_dir, total, progress)
        finally:
            lock.release(descriptor)
    after = read_report(data_dir, time.time())
    if after.stats.left or after.spooled:
        launch.ensure_worker(request.plugin_dir, data_dir)
    return summary(before, after)


def drain(
    request: TaskRequest, data_dir: str, total: int, progress: Callable[[float], None]
) -> None:
    """Be the worker until nothing is due. A kill at any moment loses nothing."""
    with QueueManager(data_dir) as manager:
        manager.queue.resume_unack_tasks()
        dlq = DeadLetterQueue(manager.connection)
        worker = SyncWorker(
            manager,
            dlq,
            plugin_dir=request.plugin_dir,
            environ=request.environ,
            when_idle=True,
        )
        worker.start()
        try:
            while worker.is_alive():
                show(read_report(data_dir, time.time()), total, progress)
                # Not a join: when Ctrl-C interrupts that, CPython takes the thread for dead.
                time.sleep(LOOK_SECONDS)
        finally:
            worker.stop()


def follow(data_dir: str, total: int, progress: Callable[[float], None]) -> None:
    """Show the resident worker's progress until nothing is due."""
    left, since = -1, time.monotonic()
    while True:
        report = read_report(data_dir, time.time())
        due = due_now(report)
        if due != left:
            left, since = due, time.monotonic()
        show(report, total, progress)
        waits = bool(report.states.get("hold")) or not report.worker_alive
        if due == 0 or waits or time.monotonic() - since > PATIENCE_SECONDS:
            return
        time.sleep(LOOK_SECONDS)


def due_now(report: QueueReport) -> int:
    """Jobs that could be worked on now."""
    return report.stats.pending + report.stats.in_progress + report.spooled


def show(report: QueueReport, total: int, progress: Callable[[float], None]) -> None:
    """Progress as the share of the jobs that were due at the start."""
    due = due_now(report)
    progress(1.0 - due / max(total, due) if due else 1.0)


def summary(before: QueueReport, after: QueueReport) -> TaskResult:
    """What a person is told at the end."""
    left = after.stats.left + after.spooled
    done = max(0, before.stats.left + before.spooled - left)
    hold = after.states.get("hold", {})
    said = [f"{done} edits synced, {left} left, {after.stats.failed} dead letters."]
    if hold.get("sentence"):
        said.append(f"Everything waits ({hold.get('reason')}): {hold['sentence']}")
    elif left:
        said.append(f"{after.stats.delayed} edits wait for their time; the worker goes on.")
    said.append(f"Data directory: {after.data_dir}")
    return TaskResult(
        done=done,
        left=left,
        problems=after.stats.failed,
        lines=tuple(said),
        exit_code=exit_code(after, left),
    )


def exit_code(after: QueueReport, left: int) -> int:
    """0 nothing due left, 1 dead letters, 2 settings, 3 a server is away and jobs wait."""
    hold = after.states.get("hold", {})
    if hold.get("reason") in ("setup", "paused"):
        return 2
    failed_in_a_row = after.states.get("breaker", {}).get("failures", 0)
    if hold or (left and failed_in_a_row):
        return 3
    return 1 if after.stats.failed else 0
