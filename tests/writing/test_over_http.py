"""Plans carried out over real HTTP on the Plex simulator, in both of its tag modes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from plex.client import PlexClient
from plex.edit_plan import EditPlan, TagEdit, confirm, plan, remember
from plex.fields import value_in_plex
from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from tests.writing.builders import scene
from validation.config import PlexSyncConfig
from validation.records import LedgerEntry

FIRST: dict[str, Any] = {
    "title": "The “Film”, Pt. II & more",
    "details": "One.\n\nTwo – with an emoji 🎬 and 100 % of a + sign.",
    "date": "2023-05-01",
    "studio": "Rock & Roll, Inc.",
    "performers": ("Zoë", "Bob, Jr.", "Ann & Co"),
    "tags": ("Sci/Fi", "a,b", "ROCK"),
    "groups": ("Box",),
    "director": "Dee, Jr.",
    "code": "C-1",
    "rating100": 99,
}
TOKEN = "token-of-a-test"
ALL_ON = PlexSyncConfig(sync_groups=True, sync_code=True)


@pytest.fixture(params=["replace", "append"])
def plex(request: pytest.FixtureRequest) -> Iterator[PlexSimulator]:
    with PlexSimulator(token=TOKEN, tag_mode=request.param) as simulator:
        simulator.add_section("Movies", locations=["/data"])
        yield simulator


@pytest.fixture
def movie(plex: PlexSimulator) -> Item:
    return plex.add_movie(
        plex.library.sections[1],
        "/data/The Film.mp4",
        title="The Film",
        summary="Agent's",
        tags={"genre": ["Agent's, too", "rock", "Third", "Fourth"], "actor": ["Bob, Jr."]},
    )


@pytest.fixture
def client(plex: PlexSimulator) -> Iterator[PlexClient]:
    opened = PlexClient(plex.url, TOKEN, rng=lambda: 0.5)
    yield opened
    opened.close()


def sync(
    client: PlexClient,
    movie: Item,
    entry: LedgerEntry | None,
    config: PlexSyncConfig = ALL_ON,
    **values: Any,
) -> tuple[EditPlan, LedgerEntry]:
    before, what = client.read(movie.rating_key), scene(**values)
    edits = client.write(plan(what, before, entry, config))
    entry = remember(entry, edits, item=before, scene_id=7, server=client.server)
    entry, differences = confirm(entry, client.read(movie.rating_key))
    assert differences == ()
    return edits, entry


def test_plex_shows_everything_and_a_second_sync_writes_nothing(
    client: PlexClient, movie: Item
) -> None:
    edits, entry = sync(client, movie, None, **FIRST)
    shown = client.read(movie.rating_key)
    assert {name: value_in_plex(shown, name) for name in edits.values} == edits.values
    assert set(shown.tags["actor"]) == set(FIRST["performers"])
    assert {tag.casefold() for tag in shown.tags["genre"]} == {"sci/fi", "a,b", "rock"}
    assert set(shown.tags["collection"]) == {"Rock & Roll, Inc.", "Box"}
    assert shown.tags["director"] == ("Dee, Jr.",)
    assert shown.locked >= {*edits.values, *edits.tags}
    again, _entry = sync(client, movie, entry, **FIRST)
    assert not again


def test_a_tag_dropped_in_stash_goes_and_the_users_own_stays(
    client: PlexClient, movie: Item
) -> None:
    _, entry = sync(client, movie, None, **FIRST)
    genres = (*client.read(movie.rating_key).tags["genre"], "Mine, too")
    mine = {"genre": TagEdit(genres, ())}
    client.write(EditPlan(movie.rating_key, 1, "movie", tags=mine, locks={"genre": True}))
    less = {
        **FIRST,
        "tags": ("a,b",),
        "performers": ("Ann & Co",),
        "studio": "Other",
        "details": "",
    }
    edits, entry = sync(client, movie, entry, **less)
    shown = client.read(movie.rating_key)
    assert set(shown.tags["genre"]) == {"a,b", "Mine, too"}
    assert shown.tags["actor"] == ("Ann & Co",)
    assert set(shown.tags["collection"]) == {"Other", "Box"}
    assert "summary" not in shown.values
    assert edits.removals > 0
    again, _entry = sync(client, movie, entry, **less)
    assert not again


def test_one_request_carries_a_whole_first_sync(
    client: PlexClient, movie: Item, plex: PlexSimulator
) -> None:
    sync(client, movie, None, **FIRST)
    assert [request.method for request in plex.requests].count("PUT") == 1


def test_a_cast_too_long_for_one_request_arrives_whole(client: PlexClient, movie: Item) -> None:
    old = tuple(f"Old performer number {number:03}" for number in range(200))
    new = tuple(f"New performer number {number:03}" for number in range(250))
    _, entry = sync(client, movie, None, performers=old)
    sync(client, movie, entry, performers=(*new, old[0]))
    assert set(client.read(movie.rating_key).tags["actor"]) == {*new, old[0]}


def test_a_long_summary_among_other_fields_arrives_whole(client: PlexClient, movie: Item) -> None:
    details = "wörd " * 1900
    _, entry = sync(client, movie, None, **{**FIRST, "details": details})
    shown = client.read(movie.rating_key)
    assert shown.values["summary"] == details.strip()
    assert shown.values["title"] == FIRST["title"]
    again, _entry = sync(client, movie, entry, **{**FIRST, "details": details})
    assert not again
