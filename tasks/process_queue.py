"""Mode ``process_queue``: bring what waits in the queue to Plex, now."""

from __future__ import annotations

import time

from sync_queue.report import QueueReport, read_report
from tasks import preview
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import Progress, deliver, exit_code
from tasks.handshake import remember_connection
from tasks.standing import standing_problem


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Bring every due job to Plex; ends when nothing is due or everything has to wait."""
    if request.flag("dry_run"):
        return preview.run_waiting(request, progress)
    data_dir = request.resolve()
    remember_connection(data_dir, request.connection)
    before = read_report(data_dir, time.time())
    return summary(before, deliver(request, data_dir, progress))


def summary(before: QueueReport, after: QueueReport) -> TaskResult:
    """What a person is told at the end."""
    left = after.stats.left + after.spooled
    done = max(0, before.stats.left + before.spooled - left)
    said = [f"{done} edits synced, {left} left, {after.stats.failed} dead letters."]
    said += standing_problem(after.states)
    if after.stats.delayed:
        said.append(f"{after.stats.delayed} edits wait for their time; the worker goes on.")
    said.append(f"Data directory: {after.data_dir}")
    return TaskResult(
        done=done,
        left=left,
        problems=after.stats.failed,
        lines=tuple(said),
        exit_code=exit_code(after, problems=after.stats.failed),
    )
