"""The worker's work when nothing is due: sweep, read back, wake parked scenes, tidy up."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator

from plex.client import READ_MANY_LIMIT
from plex.index import Ask
from sync_queue import credentials
from sync_queue.daily import copy_daily
from sync_queue.manager import QueueManager
from sync_queue.models import MANY_PRIO, scene_job
from sync_queue.state import WokenNote
from validation.errors import PlexSyncError, QueueError
from worker import notices
from worker.from_plex import FromPlex
from worker.permission import Go, Permission
from worker.servers import Servers
from worker.sweep import SWEEP_SECONDS, last_sweep, sweep
from worker.verify import verify_batch

# Written items are read back when the queue has been empty for so long, or fifty wait.
QUIET_SECONDS = 30.0
# Plex is asked for new files so often while scenes wait for one.
LOOK_SECONDS = 60.0
# A chore that failed is tried again after so long; a sweep later, since an idle worker's session
# in Stash may have expired, and the next hook brings another.
AGAIN_SECONDS = 60.0
SWEEP_AGAIN_SECONDS = 600.0
TIDY_SECONDS = 24 * 3600.0

log = logging.getLogger("plexsync.maintenance")


def is_due(at: float, now: float, longest: float) -> bool:
    """Whether ``at`` has come. A time further off than ``longest`` comes from a clock that jumped;
    infinity never comes.
    """
    return at <= now or now + longest < at < math.inf


class Maintenance:
    """The worker's chores, a piece at a time. Each writes only when it found something.

    ``quiet_seconds``: the last writes are read back when nothing was due for this long.
    ``is_resident``: a task's worker, which ends soon, takes nothing over from Plex.
    """

    def __init__(
        self,
        manager: QueueManager,
        servers: Servers,
        permission: Permission,
        clock: Callable[[], float],
        quiet_seconds: float = QUIET_SECONDS,
        *,
        is_resident: bool = True,
    ) -> None:
        self.manager = manager
        self.servers = servers
        self.permission = permission
        self.quiet_seconds = quiet_seconds
        self.is_resident = is_resident
        self.sweeping: Iterator[int] | None = None
        self.sweep_at = last_sweep(manager, clock()) + SWEEP_SECONDS
        self.has_swept = False
        self.verify_at = clock() + quiet_seconds  # a worker that died may have left some
        self.look_at = 0.0
        self.look_for = Ask.COUNTERS
        self.tidy_at = 0.0
        self.from_plex = FromPlex(manager, servers, permission, clock)

    def after_batch(self, now: float) -> None:
        """Jobs were synced: fifty written items are read back, the others after a quiet time."""
        self.verify_at = now + self.quiet_seconds
        try:
            plex = self.servers.plex(self.servers.settings.config)
            for _batch in range(self.manager.ledger.unread_count(plex.server) // READ_MANY_LIMIT):
                verify_batch(self.manager, plex, now)
        except QueueError:
            raise
        except PlexSyncError as error:
            log.debug("Reading back was postponed: %s", error)

    def run(self, now: float) -> None:
        """Do a piece of each chore that is due. Raises ``QueueError`` only: a server's fault
        postpones its own chore.
        """
        notices.clear_old(self.manager, now)
        chores = (self._forget, self.tidy, self._read_back, self._wake_parked, self._sweep_a_page)
        for chore in (*chores, *((self.from_plex.run,) if self.is_resident else ())):
            try:
                chore(now)
            except QueueError:
                raise
            except PlexSyncError as error:
                log.debug("A chore was postponed: %s", error)

    def next_in(self, now: float) -> float:
        """Seconds until the next chore; 0 = there is one to go on with."""
        due = [now if self.sweeping else self.sweep_at, self.verify_at]
        if self.manager.scenes.has_parked():
            due.append(self.look_at)
        if self.is_resident:
            due.append(now + self.from_plex.next_in(now))
        return max(0.0, min(due) - now)

    def look_now(self) -> None:
        """Plex has new files: the next chore lists them, and wakes the scenes that wait."""
        self.look_at = 0.0
        self.look_for = Ask.CHANGES

    def _sweep_a_page(self, now: float) -> None:
        """Go on with the sweep, or begin one. One that fails begins again later."""
        if not self.sweeping and not is_due(self.sweep_at, now, SWEEP_SECONDS):
            return
        if self.sweeping is None:
            first = not self.has_swept
            self.sweeping = sweep(self.manager, self.servers.stash(), now, first=first)
            self.sweep_at = now + SWEEP_SECONDS
            self.has_swept = True
        try:
            next(self.sweeping)
        except StopIteration:
            self.sweeping = None
        except PlexSyncError:
            self.sweeping = None
            self.sweep_at = now + SWEEP_AGAIN_SECONDS
            raise

    def _read_back(self, now: float) -> None:
        """Read back up to fifty written items. A read that settles none waits for the next time:
        it would only be repeated."""
        if not is_due(self.verify_at, now, AGAIN_SECONDS):
            return
        self.verify_at = now + AGAIN_SECONDS
        if not self.permission.may_ask_plex():
            return
        plex = self.servers.plex(self.servers.settings.config)
        waiting = self.manager.ledger.unread_count(plex.server)
        if not waiting:
            self.verify_at = math.inf
            return
        if not isinstance(self.permission.ask_again(), Go):
            return
        verify_batch(self.manager, plex, now)
        left = self.manager.ledger.unread_count(plex.server)
        if left < waiting:
            self.verify_at = now if left else math.inf

    def _wake_parked(self, now: float) -> None:
        """Look for new files in Plex, and wake the scenes that wait for one of them."""
        if not is_due(self.look_at, now, LOOK_SECONDS) or not self.manager.scenes.has_parked():
            return
        self.look_at = now + LOOK_SECONDS
        if not self.permission.may_ask_plex():
            return
        config = self.servers.settings.config
        plex = self.servers.plex(config)
        server, index = plex.server, self.manager.index
        woken = self.manager.state.load(WokenNote)
        last = woken.last_id if woken.server == server else 0
        ask, self.look_for = self.look_for, Ask.COUNTERS
        self.servers.file_index(plex).refresh(now, config.libraries, ask)
        newest = index.last_id(server)
        if newest == last:
            return
        scenes = self.manager.scenes.parked_scenes(index.since(server, last))
        with self.manager.transaction():
            jobs = [scene_job(scene_id, "file appeared in Plex", now) for scene_id in scenes]
            self.manager.jobs.put_all(jobs, prio=MANY_PRIO)
            self.manager.state.save(WokenNote(server, newest))
        if scenes:
            log.info("Files of %d scenes appeared in Plex.", len(scenes))

    def _forget(self, now: float) -> None:
        """Forget an account's token that no longer is of use."""
        try:
            credentials.forget_old(self.manager.data_dir, now)
        except OSError as error:
            log.debug("The sign-in could not be tidied up: %s", error.strerror)

    def tidy(self, now: float) -> None:
        """Delete finished jobs and old dead letters, and copy the rest, once a day. Nothing is
        deleted before the settings are known.
        """
        if not self.servers.settings.read_at or not is_due(self.tidy_at, now, TIDY_SECONDS):
            return
        self.tidy_at = now + TIDY_SECONDS
        self.manager.jobs.trim()
        keep = self.servers.settings.config.dlq_retention_days * 86_400.0
        notices.delete_old_letters(self.manager, now, keep)
        copy_daily(self.manager, now)
