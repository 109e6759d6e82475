"""Modes ``process_queue`` and ``wake``: bring what waits in the queue to Plex, or see that a worker
does."""

from __future__ import annotations

import time
from dataclasses import replace

from sync_queue import launch
from sync_queue.report import read_report
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.deliver import deliver
from tasks.desk import Desk, open_desk
from tasks.outcomes import library_result

TITLE = "Process Queue"


def run(desk: Desk) -> TaskResult:
    """Bring every due job to Plex; ends when nothing is due or everything has to wait.

    Its reply to Stash is the counts alone.
    """
    manager, begun = desk.manager, desk.begun
    before = read_report(manager.data_dir, begun).left
    after = deliver(desk)
    settled = before - after.left
    result = library_result(desk.request, manager, TITLE, after, since=begun, looked_at=settled)
    done = max(result.done, settled)  # a deleted scene has no outcome
    return replace(result, done=done, output={}, details=result.output)


def wake(request: TaskRequest, progress: Progress) -> TaskResult:
    """A page of Stash was opened: start a worker when something waits and none runs. Cheap enough
    for every page."""
    data_dir = request.locate()
    report = read_report(data_dir, time.time())
    started = False
    if report.left and not report.worker_alive and request.lets_worker_in:
        if request.connection.get("server_connection"):
            with open_desk(request, progress):  # the worker learns how to reach Stash
                pass
        started = launch.ensure_worker(request.plugin_dir, data_dir)
    return TaskResult(left=report.left, output={"started": started})
