"""How long to wait before the next try. Pure: the caller hands in the randomness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# A server's Retry-After is honoured up to this many seconds.
LONGEST_RETRY_AFTER = 3600.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Full jitter: between 0 and ``min(cap, base * 2**attempt)`` seconds, evenly."""

    base: float
    cap: float

    def delay(
        self,
        attempt: int,
        rng: Callable[[], float],
        *,
        retry_after: float = 0.0,
    ) -> float:
        """Seconds to wait after failed try number ``attempt`` (from 0).

        ``rng`` returns a number in [0, 1). A server's ``retry_after`` is the least we wait.
        """
        # Beyond 2**32 the cap decides anyway; a float overflow never does.
        ceiling = min(self.cap, self.base * 2.0 ** min(attempt, 32))
        wished = min(retry_after, LONGEST_RETRY_AFTER)
        return max(rng() * ceiling, wished)


TEMPORARY = Backoff(base=5.0, cap=80.0)
# While a part of a server fails and the others serve.
PART = Backoff(base=5.0, cap=600.0)
NOT_FOUND = Backoff(base=30.0, cap=600.0)
