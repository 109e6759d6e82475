"""Mode ``process_queue``: bring what waits in the queue to Plex."""

from __future__ import annotations

from dataclasses import replace

from sync_queue.report import read_report
from tasks.context import TaskResult
from tasks.deliver import deliver
from tasks.desk import Desk
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
