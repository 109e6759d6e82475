"""Mode ``sync_changed``: what Stash changed since each scene's last sync."""

from __future__ import annotations

import time
from dataclasses import replace

from sync_queue.models import MANY_PRIO, scene_job
from sync_queue.shared import shared_queue
from tasks import preview
from tasks.changes import changed_pages
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import Progress, deliver
from tasks.outcomes import library_result
from tasks.servers import ready_servers
from validation.words import count

TITLE = "Sync Changed Scenes"


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Sync what changed in Stash since each scene's last sync."""
    if request.flag("dry_run"):
        return preview.run_changed(request, progress)
    data_dir = request.resolve()
    begun = time.time()
    with shared_queue(data_dir, request.connection) as manager:
        stash = ready_servers(request, manager).stash()
        found = unknown = 0
        for page in changed_pages(stash, manager.scenes, manager.state, begun):
            jobs = [scene_job(scene_id, TITLE, begun) for scene_id in page.changed]
            manager.jobs.put_all(jobs, prio=MANY_PRIO)
            found, unknown = found + len(page.changed), unknown + page.unknown
        after = deliver(request, data_dir, progress)
        never = count(unknown, "scene was never synced", "scenes were never synced")
        hint = f"{never}. Sync All Scenes syncs such scenes."
        notes = [hint] if unknown else []
        result = library_result(
            request, manager, TITLE, after, since=begun, looked_at=found, notes=notes
        )
    return replace(result, output={**result.output, "never_synced": unknown})
