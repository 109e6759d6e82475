"""Dead letters and scenes that need the user, back into the queue: all, or one at a time."""

from __future__ import annotations

from dataclasses import replace

from sync_queue.manager import QueueManager
from sync_queue.models import MANY_PRIO, scene_job
from tasks.context import TaskResult
from tasks.deliver import deliver, deliver_first
from tasks.desk import Desk
from tasks.outcomes import library_result
from validation.errors import SetupError
from validation.reasons import RETRIED

TITLE = "Retry Failed"
PAGE = 500


def retry_failed(desk: Desk) -> TaskResult:
    """Put dead letters and scenes that need the user back into the queue."""
    manager, begun = desk.manager, desk.begun
    count = revive_letters(manager, begun) + revive_scenes(manager, begun)
    after = deliver(desk)
    return library_result(desk.request, manager, TITLE, after, since=begun, looked_at=count)


def revive_letters(manager: QueueManager, now: float) -> int:
    """Every dead letter becomes a job again; returns how many."""
    count = 0
    while letters := manager.letters.recent(PAGE):
        with manager.transaction():
            for letter in letters:
                manager.jobs.put(replace(letter.job, enqueued_at=now), prio=MANY_PRIO)
                manager.letters.dismiss(letter.id)
        count += len(letters)
    return count


def revive_scenes(manager: QueueManager, now: float) -> int:
    """Every scene that a second look may help becomes a job again; returns how many."""
    count = after = 0
    while page := manager.scenes.outcomes(RETRIED, after=after, limit=PAGE):
        jobs = [scene_job(outcome.scene_id, TITLE, now) for outcome in page]
        manager.jobs.put_all(jobs, prio=MANY_PRIO)
        count, after = count + len(page), page[-1].scene_id
    return count


def retry(desk: Desk) -> TaskResult:
    """Put one dead letter back into the queue (--job: its number in Show Status)."""
    number = desk.request.needed("job")
    letter = desk.manager.letters.get(number)
    if letter is None:
        raise SetupError(f"There is no dead letter {number}.")
    after = deliver_first(desk, replace(letter.job, enqueued_at=desk.begun))
    return library_result(desk.request, desk.manager, "Retry", after, since=desk.begun, looked_at=1)


def dismiss(desk: Desk) -> TaskResult:
    """Delete a dead letter or a waiting job (--job), or the waiting job of a scene (--scene)."""
    number, scene = desk.request.number("job"), desk.request.number("scene")
    if (number is None) == (scene is None):
        raise SetupError("dismiss needs one number: of a job, or of a scene.")
    manager = desk.manager
    with manager.transaction():
        if scene is not None:
            if not manager.jobs.dismiss(key=f"scene:{scene}"):
                raise SetupError(f"No edit of scene {scene} waits.")
            return TaskResult(done=1, lines=(f"The waiting edit of scene {scene} is deleted.",))
        if manager.letters.dismiss(number or 0):
            return TaskResult(done=1, lines=(f"Dead letter {number} is deleted.",))
        if manager.jobs.dismiss(queue_id=number or 0):
            return TaskResult(done=1, lines=(f"The waiting job {number} is deleted.",))
        raise SetupError(f"There is no dead letter {number}, and no waiting job of that number.")
