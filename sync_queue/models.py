"""The unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from sync_queue import schema
from validation.numbers import whole

# The ``update_type`` of jobs for the whole library: edits made in Plex count too.
SYNC_ALL = "Sync All Scenes"

# Which job goes first. A scene that a user has just saved has 0. It goes before jobs that stand for
# many scenes (a rename, Sync Changed, Retry Failed, the sweep); the whole library comes last.
MANY_PRIO = -1
LIBRARY_PRIO = -2


class JobStatus(IntEnum):
    """How far a job has come, in persist-queue's numbers."""

    WAITING = schema.WAITING
    GIVEN_BACK = schema.READY
    LEASED = schema.RUNNING
    DONE = schema.DONE
    FAILED = schema.FAILED


@dataclass(frozen=True, slots=True)
class SyncJob:
    """One thing to bring to Plex: a scene, or a renamed performer, studio, tag or group.

    The scene itself is read from Stash when the job runs, so the newest edit wins.

    Attributes:
        scene_id: Stash's number, 0 for a rename.
        update_type: the hook's name or the task's.
        enqueued_at: the first event's time in epoch seconds.
        job_key: the key under which waiting jobs coalesce (``scene:12``).
    """

    scene_id: int
    update_type: str
    enqueued_at: float = 0.0
    job_key: str = ""

    def as_json(self) -> dict[str, object]:
        """The form stored in the queue's table, whose ``timestamp`` is ``enqueued_at``."""
        return {
            "scene_id": self.scene_id,
            "update_type": self.update_type,
            "job_key": self.job_key,
        }


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job handed to the worker. ``attempts`` counts the failed tries charged to it."""

    queue_id: int
    job: SyncJob
    attempts: int


def scene_job(scene_id: int, update_type: str, now: float) -> SyncJob:
    """The job of one scene, as a task or the worker itself asks for it."""
    return SyncJob(scene_id, update_type, now, f"scene:{scene_id}")


def parse_job(raw: object, enqueued_at: object = None) -> SyncJob:
    """Read a stored job. Raises ``ValueError`` naming what is wrong with it."""
    if not isinstance(raw, dict):
        raise ValueError("the stored job is not a JSON object")
    scene_id, key = raw.get("scene_id"), raw.get("job_key")
    if whole(scene_id) is None or not isinstance(key, str) or not key:
        raise ValueError("the stored job has no scene id or key")
    return SyncJob(
        scene_id=whole(scene_id) or 0,
        update_type=str(raw.get("update_type", "")),
        enqueued_at=float(enqueued_at) if isinstance(enqueued_at, int | float) else 0.0,
        job_key=key,
    )
