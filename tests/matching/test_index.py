"""The file index: when it is refreshed, and what it keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import count

import pytest

from plex.client import PlexClient
from plex.exceptions import PlexTemporaryError
from plex.index import (
    LIST_AGAIN_SECONDS,
    PAGE_SIZE,
    TRUST_COUNTER_SECONDS,
    Ask,
    FileIndex,
    refresh_needed,
)
from plex.items import PlexSection
from simulators.plex.seed import generate
from simulators.plex.server import PlexSimulator
from sync_queue import index_store
from sync_queue.index_store import IndexStore
from validation.records import IndexedFile, IndexedSection

SERVER = "server-one"
FILE = IndexedFile(1, 1, "movie", "/media/Été/Alpha.mp4", 700, 60_000, "Alpha", 2019, 100, 11)


# -- when ------------------------------------------------------------------------------------------

SECTION = PlexSection(1, "Movies", "movie", ("/media",), 41)
KNOWN = IndexedSection(1, 41, 5000, 0, listed_at=1000.0, refreshed_at=1000.0)
MOVED = replace(SECTION, content_changed_at=42)
SILENT = replace(SECTION, content_changed_at=0)
MINUTE, LATE, DAY = 60.0, TRUST_COUNTER_SECONDS, LIST_AGAIN_SECONDS


@pytest.mark.parametrize(
    ("known", "section", "after", "ask", "since"),
    [
        (None, SECTION, 0, Ask.COUNTERS, 0),
        (KNOWN, MOVED, 1, Ask.COUNTERS, 4998),
        (KNOWN, SECTION, MINUTE, Ask.COUNTERS, None),
        (KNOWN, SECTION, LATE, Ask.COUNTERS, 4998),
        (KNOWN, SECTION, -500, Ask.COUNTERS, 4998),
        (KNOWN, SILENT, MINUTE, Ask.COUNTERS, 4998),
        (KNOWN, SECTION, 1, Ask.CHANGES, 4998),
        (KNOWN, MOVED, DAY, Ask.COUNTERS, 0),
        (KNOWN, MOVED, DAY, Ask.CHANGES, 0),
        (KNOWN, SECTION, DAY, Ask.COUNTERS, 4998),
        (KNOWN, MOVED, -500, Ask.COUNTERS, 0),
        (KNOWN, SECTION, 1, Ask.EVERYTHING, 0),
        (replace(KNOWN, watermark=0), MOVED, MINUTE, Ask.COUNTERS, 1),
    ],
)
def test_a_library_is_listed_when_it_has_to_be(
    known: IndexedSection | None, section: PlexSection, after: float, ask: Ask, since: int | None
) -> None:
    wanted = refresh_needed({1: known} if known else {}, 1000.0 + after, [section], ask)
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


def all_files(store: IndexStore, server: str) -> list[str]:
    """The paths that the index knows."""
    return sorted(path for path, _size in store.since(server, 0))


def test_a_file_is_found_by_each_of_its_marks(store: IndexStore) -> None:
    store.upsert(SERVER, [FILE], 1)
    assert store.at(SERVER, "/media/E\u0301TE\u0301/alpha.mp4", 9) == (FILE,)
    assert store.in_folder(SERVER, "D:\\x\\été\\ALPHA.MP4", 9) == (FILE,)
    assert store.named(SERVER, "D:\\x\\ALPHA.MP4", 9) == (FILE,)
    assert store.named(SERVER, FILE.file, 9, size=700) == (FILE,)
    assert store.sized(SERVER, 700, 9) == (FILE,)
    assert store.titled(SERVER, "alpha!", 9) == (FILE,)
    assert store.at(SERVER, "/other/Été/Alpha.mp4", 9) == ()
    assert store.in_folder(SERVER, "/media/Alpha.mp4", 9) == ()
    assert store.named(SERVER, FILE.file, 9, size=701) == ()
    assert store.titled(SERVER, "…", 9) == ()


def test_a_look_up_shows_no_more_than_was_asked_for(store: IndexStore) -> None:
    rows = [replace(FILE, rating_key=n, file=f"/media/{n}/video.mp4") for n in range(1, 9)]
    store.upsert(SERVER, rows, 1)
    assert len(store.named(SERVER, "video.mp4", 3)) == 3
    assert len(store.sized(SERVER, 700, 5)) == 5


def test_another_server_is_no_memory(store: IndexStore) -> None:
    store.upsert(SERVER, [FILE], 1)
    store.save_section(SERVER, KNOWN)
    assert store.at("server-two", FILE.file, 9) == ()
    assert store.sections("server-two") == {}
    assert all_files(store, "server-two") == []
    assert store.sections(SERVER) == {1: KNOWN}


def test_a_file_that_an_item_lost_is_forgotten_with_the_next_page(store: IndexStore) -> None:
    second = replace(FILE, file="/media/Beta.mp4")
    store.upsert(SERVER, [FILE, second], store.new_mark(SERVER))
    store.upsert(SERVER, [replace(second, size=9)], store.new_mark(SERVER))
    assert all_files(store, SERVER) == [second.file]
    assert [one.size for one in store.at(SERVER, second.file, 9)] == [9]


def test_the_rows_that_a_whole_listing_did_not_show_leave_their_library_only(
    store: IndexStore,
) -> None:
    elsewhere = replace(FILE, rating_key=2, section_id=2)
    store.upsert(SERVER, [FILE, elsewhere], 1)
    store.upsert(SERVER, [replace(FILE, rating_key=3)], 2)
    store.remove_unseen(SERVER, 1, 2)
    assert {one.rating_key for one in store.at(SERVER, FILE.file, 9)} == {2, 3}
    assert (store.items(SERVER, 1), store.items(SERVER, 2)) == (1, 1)


def test_the_rows_of_libraries_that_are_not_chosen_any_more_go(store: IndexStore) -> None:
    store.upsert(SERVER, [FILE, replace(FILE, rating_key=2, section_id=2)], 1)
    for section_id in (1, 2):
        store.save_section(SERVER, replace(KNOWN, section_id=section_id))
    store.keep_sections(SERVER, [2])
    assert {one.rating_key for one in store.at(SERVER, FILE.file, 9)} == {2}
    assert store.sections(SERVER).keys() == {2}


def test_a_page_that_tells_nothing_new_is_recognised(store: IndexStore) -> None:
    second = replace(FILE, file="/media/Beta.mp4")
    store.upsert(SERVER, [FILE, second], 1)
    assert store.holds(SERVER, [second, FILE])
    assert not store.holds(SERVER, [FILE])
    assert not store.holds(SERVER, [FILE, replace(second, size=9)])


def test_only_files_that_came_since_are_new(store: IndexStore) -> None:
    store.upsert(SERVER, [FILE], 1)
    seen = store.last_id(SERVER)
    beta = replace(FILE, rating_key=2, file="/media/BETA.mp4")
    store.upsert(SERVER, [replace(FILE, title="Renamed"), beta], 2)
    assert list(store.since(SERVER, seen)) == [(beta.file, 700)]
    store.upsert(SERVER, [replace(beta, file="/media/Gamma.mp4")], 3)
    assert list(store.since(SERVER, seen)) == [("/media/Gamma.mp4", 700)]


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


def pages_asked(plex: PlexSimulator) -> int:
    """The pages of listings that were asked for since this was asked last."""
    asked = plex.requests.count("GET", r"/library/sections/\d+/all")
    plex.requests.clear()
    return asked


def test_a_library_is_listed_once_and_then_followed(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    section = generate(plex.library, 2 * PAGE_SIZE + 1)
    for number, item in enumerate(plex.items(section)):
        item.added_at = item.updated_at = 100 + number
    index.refresh(1000.0, (), Ask.COUNTERS)
    assert pages_asked(plex) == 3
    index.refresh(1000.0 + MINUTE, (), Ask.COUNTERS)
    assert len(plex.requests) == 1  # the counters
    assert pages_asked(plex) == 0
    plex.add_movie(section, "/data/movies/New One.mp4")
    index.refresh(1000.0 + 2 * MINUTE, (), Ask.COUNTERS)
    assert pages_asked(plex) == 2  # the changes, and how many items there are
    (found,) = store.named(client.server, "/stash/new one.mp4", 9)
    assert found.file == "/data/movies/New One.mp4"
    index.refresh(1200.0, (), Ask.EVERYTHING)
    assert pages_asked(plex) == 3


def test_the_changes_are_listed_although_no_counter_moved(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    plex.add_movie(section, "/media/Alpha.mp4")
    index.refresh(1000.0, (), Ask.COUNTERS)
    counter = section.content_changed_at
    plex.add_movie(section, "/media/Beta.mp4")
    section.content_changed_at = counter
    index.refresh(1001.0, (), Ask.CHANGES)
    assert all_files(store, client.server) == ["/media/Alpha.mp4", "/media/Beta.mp4"]


@pytest.mark.parametrize("ask", list(Ask))
def test_deleted_items_leave_with_the_next_look(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex, ask: Ask
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    plex.add_movie(section, "/media/Alpha.mp4")
    plex.add_movie(section, "/media/sub/Beta.mp4")
    index.refresh(1000.0, (), Ask.COUNTERS)
    plex.library.remove(plex.items(section)[1])
    index.refresh(2000.0, (), ask)
    assert all_files(store, client.server) == ["/media/Alpha.mp4"]


def test_an_item_that_took_the_place_of_another_is_found(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    plex.add_movie(section, "/media/Alpha.mp4")
    index.refresh(1000.0, (), Ask.COUNTERS)
    plex.library.remove(plex.items(section)[0])
    plex.add_movie(section, "/media/Beta.mp4")
    index.refresh(2000.0, (), Ask.CHANGES)
    assert all_files(store, client.server) == ["/media/Beta.mp4"]


def test_a_listing_that_breaks_keeps_its_pages_and_begins_again(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    generate(plex.library, PAGE_SIZE + 5)
    client.sections()
    plex.faults.add("status", path="/all$", nth=2, times=None, status=503)
    with pytest.raises(PlexTemporaryError):
        index.refresh(1000.0, (), Ask.COUNTERS)
    assert len(all_files(store, client.server)) == PAGE_SIZE
    assert store.sections(client.server) == {}
    plex.faults.clear()
    plex.requests.clear()
    index.refresh(1001.0, (), Ask.COUNTERS)
    assert pages_asked(plex) == 2
    assert len(all_files(store, client.server)) == PAGE_SIZE + 5


def test_a_listing_of_slow_pages_comes_to_an_end(
    plex: PlexSimulator, client: PlexClient, store: IndexStore
) -> None:
    generate(plex.library, 8 * PAGE_SIZE)
    client.sections()
    minutes = count(0.0, 4 * MINUTE)  # a page takes four minutes
    index = FileIndex(client, store, nullcontext, lambda: next(minutes))
    plex.requests.clear()
    with pytest.raises(PlexTemporaryError, match="too long to list"):
        index.refresh(1000.0, (), Ask.EVERYTHING)
    assert pages_asked(plex) == 4


def test_only_chosen_libraries_are_listed(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    plex.add_movie(plex.add_section("Movies", locations=["/media"]), "/media/Alpha.mp4")
    plex.add_movie(plex.add_section("Private", locations=["/private"]), "/private/Beta.mp4")
    (chosen,) = index.refresh(1000.0, ["movies"], Ask.COUNTERS)
    assert chosen.title == "Movies"
    assert all_files(store, client.server) == ["/media/Alpha.mp4"]
    index.refresh(2000.0, ["private"], Ask.COUNTERS)
    assert all_files(store, client.server) == ["/private/Beta.mp4"]


def test_a_listing_is_recent_since_its_own_time(plex: PlexSimulator, index: FileIndex) -> None:
    plex.add_section("Movies", locations=["/media"])
    index.refresh(1000.0, (), Ask.COUNTERS)
    assert index.listed_since(1000.0, ())
    assert not index.listed_since(1000.5, ())
    assert not index.listed_since(float("inf"), ())
    index.refresh(2000.0, (), Ask.CHANGES)
    assert not index.listed_since(1000.5, ()), "the changes are no whole listing"


def test_a_time_in_the_future_hides_no_later_change(
    plex: PlexSimulator, client: PlexClient, store: IndexStore, index: FileIndex
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    plex.add_movie(section, "/media/Alpha.mp4").added_at = 9_000_000_000
    index.refresh(1_900_000_000.0, (), Ask.COUNTERS)
    assert store.sections(client.server)[section.key].watermark < 1_900_000_000


def test_a_look_that_finds_nothing_writes_nothing(
    plex: PlexSimulator, store: IndexStore, index: FileIndex
) -> None:
    item = plex.add_movie(plex.add_section("Movies", locations=["/media"]), "/media/Alpha.mp4")
    item.added_at = item.updated_at = 900
    index.refresh(1000.0, (), Ask.COUNTERS)
    changes = store.connection.total_changes
    for after in (MINUTE, LATE, DAY):
        index.refresh(1000.0 + after, (), Ask.COUNTERS)
    assert store.connection.total_changes == changes
