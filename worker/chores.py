"""What the worker does when nothing is due: sweep, verify, wake parked scenes, tidy up."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator

from plex.client import READ_MANY_LIMIT
from plex.index import REFRESH_SECONDS
from sync_queue.daily import copy_daily
from sync_queue.manager import QueueManager
from sync_queue.models import MANY_PRIO, scene_job
from sync_queue.state import WokenNote
from validation.errors import PlexSyncError, QueueError
from worker import notices
from worker.session import Session
from worker.sweep import SWEEP_SECONDS, last_sweep, sweep
from worker.verify import verify_batch

# Written items are read back when the queue has been empty for so long, or fifty wait.
QUIET_SECONDS = 30.0
# A chore that failed is tried again after so long; a sweep later, since an idle worker's session
# in Stash may have expired, and the next hook brings another.
AGAIN_SECONDS = 60.0
SWEEP_AGAIN_SECONDS = 600.0
TIDY_SECONDS = 24 * 3600.0

log = logging.getLogger("plexsync.chores")


def is_due(at: float, now: float, longest: float) -> bool:
    """Whether ``at`` has come. A time further off than ``longest`` comes from a clock that jumped;
    infinity never comes.
    """
    return at <= now or now + longest < at < math.inf


class Chores:
    """The worker's small jobs, a piece at a time. Each writes only when it found something.

    ``may_write`` says whether anything may be written to Plex at this moment, ``may_ask`` whether
    it may be asked. ``quiet_seconds``: what was written last is read back when nothing was due for
    so long.
    """

    def __init__(
        self,
        manager: QueueManager,
        session: Session,
        clock: Callable[[], float],
        may_write: Callable[[], bool],
        may_ask: Callable[[], bool],
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self.manager = manager
        self.session = session
        self.clock = clock
        self.may_write = may_write
        self.may_ask = may_ask
        self.quiet_seconds = quiet_seconds
        self.quiet = False
        self.sweeping: Iterator[int] | None = None
        self.sweeps = 0
        self.sweep_at = last_sweep(manager, clock()) + SWEEP_SECONDS
        self.verify_at = math.inf
        self.look_at = 0.0
        self.clean_at = 0.0
        self.tidy_at = 0.0

    def busy(self) -> None:
        """Jobs are being synced: the quiet has ended; fifty written items are read back."""
        self.quiet = False
        try:
            plex = self.session.plex()
            for _batch in range(self.manager.ledger.unread_count(plex.server) // READ_MANY_LIMIT):
                verify_batch(self.manager, plex, self.clock())
        except QueueError:
            raise
        except PlexSyncError as error:
            log.debug("Reading back was put off: %s", error)

    def run(self, now: float) -> None:
        """Do a piece of each chore that is due. Raises ``QueueError`` and ``Stopped`` only: what a
        server does wrong puts off its own chore.
        """
        if not self.quiet:
            self.quiet = True
            self.verify_at = now + self.quiet_seconds
            self.session.begin_drain()
        notices.clear_old(self.manager, now)
        for chore in (self.tidy, self.verify, self.wake_parked, self.sweep_a_page):
            try:
                chore(now)
            except QueueError:
                raise
            except PlexSyncError as error:
                log.debug("A chore was put off: %s", error)

    def next_in(self, now: float) -> float:
        """Seconds until the next chore; 0 = there is one to go on with."""
        due = [now if self.sweeping else self.sweep_at, self.verify_at]
        if self.manager.ledger.has_parked():
            due.append(self.look_at)
        return max(0.0, min(due) - now)

    def sweep_a_page(self, now: float) -> None:
        """Go on with the sweep, or begin one. One that fails begins anew later."""
        if not self.sweeping and not is_due(self.sweep_at, now, SWEEP_SECONDS):
            return
        if self.sweeping is None:
            self.sweeping = sweep(self.manager, self.session.stash(), now, first=not self.sweeps)
            self.sweep_at = now + SWEEP_SECONDS
            self.sweeps += 1
        try:
            next(self.sweeping)
        except StopIteration:
            self.sweeping = None
        except PlexSyncError:
            self.sweeping = None
            self.sweep_at = now + SWEEP_AGAIN_SECONDS
            raise

    def verify(self, now: float) -> None:
        """Read back up to fifty written items."""
        if not is_due(self.verify_at, now, AGAIN_SECONDS):
            return
        self.verify_at = now + AGAIN_SECONDS
        if not self.may_ask():
            return
        plex = self.session.plex()
        waiting = self.manager.ledger.unread_count(plex.server)
        if waiting and not self.may_write():
            return
        if waiting:
            verify_batch(self.manager, plex, now)
        self.verify_at = now if waiting > READ_MANY_LIMIT else math.inf

    def wake_parked(self, now: float) -> None:
        """Look for new files in Plex, and wake the parked scenes that have their names."""
        if not is_due(self.look_at, now, REFRESH_SECONDS) or not self.manager.ledger.has_parked():
            return
        self.look_at = now + REFRESH_SECONDS
        if not self.may_ask():
            return
        index, server = self.session.file_index(), self.session.plex().server
        woken = self.manager.state.load(WokenNote)
        last = woken.last_id if woken.server == server else 0
        index.refresh(now, self.session.config.libraries)
        names = self.manager.index.names_since(server, last)
        if not names:
            return
        scenes = self.manager.ledger.parked_scenes(names)
        with self.manager.transaction():
            for scene_id in scenes:
                job = scene_job(scene_id, "file appeared in Plex", now)
                self.manager.enqueue_in(job, prio=MANY_PRIO)
            newest = self.manager.index.last_id(server)
            self.manager.state.save(WokenNote(server, newest))
        if scenes:
            log.info("%d scenes found their file in Plex.", len(scenes))

    def clean(self, now: float) -> None:
        """Delete dead letters that are older than their retention: also while everything waits."""
        if self.session.read_at and is_due(self.clean_at, now, TIDY_SECONDS):
            keep = self.session.config.dlq_retention_days * 86_400.0
            self.clean_at = now + TIDY_SECONDS
            notices.delete_old_letters(self.manager, now, keep)

    def tidy(self, now: float) -> None:
        """Delete finished jobs, and copy the rest once a day."""
        if not is_due(self.tidy_at, now, TIDY_SECONDS):
            return
        self.tidy_at = now + TIDY_SECONDS
        self.manager.queue.trim()
        copy_daily(self.manager, now)
