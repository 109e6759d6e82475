"""Waiting out an error of the database."""

from __future__ import annotations

import logging

from sync_queue.trouble import DatabaseDamaged
from validation.errors import QueueError

log = logging.getLogger("plexsync.queue")

FIRST_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 60.0


class Patience:
    """Waits out an error: 5 s at first, then twice as long each time, up to 60 s. Logs it once."""

    def __init__(self) -> None:
        self.said = ""
        self.step = 0

    def wait(self, error: QueueError) -> float:
        """Seconds to wait before the next try: none for the first damage, which is repaired."""
        if str(error) != self.said:
            self.said = str(error)
            log.error("%s", error)
        if self.step == 0 and isinstance(error, DatabaseDamaged):
            self.step = 1
            return 0.0
        seconds = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(self.step, 16))
        self.step += 1
        return seconds

    def over(self) -> None:
        """The database works (again)."""
        if self.said:
            log.info("The queue's database works again.")
        self.said, self.step = "", 0
