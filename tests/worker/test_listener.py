"""The listener's thread: it hears, reconnects and ends."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from plex.event_stream import EventSource, EventStream
from plex.events import MAX_FRAME, LibraryEvent
from simulators.faults import Kind
from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from tests.plex.raw_server import RawServer
from tests.worker.conftest import Clock, Listen, Nap, hears
from worker.listener import BREATH_SECONDS, RECONNECT, STEADY_SECONDS, Listener

Eventually = Callable[..., object]


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


class Flood:
    """A stream of twenty pieces that come at once."""

    def __iter__(self) -> Iterator[tuple[LibraryEvent, ...]]:
        return iter([()] * 20)

    def close(self) -> None:
        """It ends by itself."""


def test_a_flood_leaves_the_processor_to_others(nap: Nap) -> None:
    began = time.monotonic()
    listener = Listener(Flood, sleep=nap)
    nap.wait()
    assert time.monotonic() - began >= 20 * BREATH_SECONDS * 0.9
    nap.end()
    listener.close()


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
