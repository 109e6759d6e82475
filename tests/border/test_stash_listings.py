"""A listing of Stash as a whole has an end, whatever its pages say and however slow they come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count, islice

import pytest

from simulators.http_server import HttpServer, KeepAliveHandler
from simulators.stash.server import StashSimulator
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable

MINUTE = 60.0
Page = tuple[int, list[int]]  # the count, and the ids


class ListingStash(KeepAliveHandler):
    """Answers each question for a page with what ``plan`` makes of the last id that is known."""

    plan: Callable[[int, int], Page]
    asked = 0

    def do_POST(self) -> None:
        question = json.loads(self.body())
        data: dict[str, object] = {"version": {"version": "v0.31.0", "hash": "", "build_time": ""}}
        if "getApiKey" in question["query"]:
            data = {"configuration": {"general": {"apiKey": ""}}}
        elif "findScenes" in question["query"]:
            ListingStash.asked += 1
            scenes = question["variables"]["scenes"] or {}
            after = scenes.get("id", {}).get("value", 0)
            total, ids = ListingStash.plan(after, question["variables"]["filter"]["per_page"])
            rows = [{"id": str(one), "updated_at": "2026-01-01T00:00:00Z"} for one in ids]
            data = {"findScenes": {"count": total, "scenes": rows}}
        body = json.dumps({"data": data}).encode()
        self.answer(200, {"Content-Type": "application/json"}, body)


@pytest.fixture
def listing() -> Iterator[Callable[[Callable[[int, int], Page]], StashClient]]:
    server = HttpServer(ListingStash).start()

    def make(plan: Callable[[int, int], Page]) -> StashClient:
        ListingStash.plan, ListingStash.asked = staticmethod(plan), 0
        return StashClient(StashConnection.from_url(server.url))

    yield make
    server.stop()


def up(after: int, size: int) -> list[int]:
    return list(range(after + 1, after + 1 + size))


# What a broken or hostile Stash makes of "the next scenes after this id".
ENDLESS: dict[str, Callable[[int, int], Page]] = {
    "more with each page": lambda after, size: (after + 2 * size, up(after, size)),
    "always as many left": lambda after, size: (2 * size, up(after, size)),
    "the first page again": lambda _after, size: (10 * size, up(0, size)),
    "one id again and again": lambda _after, size: (10 * size, [7] * size),
    "backwards": lambda after, size: (10 * size, [max(1, after - n) for n in range(size)]),
    "one new id a page": lambda after, size: (1_000, [after + 1]),
    "a page of nothing": lambda _after, _size: (10_000, []),
    "half a page again": lambda _after, size: (10 * size, up(0, size // 2)),
    "more than can be": lambda after, size: (10**17, up(after, size)),
}
LISTINGS: dict[str, Callable[[StashClient], object]] = {
    "all scenes": lambda stash: list(stash.pages(10)),
    "scenes of a studio": lambda stash: list(islice(stash.scenes_of("studios", 1), 10**6)),
}


@pytest.mark.parametrize("ask", LISTINGS)
@pytest.mark.parametrize("plan", ENDLESS)
def test_a_listing_that_never_ends_is_an_error_or_its_end(
    listing: Callable[[Callable[[int, int], Page]], StashClient], plan: str, ask: str
) -> None:
    stash = listing(ENDLESS[plan])
    with suppress(StashUnavailable):
        LISTINGS[ask](stash)
    assert 1 <= ListingStash.asked <= 220


def slow(simulator: StashSimulator, moments: Iterator[float]) -> StashClient:
    connection = StashConnection.from_stdin(simulator.server_connection())
    return StashClient(connection, monotonic=lambda: next(moments))


def test_a_listing_of_slow_pages_comes_to_an_end() -> None:
    with StashSimulator() as simulator:
        for number in range(40):
            simulator.library.add_scene(f"Scene {number}")
        stash = slow(simulator, count(0.0, 4 * MINUTE))  # a page takes four minutes
        with pytest.raises(StashUnavailable, match="too long to list"):
            list(stash.pages(5))
        queries = [one for one in simulator.requests if "findScenes" in str(one)]
        assert 3 <= len(queries) <= 5


def test_the_time_of_whoever_reads_the_pages_is_not_stash_s() -> None:
    """A sweep takes one page, then other work, for hours."""
    with StashSimulator() as simulator:
        for number in range(40):
            simulator.library.add_scene(f"Scene {number}")
        now = [0.0]

        def moments() -> Iterator[float]:
            while True:
                yield now[0]

        stash = slow(simulator, moments())
        read = 0
        for page in stash.pages(5):
            now[0] += 60 * MINUTE
            read += len(page.scenes)
        assert read == 40
