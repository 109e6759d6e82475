"""A Plex that can be listened to, and listeners whose naps a test ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from plex.event_stream import EventSource
from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from worker.listener import Listener

HEARD_SECONDS = 10.0  # how long a test waits for what takes milliseconds


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Nap:
    """Sleeps between two connections: ``seconds`` of each, and none goes on before it may."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.begun.release()
        self.may_end.acquire(timeout=HEARD_SECONDS)

    def wait(self) -> None:
        """Until the next nap has begun."""
        assert self.begun.acquire(timeout=HEARD_SECONDS)

    def end(self) -> None:
        """The nap that has begun is over."""
        self.may_end.release()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def nap() -> Iterator[Nap]:
    nap = Nap()
    yield nap
    nap.may_end.release(1000)


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    with PlexSimulator() as simulator:
        yield simulator


@pytest.fixture
def movies(plex: PlexSimulator) -> Section:
    return plex.add_section("Movies", locations=["/m"])


@pytest.fixture
def source(plex: PlexSimulator) -> EventSource:
    return EventSource(plex.url, plex.token or "")


class Listen:
    """Makes listeners whose naps the test ends."""

    def __init__(self, clock: Clock, nap: Nap) -> None:
        self.made: list[Listener] = []
        self._clock = clock
        self._nap = nap

    def __call__(self, source: EventSource) -> Listener:
        made = Listener(source.open, clock=self._clock, rng=lambda: 1.0, sleep=self._nap)
        self.made.append(made)
        return made


@pytest.fixture
def listen(clock: Clock, nap: Nap) -> Iterator[Listen]:
    listen = Listen(clock, nap)
    yield listen
    nap.may_end.release(1000)
    for listener in listen.made:
        listener.close()


def hears(listener: Listener) -> bool:
    """Whether something is heard soon; it is forgotten then."""
    heard = listener.heard.wait(HEARD_SECONDS)
    listener.heard.clear()
    return heard
