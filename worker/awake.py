"""Time stuck and time asleep: what a watchdog counts."""

from __future__ import annotations

# Without a step for so long a thread is stuck: every request has a timeout far below that.
STUCK_SECONDS = 10 * 60.0
# A look of a watchdog takes moments, on a busy machine seconds.
LONGEST_LOOK_SECONDS = 5.0


class TimeAwake:
    """Distinguishes time stuck from time asleep. A machine that sleeps and a container that is
    paused stop both threads, but not every clock: a look that comes late counts as ``longest``
    seconds.
    """

    def __init__(self, longest: float) -> None:
        self.longest = longest
        self._looked_at: float | None = None
        self._still = 0.0

    def without_a_step(self, since_step: float, now: float) -> float:
        """Seconds awake without a step. ``now`` and ``since_step`` are of one monotonic clock."""
        before, self._looked_at = self._looked_at, now
        passed = now - before if before is not None else since_step
        seconds = min(since_step, passed, self.longest)
        self._still = seconds if since_step < passed else self._still + seconds
        return self._still
