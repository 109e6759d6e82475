"""What tasks keep between two runs: how far Sync All has come, and how the last runs ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from stash.client import ScenePage
from sync_queue.manager import QueueManager
from sync_queue.models import LIBRARY_PRIO, SYNC_ALL, scene_job
from tasks.context import TaskResult

PAGE = 500
# A run that was interrupted so long ago is not gone on with: too much may have changed.
RESUME_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class LibraryRun:
    """How far one Sync All has come.

    ``started`` in epoch seconds; ``cursor`` is the highest scene that was put into the queue,
    ``planned`` how many were; ``listed``: that was the last. ``settings`` is the fingerprint of
    the settings that it began with.
    """

    started: float
    settings: str
    cursor: int = 0
    planned: int = 0
    listed: bool = False

    def goes_on(self, now: float, settings: str, *, due: int) -> bool:
        """Whether a run that begins now goes on with this one. ``due``: its jobs still waiting."""
        if self.settings != settings or not 0 <= now - self.started < RESUME_SECONDS:
            return False
        return due > 0 or not self.listed


def last_library_run(manager: QueueManager) -> LibraryRun | None:
    """The last Sync All, finished or not."""
    doc = manager.state.get("sync_all")
    if not doc:
        return None
    return LibraryRun(
        started=float(str(doc["started"])),
        settings=str(doc["settings"]),
        cursor=int(str(doc["cursor"])),
        planned=int(str(doc["planned"])),
        listed=bool(doc["listed"]),
    )


def put_page(manager: QueueManager, page: ScenePage, run: LibraryRun) -> LibraryRun:
    """Put a page of the library into the queue, and keep how far the run has come with it: a kill
    repeats nothing and loses nothing."""
    last = page.scenes[-1][0]
    run = replace(run, cursor=last, planned=run.planned + len(page.scenes))
    with manager.transaction():
        for scene_id, _ in page.scenes:
            job = scene_job(scene_id, SYNC_ALL, run.started)
            manager.enqueue_in(job, prio=LIBRARY_PRIO)
        manager.state.put("sync_all", asdict(run))
    return run


def end_listing(manager: QueueManager, run: LibraryRun) -> LibraryRun:
    """The last page is in the queue."""
    run = replace(run, listed=True)
    with manager.transaction():
        manager.state.put("sync_all", asdict(run))
    return run


def note_run(manager: QueueManager, result: TaskResult, begun: float) -> None:
    """Keep how a run ended, for Status: the last one of each title, the newest first."""
    entry = {"task": result.title, "at": begun, "done": result.done, "left": result.left}
    with manager.transaction():
        earlier = manager.state.get("runs").get("runs")
        kept = earlier if isinstance(earlier, list) else []
        others = [run for run in kept if run["task"] != result.title]
        manager.state.put("runs", {"runs": [{**entry, "problems": result.problems}, *others]})


def run_line(entry: Mapping[str, object]) -> str:
    """One of the last runs in words."""
    moment = datetime.fromtimestamp(float(str(entry["at"]))).astimezone()
    return (
        f"{entry['task']} on {moment:%Y-%m-%d at %H:%M}: scenes checked: {entry['done']},"
        f" edits left: {entry['left']}, problems: {entry['problems']}."
    )
