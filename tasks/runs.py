"""The state that tasks keep between two runs: Sync All's progress, the last runs' results, and the
scenes that changed since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stash.client import ScenePage, StashClient
from sync_queue.manager import QueueManager
from sync_queue.models import LIBRARY_PRIO, SYNC_ALL, scene_job
from sync_queue.scenes import Scenes, Undone
from sync_queue.state import LastRuns, LibraryRun, RunNote, StateStore, SweepNote
from tasks.context import TaskResult
from worker.sweep import INSTALL_MARGIN_SECONDS, changed_scenes

PAGE = 500


def put_page(manager: QueueManager, page: ScenePage, run: LibraryRun) -> LibraryRun:
    """Put a page of the library into the queue, and keep how far the run has come with it: a kill
    repeats nothing and loses nothing."""
    last = page.scenes[-1][0]
    run = replace(run, cursor=last, planned=run.planned + len(page.scenes))
    with manager.transaction():
        manager.scenes.take_up([scene_id for scene_id, _ in page.scenes], Undone.TOGETHER)
        for scene_id, _ in page.scenes:
            job = scene_job(scene_id, SYNC_ALL, run.started)
            manager.jobs.put(job, prio=LIBRARY_PRIO)
        manager.state.save(run)
    return run


def ask_again(manager: QueueManager, run: LibraryRun, now: float) -> LibraryRun:
    """The user asked for the rest of an interrupted run: Plex is listed again for it."""
    run = replace(run, asked=now)
    with manager.transaction():
        manager.state.save(run)
    return run


def end_listing(manager: QueueManager, run: LibraryRun) -> LibraryRun:
    """The last page is in the queue."""
    run = replace(run, listed=True)
    with manager.transaction():
        manager.state.save(run)
    return run


def note_run(manager: QueueManager, result: TaskResult, begun: float) -> None:
    """Keep how a run ended, for Status: the last one of each title, the newest first."""
    note = RunNote(result.title, begun, result.done, result.left, result.problems)
    with manager.transaction():
        earlier = manager.state.load(LastRuns).runs
        others = (run for run in earlier if run.task != result.title)
        manager.state.save(LastRuns((note, *others)))


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
