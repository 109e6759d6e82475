"""The circuit breaker: after five outages in a row no job is touched until Plex works again.

closed ──5 failures──► open ──probe time──► half-open ──one real job succeeds──► closed
                         ▲────────────────────────┘ any failure
Pure: each transition returns a new value; ``now`` is epoch seconds, handed in. The value lives in
the database, so that a restarted worker knows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync_queue.state import Breaker, BreakerState
from worker.backoff import LONGEST_RETRY_AFTER

FAILURES_TO_OPEN = 5
PROBE_DELAYS = (5.0, 10.0, 20.0, 40.0, 60.0)
# After an outage the queue drains gently: at first one job at a time, and one more for each that
# was served. Each batch is therefore twice as big as the one before.
FIRST_BATCH = 1


@dataclass(frozen=True, slots=True)
class CircuitBreaker(Breaker):
    """The stored breaker with its transitions."""

    def wait(self, now: float) -> float:
        """Seconds until the worker may talk to Plex; 0 = immediately.

        A probe time further off than its pause comes from a clock that jumped.
        """
        if self.state is not BreakerState.OPEN or self.probe_at > now + self.pause:
            return 0.0
        return max(0.0, self.probe_at - now)

    def asked(self) -> CircuitBreaker:
        """The user asks: an open breaker does not wait for its next probe."""
        return replace(self, probe_at=0.0)

    def probing(self) -> CircuitBreaker:
        """An open breaker whose time has come: ``/identity``, then one real job."""
        return replace(self, state=BreakerState.HALF_OPEN)

    def lasts_longer_than(self, seconds: float, now: float) -> bool:
        """Whether the outage is older than ``seconds``. A start in the future is a jumped clock."""
        if self.state is BreakerState.CLOSED:
            return False
        return not 0.0 <= now - self.opened_at <= seconds

    def on_failure(self, now: float, retry_after: float = 0.0) -> CircuitBreaker:
        """An outage was seen. While open, Plex is not asked, so there is nothing to learn from it.

        ``retry_after``: the seconds for which Plex itself wants to be left alone.
        """
        if self.state is BreakerState.OPEN:
            return self
        if self.state is BreakerState.CLOSED:
            failures = self.failures + 1
            if failures < FAILURES_TO_OPEN:
                return replace(self, failures=failures)
            opened = CircuitBreaker(BreakerState.OPEN, failures, opened_at=now)
        else:
            opened = replace(self, state=BreakerState.OPEN, probes=self.probes + 1)
        delay = PROBE_DELAYS[min(opened.probes, len(PROBE_DELAYS) - 1)]
        pause = max(delay, min(retry_after, LONGEST_RETRY_AFTER))
        return replace(opened, probe_at=now + pause, pause=pause)

    def on_success(self) -> CircuitBreaker:
        """A real job was served."""
        if self.state is BreakerState.CLOSED:
            if self.failures == 0 and self.batch == 0:
                return self
            batch = self.batch + 1 if self.batch else 0
            return CircuitBreaker(batch=batch if batch < 100 else 0)
        return CircuitBreaker(batch=FIRST_BATCH)
