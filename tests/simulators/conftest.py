"""A Plex simulator with one library, and a plain HTTP client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    with PlexSimulator() as simulator:
        yield simulator


@pytest.fixture
def movies(plex: PlexSimulator) -> Section:
    return plex.add_section("Movies", locations=["/data/movies"])


@pytest.fixture
def http(plex: PlexSimulator) -> Iterator[PlexHttp]:
    with PlexHttp(plex.url, plex.token or "") as client:
        yield client
