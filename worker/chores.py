"""What the worker does when nothing is due: verify, wake parked scenes, sweep, tidy up."""

from __future__ import annotations

import logging
from collections.abc import Callable

from plex.client import READ_MANY_LIMIT
from plex.index import REFRESH_SECONDS
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from validation.errors import PlexSyncError
from worker.session import Session
from worker.sweep import SWEEP_SECONDS, sweep, sweep_due
from worker.verify import verify_batch

# A written item is read back when the queue has been empty for so long, or fifty wait.
QUIET_SECONDS = 30.0
TIDY_SECONDS = 24 * 3600.0

log = logging.getLogger("plexsync.chores")


class Chores:
    """The worker's small jobs. Each writes only when it found something."""

    def __init__(self, manager: QueueManager, session: Session, clock: Callable[[], float]) -> None:
        self.manager = manager
        self.session = session
        self.clock = clock
        self.quiet_since: float | None = None
        self.looked_at = float("-inf")
        self.tidied_at = float("-inf")

    def busy(self) -> None:
        """Jobs are being synced: the quiet has ended; fifty written items are read back."""
        self.quiet_since = None
        try:
            plex = self.session.plex()
            if self.manager.ledger.unread_count(plex.server) >= READ_MANY_LIMIT:
                verify_batch(self.manager, plex, self.clock())
        except PlexSyncError as error:
            log.debug("Reading back was put off: %s", error)

    def run(self, now: float) -> None:
        """Do what is due. Raises the errors of ``validation.errors``; nothing is half done."""
        if self.quiet_since is None:
            self.quiet_since = now
            self.session.file_index().begin_drain()
        if sweep_due(self.manager, now):
            sweep(self.manager, self.session.stash(), now)
        if not 0 <= now - self.quiet_since < QUIET_SECONDS:
            while verify_batch(self.manager, self.session.plex(), now):
                continue
        if not 0 <= now - self.looked_at < REFRESH_SECONDS and self.manager.ledger.has_parked():
            self.looked_at = now
            self.wake_parked(now)
        if not 0 <= now - self.tidied_at < TIDY_SECONDS:
            self.tidied_at = now
            self.tidy(now)

    def next_in(self, now: float) -> float:
        """Seconds until the next chore."""
        waits = [SWEEP_SECONDS]
        if self.quiet_since is not None and now - self.quiet_since < QUIET_SECONDS:
            waits.append(self.quiet_since + QUIET_SECONDS - now)
        if self.manager.ledger.has_parked():
            waits.append(max(1.0, self.looked_at + REFRESH_SECONDS - now))
        return min(waits)

    def wake_parked(self, now: float) -> None:
        """Look for new files in Plex, and wake the parked scenes that have their names."""
        index, server = self.session.file_index(), self.session.plex().server
        woken = self.manager.state.get("woken")
        last = int(str(woken.get("last_id", 0))) if woken.get("server") == server else 0
        index.refresh(now, self.session.config.libraries)
        names = self.manager.index.names_since(server, last)
        if not names:
            return
        scenes = self.manager.ledger.parked_scenes(names)
        with self.manager.transaction():
            for scene_id in scenes:
                self.manager.enqueue_in(scene_job(scene_id, "file appeared in Plex", now))
            newest = self.manager.index.last_id(server)
            self.manager.state.put("woken", {"server": server, "last_id": newest})
        if scenes:
            log.info("%d scenes found their file in Plex.", len(scenes))

    def tidy(self, now: float) -> None:
        """Delete dead letters that are older than their retention, and finished jobs."""
        keep = self.session.config.dlq_retention_days * 86_400.0
        with self.manager.transaction():
            gone = self.manager.dlq.delete_older_than(now - keep)
        self.manager.queue.trim()
        if gone:
            log.info("%d old dead letters were deleted.", gone)
