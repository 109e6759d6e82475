"""Mode ``sync_changed``: the scenes that Stash changed since their last sync."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stash.client import StashClient
from sync_queue.models import MANY_PRIO, scene_job
from sync_queue.scenes import Scenes
from sync_queue.state import StateStore, SweepNote
from tasks.context import TaskResult
from tasks.deliver import deliver
from tasks.desk import Desk
from tasks.outcomes import library_result
from tasks.runs import PAGE
from tasks.servers import ready_servers
from validation.words import count
from worker.sweep import INSTALL_MARGIN_SECONDS, changed_scenes

TITLE = "Sync Changed Scenes"


def run(desk: Desk) -> TaskResult:
    """Sync what changed in Stash since each scene's last sync."""
    request, manager, begun = desk.request, desk.manager, desk.begun
    stash = ready_servers(request, manager).stash()
    found = unknown = 0
    for page in changed_pages(stash, manager.scenes, manager.state, begun):
        jobs = [scene_job(scene_id, TITLE, begun) for scene_id in page.changed]
        manager.jobs.put_all(jobs, prio=MANY_PRIO)
        found, unknown = found + len(page.changed), unknown + page.unknown
    after = deliver(desk)
    never = count(unknown, "scene was never synced", "scenes were never synced")
    hint = f"{never}. Sync All Scenes syncs such scenes."
    notes = [hint] if unknown else []
    result = library_result(
        request, manager, TITLE, after, since=begun, looked_at=found, notes=notes
    )
    return replace(result, output={**result.output, "never_synced": unknown})


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """The scenes of one page that changed; ``unknown`` counts those that were never synced and
    did not change since PlexSync was installed."""

    changed: tuple[int, ...]
    unknown: int


def changed_pages(
    stash: StashClient, scenes: Scenes, state: StateStore, now: float
) -> Iterator[ChangedPage]:
    """Compare the whole library with the ledger, scene by scene, on parsed times."""
    installed = state.load(SweepNote).baseline or now - INSTALL_MARGIN_SECONDS
    for page in stash.pages(PAGE):
        known = scenes.updated_at(scene_id for scene_id, _ in page.scenes)
        changed = tuple(changed_scenes(page.scenes, known, installed))
        unknown = [scene_id for scene_id, _ in page.scenes if scene_id not in known]
        yield ChangedPage(changed, len(set(unknown) - set(changed)))
