"""SyncWorker: the daemon thread in which the loop drains the queue into Plex."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping

from plex.connection import random_fraction
from sync_queue import aside
from sync_queue.manager import QueueManager
from sync_queue.trouble import needs_opening
from validation.errors import QueueError
from worker.doorbell import Doorbell
from worker.loop import LONGEST_NAP, End, Ended, Loop
from worker.patience import Patience
from worker.permission import Permission
from worker.servers import Servers


class SyncWorker:
    """Drains one data directory's queue in a daemon thread.

    Attributes:
        finished: why the thread ended by itself, "" while it runs.
        error: the database's error, when that is why it ended. A resident worker waits for most of
            them to pass.

    ``clock`` returns epoch seconds, ``rng`` a number in [0, 1); ``sleep`` waits some seconds
    between two tries of one request, or of the database. ``when_idle``: end instead of waiting.
    ``on_end`` is called when the thread has ended.
    """

    def __init__(
        self,
        manager: QueueManager,
        *,
        plugin_dir: str,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        rng: Callable[[], float] = random_fraction,
        sleep: Callable[[float], None] | None = None,
        when_idle: bool = False,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.manager = manager
        self.when_idle = when_idle
        self.finished = ""
        self.error: QueueError | None = None
        self._patience = Patience()
        self._stop = threading.Event()
        self._bell = Doorbell(manager.data_dir)
        self._on_end = on_end
        self._sleep = sleep or self._pause
        self.servers = Servers(manager, environ, clock, self._sleep)
        self.permission = Permission(manager, self.servers, plugin_dir, clock, asked=when_idle)
        self.loop = Loop(
            manager,
            self.servers,
            self.permission,
            clock,
            rng,
            self._is_stopping,
            ring=self._bell.ring,
            when_idle=when_idle,
        )
        # Not Thread.join and is_alive: when Ctrl-C interrupts a join, CPython takes a running
        # thread for dead.
        self._ended = threading.Event()
        self._ended.set()

    # -- the thread ---------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._ended.clear()
        threading.Thread(target=self._live, name="SyncWorker", daemon=True).start()

    def stop(self, patience: float = 8.0) -> None:
        """Finish the job at hand, give the leases back, end the thread.

        Within ``patience`` seconds: a request that hangs longer is abandoned (its edit is
        repeated later, which changes nothing).
        """
        self._stop.set()
        self._bell.ring()
        self._ended.wait(patience)
        self._give_leases_back()

    def join(self, seconds: float) -> None:
        """Wait up to ``seconds`` for the thread to end by itself."""
        self._ended.wait(seconds)

    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return not self._ended.is_set()

    def seconds_since_step(self) -> float:
        """Seconds since the thread last showed that it moves: a job, a page, an answer of Plex."""
        moved = max(
            self.loop.pulse.moved_at, self.manager.jobs.used_at, self.servers.plex_used_at()
        )
        return max(0.0, time.monotonic() - moved)

    def idle_seconds(self) -> float:
        """Seconds since a job last waited."""
        return time.monotonic() - self.loop.pulse.worked_at

    def _live(self) -> None:
        try:
            with self._bell:
                while not self._stop.is_set() and not self.finished:
                    try:
                        self._turn()
                    except QueueError as error:
                        self._wait_out(error)
        except Ended as why:
            self.finished = str(why)
        finally:
            self.loop.news.close()
            try:
                self._give_leases_back()
            finally:
                self._ended.set()
                self._on_end()

    def _is_stopping(self) -> bool:
        """Whether no further job may begin."""
        return self._stop.is_set() or aside.is_wanted(self.manager.data_dir)

    def _turn(self) -> None:
        """A step, and the nap after it. Raises ``Ended`` where a task needs the lock."""
        if aside.is_wanted(self.manager.data_dir):
            raise Ended(End.ASIDE)
        if self._patience.said:  # the step that failed may have held leases
            self.manager.jobs.release_all()
        # Before the step: a job stored while it runs must not wait for the nap's end.
        seen = self.manager.jobs.data_version()
        wait = self.loop.step()
        self._patience.over()
        self.loop.pulse.beat()
        if wait > 0:
            self._nap(wait, seen)

    def _wait_out(self, error: QueueError) -> None:
        """The database cannot be used: wait for it, or end where only opening it again helps."""
        if self.when_idle or needs_opening(error):
            self.error = error
            self.finished = End.DATABASE
            return
        self._sleep(self._patience.wait(error))
        self.loop.pulse.beat()
        self.loop.pulse.work()

    def _give_leases_back(self) -> None:
        """Give all leases back; where the database does not let us, the next worker does it."""
        with contextlib.suppress(QueueError):
            self.manager.jobs.release_all()

    def _pause(self, seconds: float) -> None:
        """Wait, but no longer than until a stop is asked for."""
        self._stop.wait(seconds)

    def _nap(self, seconds: float, seen: int) -> None:
        """Sleep until ``seconds`` are over, another process has committed since ``data_version``
        was ``seen``, Plex reports new files, or a stop is requested. Raises ``DatabaseReplaced``.
        """
        pause = self._bell.pause(self.servers.settings.config.poll_interval)
        deadline = time.monotonic() + min(seconds, LONGEST_NAP)
        while self.manager.jobs.data_version() == seen and not self.manager.spooled():
            self.manager.check_files()
            if aside.is_wanted(self.manager.data_dir):
                return
            if self.loop.news.take_news():
                self.loop.maintenance.look_now()
                return
            left = min(pause, deadline - time.monotonic())
            if left <= 0 or self._stop.is_set():
                return
            self.loop.pulse.beat(left)
            self._bell.wait(left)
