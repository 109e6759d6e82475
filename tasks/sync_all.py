"""Mode ``sync_all``: the whole library into the queue, and the queue into Plex."""

from __future__ import annotations

import logging

from sync_queue.manager import QueueManager
from sync_queue.models import LIBRARY_PRIO
from sync_queue.state import LibraryRun
from tasks import one_scene, preview
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import deliver
from tasks.desk import Desk
from tasks.outcomes import library_result
from tasks.runs import PAGE, ask_again, end_listing, put_page
from tasks.servers import ready_servers
from validation.config import fingerprint
from validation.words import count

TITLE = "Sync All Scenes"
# Before the first page, for a user who has seen no preview.
ANNOUNCEMENT = (
    f"{TITLE} checks {{scenes}} now. Preview Sync shows what it would write, and writes nothing."
)

log = logging.getLogger("plexsync.tasks")


def run(desk: Desk) -> TaskResult:
    """Bring the whole library into line; goes on where it was interrupted."""
    request, manager = desk.request, desk.manager
    if request.number("scene") is not None:
        return one_scene.sync(desk)
    notes: list[str] = []
    plan = put_scenes(request, manager, desk.begun, notes)
    after = deliver(desk, retried=LIBRARY_PRIO)
    since, planned = plan.started, plan.planned
    return library_result(
        request, manager, TITLE, after, since=since, looked_at=planned, notes=notes
    )


def put_scenes(
    request: TaskRequest, manager: QueueManager, now: float, notes: list[str]
) -> LibraryRun:
    """Put the library into the queue, or the rest of it after an interrupted run.

    News for the user goes to the log immediately, and to ``notes`` for the report.
    """
    servers = ready_servers(request, manager)
    settings = fingerprint(servers.settings.config)
    before = manager.state.load(LibraryRun)
    due = manager.jobs.due_of(LIBRARY_PRIO, now)
    plan = LibraryRun(started=now, asked=now, settings=settings)
    if before.can_resume(now, settings, due=due):
        done = count(before.planned, "scene", "scenes")
        tell(f"{TITLE} continues where it was interrupted, after {done}.", notes)
        plan = ask_again(manager, before, now)
    if plan.listed:
        return plan
    for page in servers.stash().pages(PAGE, after=plan.cursor):
        if not plan.planned and preview.last_seen(manager.data_dir) is None:
            tell(ANNOUNCEMENT.format(scenes=count(page.left, "scene", "scenes")), notes)
            log.info("To run Preview Sync first, stop %s now.", TITLE)
        plan = put_page(manager, page, plan)
    return end_listing(manager, plan)


def tell(sentence: str, notes: list[str]) -> None:
    """Log a line now, and keep it for the report."""
    log.info("%s", sentence)
    notes.append(sentence)
