"""Drain the queue: here if no resident worker runs, else by watching the resident worker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sync_queue import launch, lock, starts
from sync_queue.models import SyncJob
from sync_queue.report import QueueReport, read_report
from sync_queue.scenes import Undone
from sync_queue.shared import held
from tasks.context import Progress, TaskRequest
from tasks.desk import Desk
from validation.errors import TransientError
from validation.words import count
from worker.awake import LONGEST_LOOK_SECONDS, STUCK_SECONDS, TimeAwake
from worker.deaths import take_back_leases
from worker.processor import SyncWorker

LOOK_SECONDS = 0.25
# A user is waiting for this job: it goes before everything else.
ASKED_PRIO = 10
# A look at the queue may take one part in so many of the worker's time.
LOOKS_COST = 50
# A task stops waiting for a worker without progress for this long; its log says why.
PATIENCE_SECONDS = 30.0
AGAIN = "The edits wait. Run this task again; if that does not help, restart Plex and Stash."
# A hold from before may be over: the worker has so long to find out.
HOLD_SECONDS = 5.0

log = logging.getLogger("plexsync.tasks")


def deliver(
    desk: Desk,
    *,
    is_over: Callable[[], bool] = lambda: False,
    retried: int | None = None,
) -> QueueReport:
    """Bring what is due to Plex; returns the queue as it is then.

    Ends when nothing is due, when everything has to wait, or when ``is_over``. The remaining jobs
    are the resident worker's, which is started if need be and if it would know the settings. The
    waiting jobs of the priority ``retried`` are due now: the user asked for them again.
    """
    request, jobs = desk.request, desk.manager.jobs
    data_dir = desk.manager.data_dir
    total = read_report(data_dir, time.time()).due
    desk.progress(0.0)
    descriptor = lock.acquire(data_dir, patience=0.5)
    with held(descriptor):
        if descriptor is not None:
            starts.clear(data_dir)  # any obstacle to starting a worker
            take_back_leases(desk.manager, time.time())
        if retried is not None:  # the leases of a dead worker as well
            jobs.make_due(retried)
        if descriptor is not None:
            drain(desk, total, is_over)
        else:
            log.info("The resident worker drains the queue; waiting for it.")
            follow(data_dir, total, desk.progress, is_over)
    after = read_report(data_dir, time.time())
    show(after, total, desk.progress)
    if after.left and request.lets_worker_in:
        launch.ensure_worker(request.plugin_dir, data_dir, asked=True)
    return after


def deliver_first(desk: Desk, job: SyncJob) -> QueueReport:
    """Bring one job to Plex before all others, and wait until it is settled or everything waits."""
    jobs = desk.manager.jobs
    with desk.manager.transaction():
        desk.manager.scenes.take_up([job.scene_id], Undone.ALONE)
        jobs.put(job, prio=ASKED_PRIO)
    return deliver(desk, is_over=lambda: not jobs.is_open(job.job_key))


class Stuck(TransientError):
    """The sync thread of a task does not move: neither a server nor the database lets it."""


def drain(
    desk: Desk, total: int, is_over: Callable[[], bool], stuck: float = STUCK_SECONDS
) -> None:
    """Be the worker until nothing is due. A kill at any moment loses nothing. Raises ``Stuck``
    after so many seconds without a step.
    """
    worker = SyncWorker(
        desk.manager,
        plugin_dir=desk.request.plugin_dir,
        environ=desk.request.environ,
        when_idle=True,
    )
    awake = TimeAwake(LONGEST_LOOK_SECONDS)
    worker.start()
    try:
        while worker.is_alive() and not is_over():
            begun = time.monotonic()
            if awake.without_a_step(worker.seconds_since_step(), begun) > stuck:
                raise Stuck(f"No edit moved for {stuck:.0f} s. {AGAIN}")
            show(read_report(desk.manager.data_dir, time.time()), total, desk.progress)
            # Counting a long queue takes its time: look less often then.
            worker.join(max(LOOK_SECONDS, LOOKS_COST * (time.monotonic() - begun)))
    finally:
        worker.stop()
    if worker.error is not None:
        raise worker.error


def follow(
    data_dir: str,
    total: int,
    progress: Progress,
    is_over: Callable[[], bool],
    patience: float = PATIENCE_SECONDS,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Show the resident worker's progress until nothing is due, everything has to wait, or it
    made none for ``patience`` seconds.
    """
    due, begun, moved = -1, time.time(), monotonic()
    awake = TimeAwake(LONGEST_LOOK_SECONDS)
    while not is_over():
        report = read_report(data_dir, time.time())
        if report.due != due:
            due, moved = report.due, monotonic()
        show(report, total, progress)
        now = monotonic()
        still = awake.without_a_step(now - moved, now)
        held = bool(report.hold_reason) and (still > HOLD_SECONDS or report.held_since >= begun)
        if due == 0 or held or not report.worker_alive or still > patience:
            return
        time.sleep(LOOK_SECONDS)


def show(report: QueueReport, total: int, progress: Progress) -> None:
    """Progress as the share of the jobs that were due at the start."""
    progress(1.0 - report.due / max(total, report.due) if report.due else 1.0)


def left_lines(request: TaskRequest, after: QueueReport) -> list[str]:
    """The further course of the remaining jobs."""
    if not after.left:
        return []
    if not request.lets_worker_in:
        waiting = count(after.left, "edit waits", "edits wait")
        return [
            f"{waiting} for the next run. No worker was started, because it would not know the"
            " settings given here."
        ]
    left = count(after.left, "edit", "edits")
    return [f"The worker continues with {left}. Show Status shows its progress."]
