"""A Plex simulator with one library, and clients that never really sleep."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from plex.client import PlexClient
from plex.edit_plan import EditPlan
from plex.items import PlexSection
from simulators.plex.server import PlexSimulator

TOKEN = "canary-token-for-tests"

MakeClient = Callable[..., PlexClient]


def edits(rating_key: int, *, section_id: int = 1, lock: bool = False, **values: str) -> EditPlan:
    """A plan that writes these values to one movie."""
    locks = dict.fromkeys(values, True) if lock else {}
    return EditPlan(rating_key, section_id, "movie", values=values, locks=locks)


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    with PlexSimulator(token=TOKEN) as simulator:
        simulator.add_section("Movies", locations=["/data/movies"])
        yield simulator


@pytest.fixture
def naps() -> list[float]:
    """The seconds that clients wanted to sleep."""
    return []


@pytest.fixture
def make_client(plex: PlexSimulator, naps: list[float]) -> Iterator[MakeClient]:
    """Make clients of the simulator; they are closed at the end."""
    made: list[PlexClient] = []

    def make(url: str = "", token: str = TOKEN, **options: object) -> PlexClient:
        settings: dict[str, object] = {"rng": lambda: 0.5, "sleep": naps.append, **options}
        client = PlexClient(url or plex.url, token, **settings)  # type: ignore[arg-type]
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: MakeClient) -> PlexClient:
    return make_client()


@pytest.fixture
def movies(client: PlexClient) -> PlexSection:
    return client.sections()[0]
