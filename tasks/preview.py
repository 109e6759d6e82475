"""Mode ``preview``: what a sync would write. Nothing is changed, in Plex or in our database."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from plex.exceptions import PlexNotFound
from sync_queue import datadir
from sync_queue.snapshot import Snapshot
from tasks.changes import changed_pages
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import Progress
from tasks.runs import PAGE
from tasks.servers import ready_session
from tasks.tally import Seen, Tally, change_text
from validation.errors import PermanentError
from validation.reasons import Exit, Reason
from validation.records import Owner
from worker.look import Look, Looker
from worker.policy import reason_for
from worker.removals import RemovalGuard, TooManyRemovals
from worker.session import Session

TITLE = "Preview"
# Kept beside the database: a preview changes nothing in it.
MARKER = "preview.json"
BATCH = 100

# From our memory and Stash: how many scenes there are to look at, and their numbers page by page.
Scenes = Callable[[Snapshot, Session], Iterator[tuple[int, Sequence[int]]]]


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Say what Sync All Scenes would write, or a sync of one scene, without writing anything."""
    scene_id = request.number("scene")
    if scene_id is not None:
        return preview_scene(request, scene_id)
    result = preview(request, progress, whole_library)
    note_seen(request.resolve(), time.time(), result)
    return result


def run_changed(request: TaskRequest, progress: Progress) -> TaskResult:
    """What Sync Changed Scenes would write."""
    return preview(request, progress, changed_scenes)


def run_waiting(request: TaskRequest, progress: Progress) -> TaskResult:
    """What Process Queue would write."""
    return preview(request, progress, queued_scenes)


def whole_library(_memory: Snapshot, session: Session) -> Iterator[tuple[int, Sequence[int]]]:
    """Every scene."""
    for page in session.stash().pages(PAGE):
        yield page.left, [scene_id for scene_id, _ in page.scenes]


def changed_scenes(memory: Snapshot, session: Session) -> Iterator[tuple[int, Sequence[int]]]:
    """The scenes that Stash changed since their last sync."""
    pages = changed_pages(session.stash(), memory.ledger, memory.state, time.time())
    ids = [scene_id for page in pages for scene_id in page.changed]
    yield len(ids), ids


def queued_scenes(memory: Snapshot, _session: Session) -> Iterator[tuple[int, Sequence[int]]]:
    """The scenes that wait in the queue."""
    ids = memory.waiting_scenes()
    yield len(ids), ids


def preview(request: TaskRequest, progress: Progress, scenes: Scenes) -> TaskResult:
    """Look at scenes as the worker would, and add up what it would write."""
    data_dir = request.resolve()
    tally = Tally()
    with Snapshot(data_dir, request.connection) as memory:
        session = ready_session(request, memory)
        previewer = Previewer(memory, session)
        total = 0
        for left, page in scenes(memory, session):
            total = total or left
            for start in range(0, len(page), BATCH):
                for seen in previewer.look_at(page[start : start + BATCH]):
                    tally.add(seen)
                progress(tally.scenes / max(1, total))
    lines = tally.lines(TITLE)
    problems = sum(tally.reasons[reason] for reason in Reason if reason.about.exit is Exit.SOME)
    return TaskResult(
        done=tally.scenes,
        problems=problems,
        lines=tuple(lines),
        report=(*lines, *tally.report()),
        exit_code=Exit.SOME if problems else Exit.DONE,
        output=tally.as_doc(),
    )


def preview_scene(request: TaskRequest, scene_id: int) -> TaskResult:
    """Evidence, plan and reason for one scene."""
    with Snapshot(request.resolve(), request.connection) as memory:
        previewer = Previewer(memory, ready_session(request, memory))
        (seen,) = previewer.look_at([scene_id], always=True)
    verdict = f"{seen.reason}. {seen.sentence}".strip() if seen.reason else "would be synced."
    lines = [f"Scene {scene_id} “{seen.title}”: {verdict}"]
    for planned in seen.items:
        changes = [change_text(change) for change in planned.edits.changes]
        lines.append(
            f"Item {planned.item.rating_key} “{planned.item.title}”: "
            + ("; ".join(changes) or "no change")
        )
        lines += [f"Its {slot} would be compared with Stash's cover." for slot in planned.slots]
    if seen.match is not None:
        lines += seen.match.explain(paths=True).splitlines()
    evidence = seen.match.as_evidence() if seen.match else {}
    problems = int(seen.reason is not None)
    return TaskResult(
        done=1,
        problems=problems,
        exit_code=Exit.SOME if problems else Exit.DONE,
        lines=tuple(lines),
        output={**seen.as_doc(), **evidence},
    )


class Previewer:
    """Looks at scenes on the worker's road and stops where the worker would begin to write."""

    def __init__(self, memory: Snapshot, session: Session) -> None:
        self.session = session
        self.looker = Looker(memory, session, time.time)
        self.removals = RemovalGuard(memory.ledger)
        self.begun = time.time()

    def look_at(self, scene_ids: Sequence[int], *, always: bool = False) -> Iterator[Seen]:
        """Look at up to ``BATCH`` scenes; with ``always`` also where nothing has changed. Raises
        what keeps everything from being synced.
        """
        scenes = self.session.read_scenes(scene_ids)
        self.looker.expect(scenes, newer_than=self.begun)
        for scene_id in scene_ids:
            yield self.look(scene_id, scenes.get(scene_id), always=always)

    def look(self, scene_id: int, raw: Any, *, always: bool) -> Seen:
        """Look at one scene; ``raw`` is what Stash said of it, ``None`` when it is gone."""
        if raw is None:
            return Seen(scene_id, reason=Reason.SCENE_GONE)
        title = str(raw.get("title") or "")
        try:
            look = self.looker.look(raw, always=always)
            self.claim(look)
        except (PermanentError, PlexNotFound) as error:
            reason = error.reason if isinstance(error, TooManyRemovals) else reason_for(error)
            return Seen(scene_id, title, reason, str(error))
        return Seen(scene_id, title, look.reason, "", look.items, look.match)

    def claim(self, look: Look) -> None:
        """What the worker would have noted before the next scene: whose each item is, and how
        many lost something. Raises ``TooManyRemovals``."""
        for planned in look.items:
            self.removals.admit(look.scene.scene_id, planned.edits)
            parts = planned.item.parts
            owner = Owner(look.scene.scene_id, parts[0].file if parts else "")
            self.looker.claims[planned.item.rating_key] = owner


def note_seen(data_dir: str, now: float, result: TaskResult) -> None:
    """Keep that a person has looked before."""
    written = result.output["would_write"]
    doc = {"version": 1, "at": now, "scenes": result.done, "would_write": written}
    datadir.write_private(os.path.join(data_dir, MARKER), json.dumps(doc).encode())


def last_seen(data_dir: str) -> dict[str, object] | None:
    """The last preview of the whole library; ``None`` when there was none."""
    try:
        with open(os.path.join(data_dir, MARKER), encoding="utf-8") as file:
            doc = json.load(file)
    except (FileNotFoundError, ValueError):
        return None
    return doc if isinstance(doc, dict) and doc.get("version") == 1 else None
