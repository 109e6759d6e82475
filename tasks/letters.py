"""Dead letters and scenes that need a person, back into the queue: all, or one at a time."""

from __future__ import annotations

import time
from dataclasses import replace

from sync_queue.manager import QueueManager
from sync_queue.models import MANY_PRIO, scene_job
from sync_queue.shared import shared_queue
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import Progress, deliver, deliver_first
from tasks.outcomes import library_result
from validation.errors import SetupError
from validation.reasons import RETRIED

TITLE = "Retry Failed"
PAGE = 500


def retry_failed(request: TaskRequest, progress: Progress) -> TaskResult:
    """Put dead letters and scenes that need a person back into the queue."""
    data_dir = request.resolve()
    begun = time.time()
    with shared_queue(data_dir, request.connection) as manager:
        letters, scenes = revive_letters(manager, begun), revive_scenes(manager, begun)
        after = deliver(request, data_dir, progress)
        looked_at = letters + scenes
        return library_result(request, manager, TITLE, after, since=begun, looked_at=looked_at)


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


def retry(request: TaskRequest, progress: Progress) -> TaskResult:
    """Put one dead letter back into the queue (--job: its number in Show Status)."""
    number = request.needed("job")
    data_dir = request.resolve()
    begun = time.time()
    with shared_queue(data_dir, request.connection) as manager:
        letter = manager.letters.get(number)
        if letter is None:
            raise SetupError(f"There is no dead letter {number}.")
        job = replace(letter.job, enqueued_at=begun)
        after = deliver_first(request, manager, job, progress)
        return library_result(request, manager, "Retry", after, since=begun, looked_at=1)


def dismiss(request: TaskRequest, progress: Progress) -> TaskResult:
    """Delete a dead letter or a waiting job (--job), or the waiting job of a scene (--scene)."""
    del progress
    number, scene = request.number("job"), request.number("scene")
    if (number is None) == (scene is None):
        raise SetupError("dismiss needs one number: of a job, or of a scene.")
    with shared_queue(request.resolve()) as manager, manager.transaction():
        if scene is not None:
            if not manager.jobs.dismiss(key=f"scene:{scene}"):
                raise SetupError(f"No edit of scene {scene} waits.")
            return TaskResult(done=1, lines=(f"The waiting edit of scene {scene} is deleted.",))
        if manager.letters.dismiss(number or 0):
            return TaskResult(done=1, lines=(f"Dead letter {number} is deleted.",))
        if manager.jobs.dismiss(queue_id=number or 0):
            return TaskResult(done=1, lines=(f"The waiting job {number} is deleted.",))
        raise SetupError(f"There is no dead letter {number}, and no waiting job of that number.")
