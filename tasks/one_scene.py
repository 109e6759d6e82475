"""Operations on one scene: ``sync``, and ``pin`` and ``ignore`` for a scene that needs the user."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sync_queue import launch
from sync_queue.manager import QueueManager
from sync_queue.models import MANY_PRIO, scene_job
from sync_queue.scenes import SYNCED, Outcome
from tasks import exit_codes
from tasks.advice import advice, problem_lines, waiting_reason
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import ASKED_PRIO, deliver_first, left_lines
from tasks.desk import Desk, ready_servers
from validation.reasons import Reason
from validation.words import count
from worker.pins import pin_to

# How many scenes may be ignored together.
MOST_SCENES = 200


def sync(desk: Desk) -> TaskResult:
    """Sync one scene now (--scene)."""
    return sync_now(desk, desk.request.needed("scene"))


def pin(desk: Desk) -> TaskResult:
    """Choose the Plex item of a scene for good (--scene, --item; item 0 takes it back)."""
    request, manager = desk.request, desk.manager
    scene_id, item = request.needed("scene"), request.needed("item")
    notes = choose(request, manager, scene_id, item) if item else unpin(manager, scene_id)
    result = sync_now(desk, scene_id)
    return replace(result, lines=(*notes, *result.lines))


def choose(request: TaskRequest, manager: QueueManager, scene_id: int, item: int) -> list[str]:
    """Store a pin; report the scene that had the item before. Raises ``PlexNotFound``, and
    ``SetupError`` for an item that cannot be synced."""
    servers = ready_servers(request, manager)
    config = servers.settings.config
    plex = servers.plex(config)
    sections = servers.file_index(plex).sections(config.libraries)
    pin = pin_to(scene_id, item, plex.read_many((item,)), plex.server, sections)
    before = manager.scenes.pin_of_item(plex.server, item)
    entry = manager.ledger.entry(plex.server, item)
    with manager.transaction():
        manager.scenes.pin(pin)
        manager.ledger.release_items(plex.server, scene_id, keep=[item])
        wake(manager, manager.scenes.kept_out(scene_id, but_from=[item]))
        if before is not None and before.scene_id != scene_id:
            wake(manager, [before.scene_id])
            return [f"Item {item} was chosen for scene {before.scene_id} before; it is not now."]
        if entry is not None and entry.scene_id not in (0, scene_id):
            wake(manager, [entry.scene_id])
            return [f"Item {item} belonged to scene {entry.scene_id} before."]
    return []


def unpin(manager: QueueManager, scene_id: int) -> list[str]:
    """Take a user's choice back; the scenes that it kept out are synced again."""
    with manager.transaction():
        manager.scenes.undecide(scene_id)
        wake(manager, manager.scenes.kept_out(scene_id))
    return []


def wake(manager: QueueManager, scene_ids: Iterable[int]) -> None:
    """Sync scenes again whose items may have changed hands, within the caller's transaction."""
    jobs = [scene_job(scene_id, "item released", time.time()) for scene_id in scene_ids]
    manager.jobs.put_all(jobs, prio=MANY_PRIO)


def ignore(desk: Desk) -> TaskResult:
    """Leave a scene, or each of several, alone from now on (pin with item 0 takes it back)."""
    several = desk.request.numbers("scenes", MOST_SCENES)
    if several:
        return ignore_all(desk, several)
    scene_id = desk.request.needed("scene")
    with desk.manager.transaction():
        desk.manager.scenes.ignore(scene_id)
    return sync_now(desk, scene_id, wanted=Reason.FILTERED)


def ignore_all(desk: Desk, scene_ids: Sequence[int]) -> TaskResult:
    """Leave scenes alone from now on. The worker notes it for each."""
    manager = desk.manager
    with manager.transaction():
        for scene_id in scene_ids:
            manager.scenes.ignore(scene_id)
        jobs = [scene_job(scene_id, "Ignore", desk.begun) for scene_id in scene_ids]
        manager.jobs.put_all(jobs, prio=ASKED_PRIO)
    if desk.request.lets_worker_in:
        launch.ensure_worker(desk.request.plugin_dir, manager.data_dir, asked=True)
    said = f"{count(len(scene_ids), 'scene is', 'scenes are')} ignored from now on."
    return TaskResult(done=len(scene_ids), lines=(said,), output={"ignored": len(scene_ids)})


def sync_now(desk: Desk, scene_id: int, wanted: str = SYNCED) -> TaskResult:
    """Put the scene first in the queue, and wait until it is settled or everything waits.

    Any other outcome than ``wanted`` is a problem.
    """
    job = scene_job(scene_id, "Sync Scene", time.time())
    after = deliver_first(desk, job)
    outcome = desk.manager.scenes.outcome(scene_id) or Outcome(scene_id, Reason.SCENE_GONE)
    waits = desk.manager.jobs.is_open(job.job_key)
    if waits:
        outcome = Outcome(scene_id, waiting_reason(after) or Reason.WAITING_FOR_PLEX)
    problems = int(not waits and outcome.outcome != wanted)
    lines = [*problem_lines(after.states), verdict(outcome)]
    return TaskResult(
        done=int(not waits),
        left=after.left,
        problems=problems,
        lines=(*lines, *left_lines(desk.request, after)),
        exit_code=exit_codes.of_queue(after, problems=problems, stuck=int(waits)),
        output={
            "scene": scene_id,
            "outcome": outcome.outcome,
            "detail": dict(outcome.detail),
            "sentence": verdict(outcome),
        },
    )


def verdict(outcome: Outcome) -> str:
    """Return the outcome of the scene as a sentence."""
    reason, scene = outcome.outcome, f"Scene {outcome.scene_id}"
    if reason == SYNCED:
        return f"{scene} is in line with Plex."
    if reason == Reason.SCENE_GONE:
        return f"{scene} is not in Stash."
    if Reason(reason).about.waits:
        return f"{scene} waits in the queue ({reason}). {advice(reason)}"
    sentence = str(outcome.detail.get("sentence", ""))
    return f"{scene} was not synced ({reason}). {sentence or advice(reason)}"
