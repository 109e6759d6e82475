"""The fault for a failed try: a job's own, or that of a server, or of a part of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from validation.errors import PlexSyncError, TransientError
from worker.policy import Tries

# A part of a server may be out of order for hours, and no other job needs it to show that.
LONE_SECONDS = 24 * 3600.0
# Between two tries more than this is no evidence: the machine slept, or its clock jumped.
LONGEST_GAP = 3600.0


@dataclass(frozen=True, slots=True)
class Failing:
    """A job whose last tries failed.

    ``part`` is the part of a server that failed, and ``served`` the number of jobs that it had
    served until then. The last of ``count`` tries was at ``at``, ``seconds`` after the first.
    """

    part: str
    served: int
    at: float
    count: int = 1
    seconds: float = 0.0

    def seconds_until(self, now: float) -> float:
        """The seconds of failing tries, as far as the clock can be believed."""
        return self.seconds + min(max(0.0, now - self.at), LONGEST_GAP)


class Fairness:
    """How many jobs each part of Plex and Stash has served; and how many it was at each job's last
    try. A part is a kind of request: reading items, uploading posters, giving covers."""

    def __init__(self) -> None:
        self._served: Counter[str] = Counter()
        self._failing: dict[str, Failing] = {}

    def settled(self, job_key: str, parts: Iterable[str] = ()) -> None:
        """A job is settled; ``parts`` have served it."""
        self._failing.pop(job_key, None)
        self._served.update(parts)

    def given_up(self, job_key: str) -> None:
        """A job is a dead letter."""
        self._failing.pop(job_key, None)

    def failed(self, job_key: str, error: PlexSyncError, now: float) -> None:
        """A job's try failed: the next one is compared with what that part does from now on."""
        part, before = part_of(error), self._failing.get(job_key)
        count = before.count + 1 if before else 1
        seconds = before.seconds_until(now) if before else 0.0
        self._failing[job_key] = Failing(part, self._served[part], now, count, seconds)

    def tries(
        self,
        job_key: str,
        error: PlexSyncError,
        charged: int,
        age: float,
        now: float,
        most: int,
        alone_and_plex_answers: Callable[[], bool],
    ) -> Tries:
        """The policy's view of a job's tries.

        A try is the job's own fault only if the part that failed has served another job since the
        last one, or if the job is alone, has failed for a day, and Plex answers. An outage, even
        of one part, never makes a dead letter: a Plex whose disk is full serves all who read.
        """
        part, before = part_of(error), self._failing.get(job_key)
        fair = False
        if before is not None:
            fair = before.part == part and self._served[part] > before.served
            if not fair and before.seconds_until(now) >= LONE_SECONDS:
                fair = alone_and_plex_answers()
        return Tries(charged, before.count if before else 0, age, fair, most)


def part_of(error: PlexSyncError) -> str:
    """The part of a server that failed, "" where it is unknown."""
    return error.part if isinstance(error, TransientError) else ""
