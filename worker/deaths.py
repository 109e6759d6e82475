"""Jobs at which workers died: the second death makes a dead letter, which is tried once more."""

from __future__ import annotations

import logging

from sync_queue.dlq import DeadLetter
from sync_queue.jobs import DEADLY
from sync_queue.manager import QueueManager
from sync_queue.models import MANY_PRIO, ClaimedJob
from sync_queue.notices import Cause
from validation.reasons import Reason
from worker.notices import DEAD_LETTERS

ERROR = "WorkerDied"
# Whoever killed the worker from outside has finished by then.
AGAIN_SECONDS = 3600.0

log = logging.getLogger("plexsync.deaths")


def take_back_leases(manager: QueueManager, now: float) -> None:
    """Take back the leases of a worker that died, under its lock. A job at which the second worker
    died becomes a dead letter."""
    with manager.transaction():
        letters = [letter_of(killer, now) for killer in manager.jobs.take_back()]
        for letter in letters:
            manager.keep_letter(letter, scene_updated_at="")
        if letters:
            manager.notices.set(Cause.DEAD_LETTERS, DEAD_LETTERS)
    for letter in letters:
        log.warning("%s: %s", letter.job.job_key, letter.message)


def letter_of(killer: ClaimedJob, now: float) -> DeadLetter:
    """The dead letter of a job that kills workers; its attempts are their deaths."""
    deaths = killer.attempts
    again = (
        "It is tried once more in an hour."
        if deaths == DEADLY
        else "It is not tried again by itself: save the scene, or run Retry Failed."
    )
    return DeadLetter(
        job=killer.job,
        reason=Reason.REFUSED_BY_PLEX.value,
        error_type=ERROR,
        message=f"The worker ended unexpectedly {deaths} times while it synced this. {again}",
        stack_trace="",
        attempts=deaths,
        failed_at=now,
    )


def try_once_more(manager: QueueManager, now: float) -> None:
    """Sync the jobs again, each alone, that were given up an hour ago: whoever kills workers from
    outside hits an innocent job."""
    for letter in manager.letters.with_error(ERROR):
        is_old = not 0 <= now - letter.failed_at < AGAIN_SECONDS
        if letter.attempts == DEADLY and is_old:
            manager.jobs.suspect(letter.job, DEADLY, prio=MANY_PRIO)


def deadly_keys(manager: QueueManager) -> frozenset[str]:
    """The keys of the jobs that were given up because workers died at them."""
    return frozenset(letter.job.job_key for letter in manager.letters.with_error(ERROR))
