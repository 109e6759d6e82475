"""Mode ``sync_all``: the whole library into the queue, and the queue into Plex."""

from __future__ import annotations

import logging
import time

from sync_queue.manager import QueueManager
from sync_queue.report import QueueReport
from sync_queue.shared import due_jobs, hurry, shared_queue
from tasks import one_scene, preview
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import Progress, deliver
from tasks.handshake import remember_connection
from tasks.outcomes import library_result
from tasks.runs import (
    LIBRARY_PRIO,
    PAGE,
    LibraryRun,
    end_listing,
    last_library_run,
    note_run,
    put_page,
)
from tasks.servers import ready_session
from validation.config import fingerprint

TITLE = "Sync All Scenes"

log = logging.getLogger("plexsync.tasks")


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Bring the whole library into line; goes on where it was interrupted."""
    if request.flag("dry_run"):
        return preview.run(request, progress)
    if request.number("scene") is not None:
        return one_scene.sync(request, progress)
    data_dir = request.resolve()
    begun = time.time()
    remember_connection(data_dir, request.connection)
    with shared_queue(data_dir) as manager:
        plan = put_scenes(request, manager, begun)
        after = deliver(request, data_dir, progress)
        result = conclude(manager, plan, after)
        note_run(manager, TITLE, result, begun)
    return result


def put_scenes(request: TaskRequest, manager: QueueManager, now: float) -> LibraryRun:
    """Put the library into the queue, or what is left of it since an interrupted run."""
    session = ready_session(request, manager)
    settings = fingerprint(session.config)
    before = last_library_run(manager)
    due = due_jobs(manager, LIBRARY_PRIO, now)
    plan = LibraryRun(now, settings)
    if before is not None and before.goes_on(now, settings, due=due):
        log.info("%s goes on where it was interrupted, after %d scenes.", TITLE, before.planned)
        plan = before
        hurry(manager, LIBRARY_PRIO)
    if plan.listed:
        return plan
    for page in session.stash().pages(PAGE, after=plan.cursor):
        if not plan.planned:
            announce(page.left, manager.data_dir)
        plan = put_page(manager, page, plan)
    return end_listing(manager, plan)


def announce(scenes: int, data_dir: str) -> None:
    """Before the first page: what is going to happen, for a person who did not look before."""
    if preview.last_seen(data_dir) is None:
        log.info(
            "%s looks at %d scenes now. Preview Sync shows what it would write, and writes"
            " nothing: stop this task to run that first.",
            TITLE,
            scenes,
        )


def conclude(manager: QueueManager, plan: LibraryRun, after: QueueReport) -> TaskResult:
    """What a person is told at the end."""
    return library_result(manager, TITLE, after, since=plan.started, looked_at=plan.planned)
