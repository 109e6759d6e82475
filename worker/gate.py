"""Whether the worker may go on: the circuit breaker and the hold, kept and spoken about."""

from __future__ import annotations

import logging

from sync_queue.manager import QueueManager
from sync_queue.notices import Cause
from sync_queue.state import BreakerState, HoldNote, WrongSettings
from validation.errors import PlexSyncError, SetupError
from validation.reasons import Reason
from worker import notices
from worker.circuit_breaker import CircuitBreaker
from worker.hold import Hold, hold_for

# An outage that lasts longer is worth a line in Stash's own log.
LONG_OUTAGE_SECONDS = 300.0

log = logging.getLogger("plexsync.gate")


class Gate:
    """The breaker (Plex is away) and the hold (Stash is away, or a person has to act).

    Both are in the database, for Status and for the next worker; written only when they change.
    ``asked``: a person wants to know now whether Plex is back.
    """

    def __init__(self, manager: QueueManager, *, asked: bool = False) -> None:
        self.manager = manager
        breaker = manager.state.load(CircuitBreaker)
        self.breaker = breaker.asked() if asked else breaker
        self.hold: Hold | None = None
        self.last_hold: Hold | None = None
        self.stored = manager.state.load(HoldNote).reason
        self.wrong_settings = manager.state.load(WrongSettings).problems

    @property
    def is_closed(self) -> bool:
        """Whether the breaker lets every job through."""
        return self.breaker.state is BreakerState.CLOSED

    @property
    def stops(self) -> bool:
        """Whether the next job must not be begun."""
        return self.hold is not None or self.breaker.state is BreakerState.OPEN

    def wait(self, now: float) -> float:
        """Seconds until it is worth while to look again; 0 = go on. A hold that is over is gone."""
        if self.hold is not None and self.hold.wait(now) == 0.0:
            self.hold = None
        return max(self.hold.wait(now) if self.hold else 0.0, self.breaker.wait(now))

    def set_hold(self, reason: Reason, sentence: str, now: float) -> None:
        """Hold everything, say why once, and leave a notice for Stash's log."""
        before = self.last_hold
        self.hold = self.last_hold = hold_for(reason, sentence, now, before)
        if before is not None and before.sentence == sentence and self.stored:
            return
        log.warning("%s", sentence)
        self.stored = reason.value
        with self.manager.transaction():
            self.manager.state.save(HoldNote(reason.value, sentence, self.hold.since))
            if reason is Reason.SETUP:
                self.manager.notices.set(Cause.HOLD, f"{sentence} {{waiting}} edits wait.")

    def note_settings(self, problems: tuple[str, ...]) -> None:
        """Keep what is wrong with settings whose default is used: for Status and Stash's log."""
        if problems == self.wrong_settings:
            return
        self.wrong_settings = problems
        notices.note_wrong_settings(self.manager, problems)

    def hold_for(self, error: PlexSyncError, now: float) -> None:
        """Hold everything until what ``error`` says has changed."""
        reason = Reason.SETUP if isinstance(error, SetupError) else Reason.WAITING_FOR_STASH
        self.set_hold(reason, str(error), now)

    def lift(self, *reasons: Reason) -> None:
        """End a hold for one of ``reasons``: what caused it may be over."""
        if self.hold is not None and self.hold.reason in reasons:
            self.hold = None

    def forget(self, *reasons: Reason) -> None:
        """What caused a hold for one of ``reasons`` has changed: it is as if it had never been."""
        self.lift(*reasons)
        if self.stored in reasons:
            self.all_clear()

    def probing(self) -> None:
        """The open breaker's time has come."""
        self.keep(self.breaker.probing())

    def on_outage(self, now: float, retry_after: float = 0.0) -> None:
        """Plex failed in a way that would fail every job; see ``CircuitBreaker.on_failure``."""
        self.keep(self.breaker.on_failure(now, retry_after))
        if self.breaker.lasts_longer_than(LONG_OUTAGE_SECONDS, now):
            with self.manager.transaction():
                self.manager.notices.set(
                    Cause.OUTAGE,
                    "Plex has not answered for more than five minutes; {waiting} edits wait and"
                    " will be synced when it is back.",
                )

    def on_settled(self, *, plex_served: bool) -> None:
        """A job ended well. If Plex served it, whatever stood in the way is over; otherwise Stash
        did, and nobody asked us to pause.
        """
        was_open = plex_served and not self.is_closed
        if plex_served:
            self.keep(self.breaker.on_success())
        if was_open or (self.stored and (plex_served or self.stored != Reason.SETUP)):
            self.all_clear()

    def all_clear(self) -> None:
        """Nothing is held any more: forget what was said about it."""
        self.last_hold, self.stored = None, ""
        with self.manager.transaction():
            self.manager.state.clear(HoldNote)
            self.manager.notices.clear(Cause.HOLD, Cause.OUTAGE)

    def keep(self, breaker: CircuitBreaker) -> None:
        """Keep a changed breaker, here and in the database."""
        if breaker == self.breaker:
            return
        if breaker.state is not self.breaker.state:
            log.info("Circuit breaker: %s.", breaker.state)
        self.breaker = breaker
        with self.manager.transaction():
            self.manager.state.save(breaker)
