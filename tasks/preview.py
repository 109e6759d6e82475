"""Mode ``preview``: the edits that a sync would write. Plex and our database stay as they are."""

from __future__ import annotations

import base64
import json
import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from plex.client import PlexClient
from plex.exceptions import PlexNotFound
from plex.images import image_kind
from plex.items import PlexItem
from sync_queue import datadir
from sync_queue.scenes import Undone
from sync_queue.snapshot import Snapshot
from tasks import preview_titles
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.desk import ready_servers
from tasks.listings import candidate
from tasks.runs import PAGE, changed_pages
from tasks.tally import Seen, Tally, change_text
from validation.errors import PermanentError, SetupError
from validation.reasons import Exit, Reason
from worker.assess import Assessment, assess
from worker.batch import Batch, make_batch, read_scenes
from worker.policy import reason_for
from worker.run import Run, TooManyRemovals
from worker.servers import Servers

TITLE = "Preview"
# Kept beside the database: a preview changes nothing in it.
MARKER = "preview.json"
BATCH = 100
SAMPLES_A_PAGE = 50
# Posters of a preview of one scene, in pixels, and how many.
WIDTH, HEIGHT = 160, 240
MOST_PICTURES = 6

log = logging.getLogger("plexsync.tasks")

# From our memory and Stash: how many scenes there are to look at, and their numbers page by page.
Scenes = Callable[[Snapshot, Servers], Iterator[tuple[int, Sequence[int]]]]


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Report the edits of Sync All Scenes, of a sync of one scene, or titles, without writing
    anything."""
    scene_id, page = request.number("scene"), request.number("page")
    if request.flag("titles"):
        return preview_titles.run(request)
    if scene_id is not None:
        return preview_scene(request, scene_id)
    if page is not None:
        return last_page(request, page)
    result = preview(request, progress, whole_library)
    note_seen(request.resolve(), time.time(), result)
    return result


def run_scene(request: TaskRequest, _progress: Progress) -> TaskResult:
    """Report the edits that a sync of one scene would write."""
    return preview_scene(request, request.needed("scene"))


def run_changed(request: TaskRequest, progress: Progress) -> TaskResult:
    """The edits that Sync Changed Scenes would write."""
    return preview(request, progress, changed_scenes)


def run_waiting(request: TaskRequest, progress: Progress) -> TaskResult:
    """The edits that Process Queue would write."""
    return preview(request, progress, queued_scenes)


def whole_library(_memory: Snapshot, servers: Servers) -> Iterator[tuple[int, Sequence[int]]]:
    """Every scene."""
    for page in servers.stash().pages(PAGE):
        yield page.left, [scene_id for scene_id, _ in page.scenes]


def changed_scenes(memory: Snapshot, servers: Servers) -> Iterator[tuple[int, Sequence[int]]]:
    """The scenes that Stash changed since their last sync."""
    pages = changed_pages(servers.stash(), memory.scenes, memory.state, time.time())
    ids = [scene_id for page in pages for scene_id in page.changed]
    yield len(ids), ids


def queued_scenes(memory: Snapshot, _servers: Servers) -> Iterator[tuple[int, Sequence[int]]]:
    """The scenes that wait in the queue."""
    ids = memory.waiting_scenes()
    yield len(ids), ids


def preview(request: TaskRequest, progress: Progress, scenes: Scenes) -> TaskResult:
    """Look at scenes as the worker would, and add up what it would write."""
    data_dir = request.resolve()
    tally = Tally()
    with Snapshot(data_dir, request.connection) as memory:
        servers = ready_servers(request, memory)
        takes_up = Undone.TOGETHER if scenes is whole_library else Undone.NO
        previewer = Previewer(memory, servers, time.time(), takes_up)
        total = 0
        for left, page in scenes(memory, servers):
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
    """Evidence, plan and reason for one scene, with the settings that were given in place of the
    stored ones.
    """
    with Snapshot(request.resolve(), request.connection) as memory:
        servers = ready_servers(request, memory, request.instead())
        (seen,) = Previewer(memory, servers, takes_up=Undone.ALONE).look_at([scene_id])
        plex = servers.plex(servers.settings.config)
        titles = {one.section_id: one.title for one in plex.sections()}
        shown = scene_doc(seen, titles)
        if request.stash_dir:
            shown |= pictured(plex, seen, shown)
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
    problems = int(seen.reason is not None)
    return TaskResult(
        done=1,
        problems=problems,
        exit_code=Exit.SOME if problems else Exit.DONE,
        lines=tuple(lines),
        output=shown,
    )


def last_page(request: TaskRequest, page: int) -> TaskResult:
    """A page of the last Preview Sync's result. Raises ``SetupError`` when there was none."""
    doc = last_seen(request.locate())
    if doc is None:
        raise SetupError("There is no preview yet: run the task Preview Sync.")
    samples = doc.pop("samples", [])
    pages = max(1, -(-len(samples) // SAMPLES_A_PAGE))
    start = page * SAMPLES_A_PAGE
    shown = samples[start : start + SAMPLES_A_PAGE]
    return TaskResult(output={**doc, "samples": shown, "page": page, "pages": pages})


def scene_doc(seen: Seen, titles: Mapping[int, str]) -> dict[str, Any]:
    """One scene for programs, in the form of the operation ``scenes``. ``titles`` are Plex's
    libraries by number."""
    doc: dict[str, Any] = dict(seen.as_doc())
    found = seen.match.as_evidence()["candidates"] if seen.match else []
    sections = {one.item.rating_key: titles.get(one.item.section_id, "") for one in seen.items}
    doc["candidates"] = [candidate(one, titles) for one in found]
    doc["items"] = [{**one, "library": sections[one["item"]]} for one in doc["items"]]
    return doc


def pictured(plex: PlexClient, seen: Seen, doc: Mapping[str, Any]) -> dict[str, Any]:
    """The posters of a scene's items and candidates, as small data addresses without a token."""
    items = [planned.item for planned in seen.items]
    items += [one.item for one in seen.match.candidates] if seen.match else []
    posters = {
        item.rating_key: poster(plex, item)
        for item in {one.rating_key: one for one in items[:MOST_PICTURES]}.values()
    }
    found: dict[str, Any] = {"poster": next(filter(None, posters.values()), "")}
    for listed in ("items", "candidates"):
        found[listed] = [{**one, "poster": posters.get(one["item"], "")} for one in doc[listed]]
    return found


def poster(plex: PlexClient, item: PlexItem) -> str:
    """The poster of an item as a data address, "" without a usable one."""
    path = item.pictures.get("poster", "")
    data = plex.picture(path, WIDTH, HEIGHT) if path else b""
    if not data:
        return ""
    return f"data:image/{image_kind(data)};base64,{base64.b64encode(data).decode('ascii')}"


class Previewer:
    """Assesses scenes as the worker does, and stops where the worker would begin to write.

    ``takes_up``: the undone scenes that the sync would take up. ``listed_since``: the libraries are
    listed whole since then (epoch seconds, infinity = only where a scene needs it).
    """

    def __init__(
        self,
        memory: Snapshot,
        servers: Servers,
        listed_since: float = math.inf,
        takes_up: Undone = Undone.NO,
    ) -> None:
        self.memory = memory
        self.takes_up = takes_up
        self.servers = servers
        self.listed_since = listed_since
        self.run = Run()

    def look_at(self, scene_ids: Sequence[int]) -> Iterator[Seen]:
        """Assess up to ``BATCH`` scenes. Raises what keeps everything from being synced."""
        raw, _failed = read_scenes(self.servers, scene_ids)
        batch = make_batch(
            self.memory, self.servers, raw, time.time, listed_since=self.listed_since
        )
        for scene_id in scene_ids:
            yield self.look(batch, scene_id)

    def look(self, batch: Batch, scene_id: int) -> Seen:
        """Assess one scene of a batch."""
        if scene_id not in batch.parsed:
            return Seen(scene_id, reason=Reason.SCENE_GONE)
        title = str(batch.raw[scene_id].get("title") or "")
        try:
            scene = batch.scene(scene_id)
            found = assess(self.memory, batch, scene, self.run.claimed, self.takes_up)
            self.note(found)
        except (PermanentError, PlexNotFound) as error:
            reason = error.reason if isinstance(error, TooManyRemovals) else reason_for(error)
            return Seen(scene_id, title, reason, str(error))
        return Seen(scene_id, title, found.reason, found.sentence, found.items, found.match)

    def note(self, found: Assessment) -> None:
        """Note what the worker would have noted before the next scene: whose each item is, and
        how many lost something. Raises ``TooManyRemovals``."""
        for planned in found.items:
            self.run.admit(self.memory.scenes, found.scene.scene_id, planned.edits)
            self.run.claimed[planned.item.rating_key] = found.scene.scene_id


def note_seen(data_dir: str, now: float, result: TaskResult) -> None:
    """Store the preview that the user has seen, as far as the directory can be written."""
    doc = {**result.output, "version": 1, "at": now}
    try:
        datadir.write_private(os.path.join(data_dir, MARKER), json.dumps(doc).encode())
    except OSError as error:
        log.warning("The preview could not be kept for the page: %s.", error.strerror)


def last_seen(data_dir: str) -> dict[str, Any] | None:
    """The last preview of the whole library; ``None`` when there was none."""
    try:
        with open(os.path.join(data_dir, MARKER), encoding="utf-8") as file:
            doc = json.load(file)
    except (FileNotFoundError, ValueError):
        return None
    return doc if isinstance(doc, dict) and doc.get("version") == 1 else None
