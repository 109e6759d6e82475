"""Listening to Plex's own events, so that what appears there is looked at soon.

Nothing depends on it: it may break at any time, and Plex is asked once a minute anyway.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from plex.connection import random_fraction
from plex.event_stream import EventSource
from plex.events import EventKind, LibraryEvent
from plex.exceptions import PlexTemporaryError
from validation.errors import PlexSyncError
from worker.backoff import Backoff

RECONNECT = Backoff(base=2.0, cap=120.0)
BREATH_SECONDS = 0.02  # between two pieces: a flood must not take the sync thread's processor
STEADY_SECONDS = 60.0  # a connection that lasted so long did not fail
CLOSE_SECONDS = 1.0
REFUSED_SECONDS = 3600.0  # a server that has no events for us is asked again after so long
# A library that is read in makes events by the thousand: they are one piece of news each second.
NEWS_SECONDS = 1.0
# Twice what a silent connection lasts: a listener without a sign for longer hangs.
STUCK_SECONDS = 600.0

log = logging.getLogger("plexsync.listener")


class Stream(Protocol):
    """A listener's view of ``plex.event_stream.EventStream``."""

    def __iter__(self) -> Iterator[tuple[LibraryEvent, ...]]: ...

    def close(self) -> None: ...


class Listener:
    """Listens in a daemon thread, from when it is made until it is closed.

    ``heard`` is set after each connect, because missed events do not come again, and by each
    event that may make another scene syncable; the reader clears it first. ``connected``: Plex
    accepted at least once. The thread ends by itself where Plex refuses: ``refusal`` is the reason.
    ``clock`` returns monotonic seconds, ``rng`` a number in [0, 1); ``sleep`` waits some seconds
    between two connections; ``ring`` wakes who waits for news.
    """

    def __init__(
        self,
        open_stream: Callable[[], Stream],
        *,
        clock: Callable[[], float] = time.monotonic,
        rng: Callable[[], float] = random_fraction,
        sleep: Callable[[float], None] | None = None,
        ring: Callable[[], None] = lambda: None,
    ) -> None:
        self.heard = threading.Event()
        self._ring = ring
        self.connected = False
        self.refusal = ""
        self._open_stream = open_stream
        self._clock = clock
        self._rng = rng
        self._closing = threading.Event()
        self._sleep = sleep or self._pause
        self._stream: Stream | None = None
        self._sign_at = clock()
        self._thread = threading.Thread(target=self._run, name="PlexListener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it, and wait for that a second at most. A thread that is still connecting then
        ends by itself without having asked anything.
        """
        self._closing.set()
        if self._stream is not None:
            self._stream.close()
        self._thread.join(CLOSE_SECONDS)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def silent_seconds(self) -> float:
        """Seconds since the thread last showed that it moves."""
        return self._clock() - self._sign_at

    def _pause(self, seconds: float) -> None:
        self._closing.wait(seconds)

    def _run(self) -> None:
        attempt = -1
        try:
            while True:
                began = self._sign_at = self._clock()
                wish = self._listen()
                if self._closing.is_set():
                    return
                attempt = 0 if self._clock() - began >= STEADY_SECONDS else attempt + 1
                delay = RECONNECT.delay(attempt, self._rng, retry_after=wish)
                self._sign_at = self._clock() + delay
                self._sleep(delay)
        except PlexSyncError as refusal:
            self.refusal = str(refusal)
        except Exception as bug:  # noqa: BLE001 (no bug in here may cost more than the listener)
            # Its type alone: messages hold headers, and so the token.
            self.refusal = f"Listening failed ({type(bug).__name__})."

    def _listen(self) -> float:
        """Listen until the connection ends; the seconds that Plex wants to be left alone."""
        self._stream = stream = self._open_stream()
        if self._closing.is_set():  # close may not have seen this stream
            return 0.0
        try:
            for count, events in enumerate(stream):
                self._sign_at = self._clock()
                self.connected = True
                if count == 0 or any(event.kind is not EventKind.OTHER for event in events):
                    self.heard.set()
                    self._ring()
                self._closing.wait(BREATH_SECONDS)
        except PlexTemporaryError as error:
            log.debug("%s", error)
            return error.retry_after or 0.0
        return 0.0


class Subscription:
    """At most one listener: made when it is wanted, closed when it is not. For one thread.

    Two facts about a Plex outlive its listeners: its refusal, and the last log line about it.
    ``clock`` returns monotonic seconds; ``listen`` makes a listener, which calls ``ring``.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        ring: Callable[[], None] = lambda: None,
        listen: Callable[[EventSource], Listener] | None = None,
    ) -> None:
        self._clock = clock
        self._listen = listen or (lambda source: Listener(source.open, ring=ring))
        self._listener: Listener | None = None
        self._source: EventSource | None = None
        self._not_before = -math.inf
        self._news_at = -math.inf
        self._said: set[str] = set()

    def keep(self, source: EventSource | None) -> None:
        """Listen to *source* from now on; ``None`` ends it. To be called now and then."""
        if source is not None and source != self._source:
            self.close()
            self._source, self._not_before = source, -math.inf
            self._said.clear()
        if self._listener is not None:
            self._look_after(self._listener)
        if source is None:
            self.close()
        elif self._listener is None and self._clock() >= self._not_before:
            self._listener = self._listen(source)

    def take_news(self) -> bool:
        """Whether there is a reason to look at Plex now, that no call before has reported."""
        now = self._clock()
        if self._listener is None or not self._listener.heard.is_set():
            return False
        if now - self._news_at < NEWS_SECONDS:
            return False
        self._listener.heard.clear()
        self._news_at = now
        return True

    def close(self) -> None:
        """End listening."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _look_after(self, listener: Listener) -> None:
        """Log a listener's result once, and drop a listener that ended or hangs."""
        if listener.connected:
            self._say("Listening to Plex's events.")
        if not listener.is_alive:
            self._not_before = self._clock() + REFUSED_SECONDS
            self._say(
                f"Plex is asked once a minute: its events are not to be had. {listener.refusal}"
            )
            self.close()
        elif listener.silent_seconds() > STUCK_SECONDS:
            self.close()

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            log.info("%s", sentence)
