"""Whether Plex may be written: paused, switched off or removed, and settings that changed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from stash.exceptions import StashUnavailable
from validation.reasons import Reason
from worker.gate import Gate
from worker.session import Session, plex_settings

# What a plugin consists of at least.
MAIN_FILE = "PlexSync.py"
# Settings are read again after this many seconds while draining, and while jobs wait.
SETTINGS_SECONDS = 10.0
WAITING_SETTINGS_SECONDS = 60.0
# Why a worker has to stop.
DISABLED = "plugin disabled"
REMOVED = "plugin removed"


class Stopped(Exception):
    """The worker has to stop before its next write; ``str()`` says why."""


class OffSwitch:
    """What a person can do to stop the worker. ``clock`` returns epoch seconds."""

    def __init__(
        self, session: Session, gate: Gate, plugin_dir: str, clock: Callable[[], float]
    ) -> None:
        self.session = session
        self.gate = gate
        self.main_file = os.path.join(plugin_dir, MAIN_FILE)
        self.clock = clock

    def may_write(self) -> bool:
        """Whether the next write may be begun. Raises ``Stopped`` when the plugin is off, and
        ``StashUnavailable`` when it is time to ask and Stash does not answer.
        """
        now = self.clock()
        self.look_at_settings(now, SETTINGS_SECONDS)
        if not self.session.plugin_enabled:
            raise Stopped(DISABLED)
        if not os.path.exists(self.main_file):
            raise Stopped(REMOVED)
        if not self.session.config.enabled:
            self.gate.set_hold(Reason.PAUSED, "PlexSync is paused in its settings.", now)
        return not self.gate.stops

    def may_ask(self) -> bool:
        """Whether a chore may ask Plex anything: not while jobs wait for a Plex that is away."""
        return self.gate.is_closed or self.gate.manager.queue.next_due(self.clock()) is None

    def look_while_waiting(self, now: float) -> None:
        """Read the settings again now and then while nothing may be done, and at once when a hook
        or task has come: a person may have corrected one. Say what is wrong with them.
        """
        news = self.session.news()
        if news:
            self.gate.lift(Reason.WAITING_FOR_STASH)
        if self.gate.hold is not None or not self.gate.is_closed:
            with contextlib.suppress(StashUnavailable):  # the hold goes on
                self.look_at_settings(now, 0.0 if news else WAITING_SETTINGS_SECONDS)
        if self.session.read_at:
            self.gate.note_settings(self.session.problems)

    def look_at_settings(self, now: float, age: float = WAITING_SETTINGS_SECONDS) -> None:
        """Read the settings again when they are older than ``age`` seconds."""
        if 0 <= now - self.session.read_at < age:
            return
        before = plex_settings(self.session.config), self.session.config.paused
        self.session.read_settings()
        if before != (plex_settings(self.session.config), self.session.config.paused):
            self.gate.forget(Reason.SETUP, Reason.PAUSED)
