"""The listener's thread, and the subscription that the sync thread holds."""

from __future__ import annotations

import logging
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from plex.event_stream import EventSource, EventStream
from plex.events import MAX_FRAME
from simulators.plex.faults import Kind
from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from tests.plex.raw_server import RawServer
from worker.listener import (
    NEWS_SECONDS,
    RECONNECT,
    REFUSED_SECONDS,
    STEADY_SECONDS,
    STUCK_SECONDS,
    Listener,
    Subscription,
)

Eventually = Callable[..., object]
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


# -- hearing -------------------------------------------------------------------------------------


def test_a_listener_hears_its_connection_and_then_what_appears(
    plex: PlexSimulator, movies: Section, source: EventSource, listen: Listen
) -> None:
    listener = listen(source)
    assert hears(listener)
    began = time.monotonic()
    plex.add_movie(movies, "/m/a.mp4")
    assert hears(listener)
    assert time.monotonic() - began < 2.0, "a loose guard: it takes milliseconds"
    assert listener.connected


@pytest.mark.parametrize("frame", [b"event: ping\ndata: {}\n\n", b"data: {\n\n", b": x\n\n"])
def test_pings_and_garbage_are_not_news(
    plex: PlexSimulator,
    source: EventSource,
    listen: Listen,
    nap: Nap,
    frame: bytes,
) -> None:
    listener = listen(source)
    assert hears(listener)
    plex.library.events.send(frame)
    plex.library.events.drop()
    nap.wait()
    assert not listener.heard.is_set()


def test_states_on_the_way_are_not_news(
    plex: PlexSimulator,
    movies: Section,
    source: EventSource,
    listen: Listen,
    nap: Nap,
) -> None:
    movie = plex.add_movie(movies, "/m/a.mp4")
    listener = listen(source)
    assert hears(listener)
    plex.library.events.item(movie, 3)
    plex.library.events.drop()
    nap.wait()
    assert not listener.heard.is_set()


def test_a_huge_frame_takes_no_memory_and_the_next_event_is_heard(
    plex: PlexSimulator, movies: Section, source: EventSource, listen: Listen
) -> None:
    listener = listen(source)
    assert hears(listener)
    huge = b"data: " + b"x" * 8_000_000 + b"\n\n"
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        plex.library.events.send(huge)
        plex.add_movie(movies, "/m/a.mp4")
        assert hears(listener)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < len(huge) + 20 * MAX_FRAME, "the simulator's own copy, and a frame"


# -- reconnecting --------------------------------------------------------------------------------


def test_a_dropped_connection_is_made_again_and_that_is_news(
    plex: PlexSimulator, movies: Section, source: EventSource, listen: Listen, nap: Nap
) -> None:
    listener = listen(source)
    for _ in range(3):
        assert hears(listener)
        plex.library.events.drop()
        nap.wait()
        assert not listener.heard.is_set()
        nap.end()
    assert hears(listener)
    plex.add_movie(movies, "/m/a.mp4")
    assert hears(listener)
    assert (plex.library.events.most, plex.library.events.opened) == (1, 4)


def test_pauses_grow_up_to_their_bound_while_plex_is_away(
    plex: PlexSimulator, source: EventSource, listen: Listen, nap: Nap
) -> None:
    plex.stop()
    listener = listen(source)
    for _ in range(9):
        nap.wait()
        nap.end()
    assert nap.seconds[:9] == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0, 120.0]
    assert RECONNECT.cap == 120.0
    assert not listener.connected
    assert not listener.heard.is_set()


def test_a_connection_that_lasted_starts_the_pauses_over(
    plex: PlexSimulator, source: EventSource, listen: Listen, nap: Nap, clock: Clock
) -> None:
    listener = listen(source)
    for _ in range(3):
        assert hears(listener)
        plex.library.events.drop()
        nap.wait()
        nap.end()
    assert hears(listener)
    clock.now += STEADY_SECONDS
    plex.library.events.drop()
    nap.wait()
    assert nap.seconds == [2.0, 4.0, 8.0, 2.0]


def test_a_server_that_says_when_to_come_back_is_not_asked_before(
    plex: PlexSimulator, source: EventSource, listen: Listen, nap: Nap, clock: Clock
) -> None:
    plex.faults.add(Kind.STATUS, status=503, retry_after=900)
    listener = listen(source)
    nap.wait()
    assert nap.seconds == [900.0]
    assert listener.silent_seconds() == -900.0, "a pause is no hanging"
    nap.end()
    assert hears(listener)


# -- ending --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Kind.STATUS, Kind.REDIRECT])
def test_a_server_that_will_not_agree_is_asked_once(
    plex: PlexSimulator, source: EventSource, listen: Listen, fault: Kind, eventually: Eventually
) -> None:
    plex.faults.add(fault, status=404, location="http://127.0.0.1:1/", times=None)
    listener = listen(source)
    eventually(lambda: not listener.is_alive)
    assert listener.refusal
    assert len(plex.requests) == 1


def test_a_bug_ends_the_listener_alone(eventually: Eventually) -> None:
    """``filterwarnings = error`` would make an exception that escapes a thread a failure."""

    def broken() -> EventStream:
        raise ZeroDivisionError("secret")

    listener = Listener(broken)
    eventually(lambda: not listener.is_alive)
    assert listener.refusal == "Listening failed (ZeroDivisionError)."


