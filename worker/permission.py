"""May the worker go on? One object with one answer, which Status can show word for word."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from plex.exceptions import NoLibrary
from stash.exceptions import StashTooOld, StashUnavailable
from sync_queue import credentials
from sync_queue.manager import QueueManager
from sync_queue.notices import Cause
from sync_queue.state import BreakerState, HoldNote, WrongSettings
from validation.errors import PlexSyncError, SetupError
from validation.reasons import Reason
from worker.circuit_breaker import CircuitBreaker
from worker.hold import LOOK_SECONDS, Hold, hold_for
from worker.notices import note_wrong_settings
from worker.servers import Servers, SettingsRead, plex_settings

# The file that every installation has.
MAIN_FILE = "PlexSync.py"
# Jobs of one batch.
BATCH = 100
# Settings are read again after so many seconds while jobs are synced or a setting is wrong, and
# while they wait for something else.
SETTINGS_SECONDS = 10.0
WAITING_SETTINGS_SECONDS = 60.0
# An outage that lasts longer is worth a line in Stash's own log.
LONG_OUTAGE_SECONDS = 300.0
# The reasons for which a worker stops.
DISABLED = "plugin disabled"
REMOVED = "plugin removed"

log = logging.getLogger("plexsync.permission")


@dataclass(frozen=True, slots=True)
class Go:
    """Up to ``limit`` jobs may be synced."""

    limit: int = BATCH


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be synced for ``seconds``; ``why`` is a sentence for the user."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The worker has to end."""

    why: str


Answer = Go | Wait | Stop


def answer_of(hold: Hold | None, breaker: CircuitBreaker, now: float) -> Go | Wait:
    """The verdict of hold and breaker together. Pure. ``now`` is epoch seconds."""
    if hold is not None and hold.wait(now) > 0:
        return Wait(max(hold.wait(now), breaker.wait(now)), hold.sentence)
    seconds = breaker.wait(now)
    if seconds > 0:
        return Wait(seconds, breaker.sentence)
    if breaker.state is not BreakerState.CLOSED:
        return Go(1)
    return Go(min(BATCH, breaker.batch or BATCH))


