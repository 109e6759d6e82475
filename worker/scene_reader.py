"""Reading the scenes of a batch of jobs from Stash, which may fail at one of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from stash.exceptions import StashQueryFailed
from sync_queue.manager import QueueManager
from sync_queue.models import ClaimedJob
from worker.session import Session

BATCH = 100
# A scene that Stash itself fails at is asked for again after so long.
CULPRIT_SECONDS = 600.0


class SceneReader:
    """Reads up to ``batch`` scenes at once. ``clock`` returns epoch seconds."""

    def __init__(self, manager: QueueManager, session: Session, clock: Callable[[], float]) -> None:
        self.manager = manager
        self.session = session
        self.clock = clock
        self.batch = BATCH
        self.reads = 0
        self.failed_alone: dict[str, int] = {}

    def read(self, waiting: deque[ClaimedJob]) -> Mapping[int, Mapping[str, Any]]:
        """The scenes of the jobs that wait, as Stash has them now.

        Stash may fail at one scene only: fewer are read together then, and one that fails alone
        goes behind the others. Raises ``StashUnavailable``.
        """
        while True:
            try:
                scenes = self.session.read_scenes(
                    job.job.scene_id for job in waiting if job.job.scene_id
                )
            except StashQueryFailed as error:
                self.batch = max(1, len(waiting) // 2)
                if len(waiting) == 1:
                    self.put_off(waiting.popleft(), error)
                    raise
                while len(waiting) > self.batch:
                    self.manager.nack_job(waiting.pop(), 0.0)
            else:
                self.batch = min(BATCH, 2 * self.batch)
                self.reads += 1
                return scenes

    def put_off(self, culprit: ClaimedJob, error: StashQueryFailed) -> None:
        """Let the others go first. If they were read since this scene failed for the last time, it
        is the scene's own fault, and Stash is not asked so often.
        """
        key, now = culprit.job.job_key, self.clock()
        own_fault = self.failed_alone.get(key, self.reads) < self.reads
        self.failed_alone[key] = self.reads
        due = now + CULPRIT_SECONDS if own_fault else now
        self.manager.nack_job(culprit, due, error=str(error))