@pytest.mark.parametrize("talks", [True, False])
def test_a_listener_closes_within_a_second(
    plex: PlexSimulator, source: EventSource, talks: bool, eventually: Eventually
) -> None:
    with RawServer() as silent:
        listener = Listener(
            (source if talks else EventSource(f"http://{silent.address}", "t")).open
        )
        eventually(lambda: listener.connected if talks else silent.asked.is_set())
        began = time.monotonic()
        listener.close()
        assert not listener.is_alive
        assert time.monotonic() - began < 2.0
    eventually(lambda: plex.library.events.open == 0)


def test_a_listener_that_pauses_closes_within_a_second(
    plex: PlexSimulator, source: EventSource, eventually: Eventually
) -> None:
    plex.faults.add(Kind.STATUS, status=503, retry_after=3600)
    listener = Listener(source.open)
    eventually(lambda: len(plex.requests) == 1)
    listener.close()
    assert not listener.is_alive


# -- the subscription ----------------------------------------------------------------------------


@pytest.fixture
def subscription(clock: Clock, listen: Listen) -> Subscription:
    return Subscription(clock=clock, listen=listen)


def test_nobody_is_listened_to_before_that_is_wanted(
    plex: PlexSimulator, subscription: Subscription, listen: Listen
) -> None:
    subscription.keep(None)
    assert not subscription.take_news()
    subscription.close()
    assert listen.made == []
    assert len(plex.requests) == 0


def test_one_listener_is_kept_while_it_is_wanted(
    plex: PlexSimulator, source: EventSource, subscription: Subscription, listen: Listen
) -> None:
    for _ in range(3):
        subscription.keep(source)
        assert listen.made[0].heard.wait(HEARD_SECONDS)
    assert len(listen.made) == 1
    subscription.keep(None)
    assert not listen.made[0].is_alive
    subscription.keep(source)
    assert listen.made[1].heard.wait(HEARD_SECONDS)
    subscription.close()
    assert not listen.made[1].is_alive
    assert (plex.library.events.most, plex.library.events.opened) == (1, 2)


def test_news_are_taken_once_and_not_more_often_than_each_second(
    plex: PlexSimulator,
    movies: Section,
    source: EventSource,
    subscription: Subscription,
    listen: Listen,
    clock: Clock,
) -> None:
    subscription.keep(source)
    heard = listen.made[0].heard
    assert heard.wait(HEARD_SECONDS)
    assert [subscription.take_news(), subscription.take_news()] == [True, False]
    plex.add_movie(movies, "/m/a.mp4")
    assert heard.wait(HEARD_SECONDS)
    assert not subscription.take_news()
    clock.now += NEWS_SECONDS
    assert subscription.take_news()


def test_another_address_is_listened_to_instead(
    source: EventSource, subscription: Subscription, listen: Listen
) -> None:
    subscription.keep(source)
    assert listen.made[0].heard.wait(HEARD_SECONDS)
    with PlexSimulator() as other:
        subscription.keep(EventSource(other.url, other.token or ""))
        assert not listen.made[0].is_alive
        assert listen.made[1].heard.wait(HEARD_SECONDS)
        subscription.close()


def infos(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]


def test_a_plex_that_refuses_is_asked_again_after_an_hour_and_mentioned_once(
    plex: PlexSimulator,
    source: EventSource,
    subscription: Subscription,
    listen: Listen,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    eventually: Eventually,
) -> None:
    caplog.set_level(logging.DEBUG)
    plex.library.events.offered = False
    for asked in (1, 2):
        subscription.keep(source)
        eventually(lambda: not listen.made[-1].is_alive)
        for wanted in (source, None, source):
            subscription.keep(wanted)
        clock.now += REFUSED_SECONDS - 1
        subscription.keep(source)
        assert len(plex.requests) == asked
        clock.now += 1
    (line,) = infos(caplog)
    assert "404" in line

    plex.library.events.offered = True
    subscription.keep(source)
    assert listen.made[-1].heard.wait(HEARD_SECONDS)
    subscription.close()


def test_the_log_mentions_the_first_connection_alone(
    plex: PlexSimulator,
    source: EventSource,
    subscription: Subscription,
    listen: Listen,
    nap: Nap,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for _ in range(2):
        subscription.keep(source)
        assert hears(listen.made[-1])
        subscription.keep(source)
        plex.library.events.drop()
        nap.wait()
        nap.end()
        assert hears(listen.made[-1])
        subscription.keep(source)
        subscription.keep(None)
    plex.stop()
    subscription.keep(source)
    nap.wait()
    subscription.keep(source)
    nap.end()
    subscription.close()
    assert infos(caplog) == ["Listening to Plex's events."]
    assert (plex.token or "") not in caplog.text


def test_a_listener_that_hangs_is_replaced(
    source: EventSource,
    subscription: Subscription,
    listen: Listen,
    clock: Clock,
    eventually: Eventually,
) -> None:
    """As one does whose server sends a header's bytes one by one for ever."""
    with RawServer() as silent:
        hanging = EventSource(f"http://{silent.address}", "t")
        subscription.keep(hanging)
        eventually(silent.asked.is_set)
        clock.now += STUCK_SECONDS
        subscription.keep(hanging)
        assert len(listen.made) == 1
        clock.now += 1
        subscription.keep(hanging)
        assert len(listen.made) == 2
        eventually(lambda: not listen.made[0].is_alive)
        subscription.close()
