"""The file index: when it is refreshed, what it keeps, and what it tells."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from plex.client import PlexClient
from plex.exceptions import PlexTemporaryError
from plex.index import (
    LIST_AGAIN_SECONDS,
    PAGE_SIZE,
    REFRESH_SECONDS,
    TRUST_COUNTER_SECONDS,
    FileIndex,
    certain_pair,
    refresh_needed,
)
from plex.items import PlexSection
from simulators.plex.items import Item, Section
from simulators.plex.seed import generate
from simulators.plex.server import PlexSimulator
from sync_queue import index_store
from sync_queue.index_store import IndexStore
from validation.file_names import file_key
from validation.metadata import SceneFile
from validation.records import IndexedFile, IndexedSection

SERVER = "server-one"
FILE = IndexedFile(1, 1, "movie", "/media/Été/Alpha.mp4", 700, 60_000, "Alpha", 2019, 100, 200)


# -- when ------------------------------------------------------------------------------------------

SECTION = PlexSection(1, "Movies", "movie", ("/media",), 41, False)
KNOWN = IndexedSection(1, 41, 5000, listed_at=1000.0, refreshed_at=1000.0)
MOVED = replace(SECTION, content_changed_at=42)
SILENT = replace(SECTION, content_changed_at=0)
MINUTE, SOON, LATE, DAY = REFRESH_SECONDS, 59.0, TRUST_COUNTER_SECONDS, LIST_AGAIN_SECONDS


@pytest.mark.parametrize(
    ("known", "section", "after", "options", "since"),
    [
        (None, SECTION, 0, {}, 0),
        (None, SECTION, 0, {"listed": {1}}, None),
        (KNOWN, MOVED, SOON, {}, None),
        (KNOWN, MOVED, MINUTE, {}, 4998),
        (KNOWN, SECTION, MINUTE, {}, None),
        (KNOWN, SECTION, LATE, {}, 4998),
        (KNOWN, SILENT, MINUTE, {}, 4998),
        (KNOWN, MOVED, DAY, {}, 0),
        (KNOWN, MOVED, DAY, {"listed": {1}}, 4998),
        (KNOWN, SECTION, DAY, {}, 4998),
        (KNOWN, SECTION, 1, {"full": True}, 0),
        (KNOWN, SECTION, 1, {"full": True, "listed": {1}}, None),
        (KNOWN, MOVED, 1, {"full": True, "listed": {1}}, 4998),
        (KNOWN, MOVED, -500, {}, 0),
        (replace(KNOWN, watermark=0), MOVED, MINUTE, {}, 1),
    ],
)
def test_a_library_is_listed_when_it_has_to_be(
    known: IndexedSection | None,
    section: PlexSection,
    after: float,
    options: dict[str, object],
    since: int | None,
) -> None:
    wanted = refresh_needed(
        {1: known} if known else {},
        1000.0 + after,
        [section],
        **options,  # type: ignore[arg-type]
    )
    assert [one.since for one in wanted] == ([] if since is None else [since])


# -- the table -------------------------------------------------------------------------------------


@pytest.fixture
def store() -> Iterator[IndexStore]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for _twice in range(2):
        for statement in index_store.CREATE:
            connection.execute(statement)
    yield IndexStore(connection)
    connection.close()


def test_a_file_is_found_by_name_and_path_in_any_form(store: IndexStore) -> None:
    store.upsert(SERVER, [FILE], 1)
    assert store.lookup(SERVER, "D:\\x\\ALPHA.MP4") == (FILE,)
    assert store.files_at(SERVER, "/media/E\u0301te\u0301/Alpha.mp4") == (FILE,)
    assert store.files_at(SERVER, "/media/été/Alpha.mp4") == ()
    assert store.updated_at(SERVER, [1, 2]) == {1: 200}
    assert store.updated_at(SERVER, []) == {}
    assert store.examples(SERVER, 5) == (FILE,)


def test_another_server_is_no_memory(store: IndexStore) -> None:
    store.upsert(SERVER, [FILE], 1)
    store.save_section(SERVER, KNOWN)
    assert store.lookup("server-two", FILE.file) == ()
    assert store.sections("server-two") == {}
    assert store.names_since("server-two", 0) == frozenset()
    assert store.sections(SERVER) == {1: KNOWN}


def test_a_file_that_an_item_lost_is_forgotten_with_the_next_page(store: IndexStore) -> None:
    second = replace(FILE, file="/media/Beta.mp4")
    store.upsert(SERVER, [FILE, second], store.new_mark(SERVER))
    store.upsert(SERVER, [replace(second, size=9)], store.new_mark(SERVER))
    assert store.lookup(SERVER, FILE.file) == ()
    assert [one.size for one in store.lookup(SERVER, second.file)] == [9]


def test_what_a_full_listing_did_not_show_is_removed_from_its_library_only(
    store: IndexStore,
) -> None:
    elsewhere = replace(FILE, rating_key=2, section_id=2)
    store.upsert(SERVER, [FILE, elsewhere], 1)
    store.upsert(SERVER, [replace(FILE, rating_key=3)], 2)
    assert store.remove_unseen(SERVER, 1, 2) == 1
    assert {one.rating_key for one in store.lookup(SERVER, FILE.file)} == {2, 3}
    store.forget(SERVER, [2])
    assert {one.rating_key for one in store.lookup(SERVER, FILE.file)} == {3}


def test_only_names_that_came_since_are_told(store: IndexStore) -> None:
    store.upsert(SERVER, [FILE], 1)
    seen = store.last_id(SERVER)
    beta = replace(FILE, rating_key=2, file="/media/BETA.mp4")
    store.upsert(SERVER, [replace(FILE, title="Renamed"), beta], 2)
    assert store.names_since(SERVER, seen) == {file_key("beta.mp4")}
    store.forget(SERVER, [2])
    store.upsert(SERVER, [replace(beta, file="/media/Gamma.mp4")], 3)
    assert store.names_since(SERVER, seen) == {"gamma.mp4"}


# -- the listing -----------------------------------------------------------------------------------


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    with PlexSimulator() as simulator:
        yield simulator


@pytest.fixture
def client(plex: PlexSimulator) -> Iterator[PlexClient]:
    client = PlexClient(plex.url, plex.token or "", sleep=lambda _seconds: None)
    yield client
    client.close()


@pytest.fixture
def index(client: PlexClient, store: IndexStore) -> FileIndex:
    @contextmanager
    def transaction() -> Iterator[None]:
        store.connection.execute("BEGIN IMMEDIATE")
        yield
        store.connection.execute("COMMIT")

    return FileIndex(client, store, transaction)


def movie(plex: PlexSimulator, section: Section, path: str) -> Item:
    return plex.add_movie(section, path)


def pages_asked(plex: PlexSimulator) -> int:
    return plex.requests.count("GET", r"/library/sections/\d+/all")


def test_a_library_is_listed_once_per_drain_and_then_followed(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    section = generate(plex.library, 2 * PAGE_SIZE + 1)
    assert index.refresh(1000.0) == 3
    assert index.refresh(1001.0) == 0
    assert index.refresh(1000.0 + MINUTE) == 0
    assert pages_asked(plex) == 3
    movie(plex, section, "/data/movies/New One.mp4")
    assert index.refresh(1000.0 + 2 * MINUTE) >= 1
    (found,) = store.lookup(client.server, "/stash/new one.mp4")
    assert found.file == "/data/movies/New One.mp4"
    before = pages_asked(plex)
    index.refresh(1200.0, full=True)
    assert pages_asked(plex) == before
    index.begin_drain()
    assert index.refresh(1201.0, full=True) == 3


def test_deleted_items_leave_with_a_full_listing(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    movie(plex, section, "/media/Alpha.mp4")
    movie(plex, section, "/media/sub/Beta.mp4")
    index.refresh(1000.0)
    plex.hide_folder("/media/sub")
    client.scan_folder(client.sections()[0], "/media/sub")
    assert len(plex.items(section)) == 1
    index.begin_drain()
    index.refresh(2000.0, full=True)
    assert store.lookup(client.server, "Beta.mp4") == ()
    assert len(store.lookup(client.server, "Alpha.mp4")) == 1


def test_a_listing_that_breaks_keeps_what_it_read_and_begins_again(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    generate(plex.library, PAGE_SIZE + 5)
    client.sections()
    plex.faults.add("status", path="/all$", nth=2, times=None, status=503)
    with pytest.raises(PlexTemporaryError):
        index.refresh(1000.0)
    assert len(store.examples(client.server, 2 * PAGE_SIZE)) == PAGE_SIZE
    assert store.sections(client.server) == {}
    plex.faults.clear()
    assert index.refresh(1001.0) == 2
    assert len(store.examples(client.server, 2 * PAGE_SIZE)) == PAGE_SIZE + 5


def test_only_chosen_libraries_are_listed(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    movie(plex, plex.add_section("Movies", locations=["/media"]), "/media/Alpha.mp4")
    movie(plex, plex.add_section("Private", locations=["/private"]), "/private/Beta.mp4")
    assert index.refresh(1000.0, ["movies"]) == 1
    assert [one.file for one in store.examples(client.server, 9)] == ["/media/Alpha.mp4"]


# -- pairs to learn rules from ---------------------------------------------------------------------

SAME = replace(FILE, size=700, duration=60_400)


@pytest.mark.parametrize(
    ("rows", "pair"),
    [
        ([SAME], ("/data/Alpha.mp4", SAME.file)),
        ([SAME, replace(SAME, rating_key=2)], ("/data/Alpha.mp4", SAME.file)),
        ([SAME, replace(SAME, file="/copy/Alpha.mp4")], None),
        ([SAME, replace(SAME, file="/copy/Alpha.mp4", size=9)], ("/data/Alpha.mp4", SAME.file)),
        ([replace(SAME, size=701)], None),
        ([replace(SAME, duration=62_000)], None),
        ([replace(SAME, duration=0)], None),
        ([], None),
    ],
)
def test_a_pair_is_certain_only_when_it_is_the_only_one(
    rows: list[IndexedFile], pair: tuple[str, str] | None
) -> None:
    assert certain_pair(SceneFile("/data/Alpha.mp4", 700, 60.0), rows) == pair
    assert certain_pair(SceneFile("/data/Alpha.mp4", 0, 60.0), rows) is None
