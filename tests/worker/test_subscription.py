"""The subscription that the sync thread holds: one listener at most, and what outlives it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from plex.event_stream import EventSource
from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from tests.plex.raw_server import RawServer
from tests.worker.conftest import HEARD_SECONDS, Clock, Listen, Nap, hears
from worker.listener import NEWS_SECONDS, REFUSED_SECONDS, STUCK_SECONDS, Subscription

Eventually = Callable[..., object]


@pytest.fixture
def subscription(clock: Clock, listen: Listen) -> Subscription:
    return Subscription(clock=clock, listen=listen)


def test_no_stream_is_opened_before_it_is_wanted(
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
