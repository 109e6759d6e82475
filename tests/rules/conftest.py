"""A simulated Plex for all tests of a module, in both of its tag modes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plex.client import PlexClient
from simulators.plex.server import PlexSimulator
from tests.rules.shelf import Shelf

TOKEN = "token-of-a-test"
NewShelf = Callable[..., Shelf]


@pytest.fixture(scope="module", params=["replace", "append"])
def plex(request: pytest.FixtureRequest) -> Iterator[PlexSimulator]:
    with PlexSimulator(token=TOKEN, tag_mode=request.param) as simulator:
        simulator.add_section("Movies", locations=["/data"])
        simulator.add_section("Shows", type="show", locations=["/shows"])
        yield simulator


@pytest.fixture(scope="module")
def client(plex: PlexSimulator) -> Iterator[PlexClient]:
    opened = PlexClient(plex.url, TOKEN, rng=lambda: 0.5)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shelf(plex: PlexSimulator, client: PlexClient) -> NewShelf:
    """Makes a shelf with a new movie, which the agent has given some values."""
    numbers = itertools.count(1)

    def make(**fields: Any) -> Shelf:
        movie = plex.add_movie(
            plex.library.sections[1], f"/data/Film {next(numbers)}.mp4", title="Agent's", **fields
        )
        return Shelf(plex, client, movie)

    return make