class Permission:
    """The circuit breaker (Plex is unreachable), the hold (Stash is unreachable, or the user has
    to act) and the settings that switch the plugin off.

    Breaker and hold are in the database, for Status and for the next worker; they are written only
    when they change. ``asked``: the user wants to know now whether Plex is back.
    """

    def __init__(
        self,
        manager: QueueManager,
        servers: Servers,
        plugin_dir: str,
        clock: Callable[[], float],
        *,
        asked: bool = False,
    ) -> None:
        self.manager = manager
        self.servers = servers
        self.clock = clock
        self.breaker = manager.state.load(CircuitBreaker)
        if asked:
            self.breaker = self.breaker.asked()
        self.hold: Hold | None = None
        self._main_file = os.path.join(plugin_dir, MAIN_FILE)
        self._last_hold: Hold | None = None
        self._stored = manager.state.load(HoldNote).reason
        self._wrong_settings = manager.state.load(WrongSettings).problems
        self._heard_at = self._heard()

    # -- asking -------------------------------------------------------------------------------

    def ask(self) -> Go | Wait:
        """Whether a batch may begin. While something waits, the settings are read again now and
        then, and immediately when a hook or task has come: the user may have corrected one."""
        self._look_while_waiting()
        answer = self.answer()
        if isinstance(answer, Go):
            self.hold = None
            if self.breaker.state is BreakerState.OPEN:
                return self._probe(answer)
        elif self._is_users_turn():
            return replace(answer, seconds=min(answer.seconds, SETTINGS_SECONDS))
        return answer

    def _is_users_turn(self) -> bool:
        """Whether everything waits for the user to change a setting."""
        return self.hold is not None and self.hold.reason is Reason.SETUP

    def ask_again(self) -> Answer:
        """Whether the next write of a batch may begin. Raises ``StashUnavailable`` when it is time
        to read the settings and Stash does not answer."""
        settings = self._settings(SETTINGS_SECONDS)
        now = self.clock()
        if not settings.enabled:
            return Stop(DISABLED)
        if not os.path.exists(self._main_file):
            return Stop(REMOVED)
        if not settings.config.enabled:
            self._set_hold(Reason.PAUSED, "PlexSync is paused in its settings.", now)
        return self.answer()

    def answer(self) -> Go | Wait:
        """The verdict of hold and breaker now. Reads nothing."""
        return answer_of(self.hold, self.breaker, self.clock())

    def may_ask_plex(self) -> bool:
        """Whether maintenance may ask Plex: not while jobs wait for a Plex that is unreachable."""
        closed = self.breaker.state is BreakerState.CLOSED
        return closed or self.manager.jobs.next_due(self.clock()) is None

    def _probe(self, answer: Go) -> Go | Wait:
        """The open breaker's time has come: a due job is tried if Plex identifies itself."""
        now = self.clock()
        due = self.manager.jobs.next_due(now)
        if due is None or due > now:
            return answer
        try:
            plex = self.servers.plex(self.known_settings().config)
        except (SetupError, StashUnavailable) as error:
            self.hold_for(error)
            return self.answer()
        self._keep(self.breaker.probing())
        if not plex.identity():
            self.on_outage()
        return self.answer()

    def _look_while_waiting(self) -> None:
        heard_at = self._heard()
        heard = heard_at != self._heard_at
        self._heard_at = heard_at
        if heard:
            self._lift(Reason.WAITING_FOR_STASH)
        if self.hold is not None or self.breaker.state is not BreakerState.CLOSED:
            with contextlib.suppress(StashUnavailable):  # the hold continues
                often = SETTINGS_SECONDS if self._is_users_turn() else WAITING_SETTINGS_SECONDS
                self._settings(0.0 if heard else often)
        if self.servers.settings.read_at:
            self._note_settings(self.servers.settings.problems)

    def _heard(self) -> tuple[float, int]:
        """When a hook or task came last, and the state of the sign-in."""
        return self.manager.connection_seen_at(), credentials.stamp(self.manager.data_dir)

    def known_settings(self) -> SettingsRead:
        """The settings as they were read last; unread ones are read. Raises
        ``StashUnavailable``."""
        read = self.servers.settings
        return read if read.read_at else self.servers.read_settings()

    def _settings(self, age: float) -> SettingsRead:
        """The settings, not older than ``age`` seconds. Corrected ones end what they caused."""
        before = self.servers.settings
        if 0 <= self.clock() - before.read_at < age:
            return before
        read = self.servers.read_settings()
        if _decisive(before) != _decisive(read):
            self._lift(Reason.SETUP, Reason.PAUSED)
            if self._stored in (Reason.SETUP, Reason.PAUSED):
                self._all_clear()
        return read

    # -- learning -----------------------------------------------------------------------------

    def hold_for(self, error: PlexSyncError) -> None:
        """Hold everything until the cause of ``error`` has changed."""
        reason = Reason.SETUP if isinstance(error, SetupError) else Reason.WAITING_FOR_STASH
        # The user corrects these elsewhere than in the settings.
        delays = (LOOK_SECONDS,) if isinstance(error, NoLibrary | StashTooOld) else ()
        self._set_hold(reason, str(error), self.clock(), delays)

    def on_outage(self, retry_after: float = 0.0) -> None:
        """Plex failed in a way that would fail every job; see ``CircuitBreaker.on_failure``. If
        another address of a signed-in server answers, it is no outage."""
        if self.servers.move_on():
            return
        now = self.clock()
        self._keep(self.breaker.on_failure(now, retry_after))
        if self.breaker.lasts_longer_than(LONG_OUTAGE_SECONDS, now):
            with self.manager.transaction():
                self.manager.notices.set(
                    Cause.OUTAGE,
                    "Plex has not answered for more than five minutes; {waiting} edits wait and"
                    " will be synced when it is back.",
                )

    def on_settled(self, *, plex_served: bool) -> None:
        """A job ended well. If Plex served it, every obstacle is over; otherwise Stash did, and
        the user has not paused."""
        was_open = plex_served and self.breaker.state is not BreakerState.CLOSED
        if plex_served:
            self._keep(self.breaker.on_success())
        if was_open or (self._stored and (plex_served or self._stored != Reason.SETUP)):
            self._all_clear()

    def _set_hold(
        self, reason: Reason, sentence: str, now: float, delays: tuple[float, ...] = ()
    ) -> None:
        """Hold everything, log the reason once, and leave a notice for Stash's log."""
        before = self._last_hold
        self.hold = self._last_hold = hold_for(reason, sentence, now, before, delays)
        if before is not None and before.sentence == sentence and self._stored:
            return
        self._stored = reason.value
        with self.manager.transaction():
            self.manager.state.save(HoldNote(reason.value, sentence, self.hold.since))
            if reason is Reason.SETUP:
                self.manager.notices.set(Cause.HOLD, f"{sentence} {{waiting}} edits wait.")
        log.warning("%s", sentence)

    def _note_settings(self, problems: tuple[str, ...]) -> None:
        """Keep what is wrong with settings whose default is used: for Status and Stash's log."""
        if problems != self._wrong_settings:
            self._wrong_settings = problems
            note_wrong_settings(self.manager, problems)

    def _lift(self, *reasons: Reason) -> None:
        """End a hold for one of ``reasons``: its cause may be over."""
        if self.hold is not None and self.hold.reason in reasons:
            self.hold = None

    def _all_clear(self) -> None:
        """Nothing is held any more."""
        self._last_hold, self._stored = None, ""
        with self.manager.transaction():
            self.manager.state.clear(HoldNote)
            self.manager.notices.clear(Cause.HOLD, Cause.OUTAGE)

    def _keep(self, breaker: CircuitBreaker) -> None:
        """Keep a changed breaker, here and in the database."""
        if breaker == self.breaker:
            return
        before, self.breaker = self.breaker, breaker
        with self.manager.transaction():
            self.manager.state.save(breaker)
        if breaker.state is not before.state:
            log.info("Circuit breaker: %s.", breaker.state)


def _decisive(settings: SettingsRead) -> tuple[object, ...]:
    """The settings by which a hold ends when they change."""
    return plex_settings(settings), settings.config.paused
