"""Mode ``process_queue``: bring what waits in the queue to Plex, now."""

from __future__ import annotations

import time
from dataclasses import replace

from sync_queue.report import read_report
from sync_queue.shared import shared_queue
from tasks import preview
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import Progress, deliver
from tasks.outcomes import library_result

TITLE = "Process Queue"


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Bring every due job to Plex; ends when nothing is due or everything has to wait.

    Its reply to Stash is the counts alone.
    """
    if request.flag("dry_run"):
        return preview.run_waiting(request, progress)
    data_dir = request.resolve()
    begun = time.time()
    with shared_queue(data_dir, request.connection) as manager:
        before = read_report(data_dir, begun).left
        after = deliver(request, data_dir, progress)
        settled = before - after.left
        result = library_result(request, manager, TITLE, after, since=begun, looked_at=settled)
    done = max(result.done, settled)  # a deleted scene has no outcome
    return replace(result, done=done, output={}, details=result.output)
