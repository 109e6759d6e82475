"""Modes ``process_queue``, ``sync_changed`` and ``sync_all``: waiting edits, changed scenes and the
whole library into Plex.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from sync_queue.manager import QueueManager
from sync_queue.models import LIBRARY_PRIO, MANY_PRIO, scene_job
from sync_queue.report import read_report
from sync_queue.state import LibraryRun
from tasks import one_scene, preview
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import deliver
from tasks.desk import Desk, ready_servers
from tasks.outcomes import library_result
from tasks.runs import PAGE, ask_again, changed_pages, end_listing, put_page
from validation.config import fingerprint
from validation.words import count

QUEUE, CHANGED, ALL = "Process Queue", "Sync Changed Scenes", "Sync All Scenes"
# Before the first page, for a user who has seen no preview.
ANNOUNCEMENT = (
    f"{ALL} checks {{scenes}} now. Preview Sync shows what it would write, and writes nothing."
)

log = logging.getLogger("plexsync.tasks")


def process_queue(desk: Desk) -> TaskResult:
    """Bring every due job to Plex; ends when nothing is due or everything has to wait.

    Its reply to Stash is the counts alone.
    """
    manager, begun = desk.manager, desk.begun
    before = read_report(manager.data_dir, begun).left
    after = deliver(desk)
    settled = before - after.left
    result = library_result(desk.request, manager, QUEUE, after, since=begun, looked_at=settled)
    done = max(result.done, settled)  # a deleted scene has no outcome
    return replace(result, done=done, output={}, details=result.output)


def sync_changed(desk: Desk) -> TaskResult:
    """Sync what changed in Stash since each scene's last sync."""
    request, manager, begun = desk.request, desk.manager, desk.begun
    stash = ready_servers(request, manager).stash()
    found = unknown = 0
    for page in changed_pages(stash, manager.scenes, manager.state, begun):
        jobs = [scene_job(scene_id, CHANGED, begun) for scene_id in page.changed]
        manager.jobs.put_all(jobs, prio=MANY_PRIO)
        found, unknown = found + len(page.changed), unknown + page.unknown
    after = deliver(desk)
    never = count(unknown, "scene was never synced", "scenes were never synced")
    hint = f"{never}. Sync All Scenes syncs such scenes."
    notes = [hint] if unknown else []
    result = library_result(
        request, manager, CHANGED, after, since=begun, looked_at=found, notes=notes
    )
    return replace(result, output={**result.output, "never_synced": unknown})


def sync_all(desk: Desk) -> TaskResult:
    """Bring the whole library into line; goes on where it was interrupted."""
    request, manager = desk.request, desk.manager
    if request.number("scene") is not None:
        return one_scene.sync(desk)
    notes: list[str] = []
    plan = put_scenes(request, manager, desk.begun, notes)
    after = deliver(desk, retried=LIBRARY_PRIO)
    since, planned = plan.started, plan.planned
    return library_result(request, manager, ALL, after, since=since, looked_at=planned, notes=notes)


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
        tell(f"{ALL} continues where it was interrupted, after {done}.", notes)
        plan = ask_again(manager, before, now)
    if plan.listed:
        return plan
    for page in servers.stash().pages(PAGE, after=plan.cursor):
        if not plan.planned and preview.last_seen(manager.data_dir) is None:
            tell(ANNOUNCEMENT.format(scenes=count(page.left, "scene", "scenes")), notes)
            log.info("To run Preview Sync first, stop %s now.", ALL)
        plan = put_page(manager, page, plan)
    return end_listing(manager, plan)


def tell(sentence: str, notes: list[str]) -> None:
    """Log a line now, and keep it for the report."""
    log.info("%s", sentence)
    notes.append(sentence)
