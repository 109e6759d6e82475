"""Mode ``wake``: a page of Stash was opened; make sure that waiting jobs have a worker."""

from __future__ import annotations

import time
from collections.abc import Callable

from sync_queue import launch
from sync_queue.report import read_report
from tasks.context import TaskRequest, TaskResult
from tasks.handshake import remember_connection


def run(request: TaskRequest, progress: Callable[[float], None]) -> TaskResult:
    """Start a worker when something waits and none runs. Cheap enough for every page."""
    del progress
    data_dir = request.locate()
    report = read_report(data_dir, time.time())
    started = False
    if report.left and not report.worker_alive and request.lets_worker_in:
        remember_connection(data_dir, request.connection)
        started = launch.ensure_worker(request.plugin_dir, data_dir)
    return TaskResult(left=report.left, output={"started": started})
