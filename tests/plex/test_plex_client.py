"""PlexClient's reads and writes against the Plex simulator, with their requests counted."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest

from plex.client import PlexClient
from plex.edit_plan import EditPlan, TagEdit
from plex.exceptions import PlexNotFound, PlexPermanentError, PlexTemporaryError
from plex.items import PlexSection
from plex.requests import cut_to_fit
from simulators.faults import Kind
from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from tests.plex.conftest import TOKEN, MakeClient, edits


@pytest.fixture
def library(plex: PlexSimulator) -> Section:
    return plex.library.sections[1]


@pytest.fixture
def movie(plex: PlexSimulator, library: Section) -> Item:
    return plex.add_movie(
        library,
        "/data/movies/Café, Noir (2021).mp4",
        size=123,
        duration=60_000,
        title="Café Noir",
        summary="One.\n\nTwo.",
        studio="Lantern",
        userRating="8.0",
        tags={
            "genre": ["Drama", "Noir", "Crime"],
            "actor": ["Ann", "Bob", "Cid", "Dee"],
            "director": ["Eve"],
            "collection": ["Lantern"],
            "label": ["seen"],
        },
    )


# -- the server --------------------------------------------------------------------------------


def test_connecting_is_one_request_and_the_libraries_are_another(
    plex: PlexSimulator, client: PlexClient
) -> None:
    assert client.server == plex.machine_identifier
    assert client.version
    assert client.sections() is client.sections()

    assert [request.target for request in plex.requests] == ["/", "/library/sections"]


def test_only_libraries_of_films_and_series_are_listed(
    plex: PlexSimulator, client: PlexClient
) -> None:
    plex.add_section("Clips", locations=["/data/clips", "/more/clips"], agent="none")
    plex.add_section("Series", type="show", locations=["/data/tv"])
    plex.library.add_section("Odd", locations=["/odd"]).type = "artist"

    listed = [(s.title, s.kind, s.locations) for s in client.sections()]

    assert listed == [
        ("Movies", "movie", ("/data/movies",)),
        ("Clips", "movie", ("/data/clips", "/more/clips")),
        ("Series", "episode", ("/data/tv",)),
    ]


def test_a_fresh_look_at_the_libraries_sees_new_ones(
    plex: PlexSimulator, client: PlexClient
) -> None:
    client.sections()
    plex.add_section("New")

    assert len(client.sections()) == 1
    assert len(client.sections(fresh=True)) == 2


def test_identity_needs_neither_token_nor_connection(
    plex: PlexSimulator, make_client: MakeClient
) -> None:
    assert make_client(token="wrong").identity()
    (request,) = plex.requests
    assert "X-Plex-Token" not in request.headers


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.HTML, Kind.GARBAGE, Kind.EMPTY, Kind.REDIRECT])
def test_identity_is_no_when_something_else_answers(
    plex: PlexSimulator, client: PlexClient, kind: Kind
) -> None:
    plex.faults.add(kind, location="http://127.0.0.1:1/identity")

    assert client.identity() is False
    assert len(plex.requests) == 1


def test_identity_is_no_when_nothing_answers(plex: PlexSimulator, client: PlexClient) -> None:
    plex.stop()

    assert client.identity() is False


# -- finding -----------------------------------------------------------------------------------


def test_an_item_is_found_by_a_piece_of_its_file(
    plex: PlexSimulator, client: PlexClient, movies: PlexSection, movie: Item
) -> None:
    plex.requests.clear()

    (found,) = client.find_by_file(movies, " Noir (2021)")

    assert found.rating_key == movie.rating_key
    assert found.section_id == movies.section_id
    assert found.parts[0].file == "/data/movies/Café, Noir (2021).mp4"
    assert found.full is False
    assert len(plex.requests) == 1


@pytest.mark.parametrize("needle", ["50% & más #1?.mp4", "a+b=c", "naïve [x] 'q' \"d\"", "🎬 ;x"])
def test_every_character_of_a_needle_arrives(
    plex: PlexSimulator, client: PlexClient, movies: PlexSection, needle: str
) -> None:
    right = plex.add_movie(plex.library.sections[1], f"/data/movies/{needle}.mp4")
    plex.add_movie(plex.library.sections[1], "/data/movies/other.mp4")

    assert [i.rating_key for i in client.find_by_file(movies, needle)] == [right.rating_key]


def test_half_a_character_in_a_file_name_finds_nothing(
    client: PlexClient, movies: PlexSection, movie: Item
) -> None:
    assert client.find_by_file(movies, "Noir\udcff") == ()


@pytest.mark.parametrize("needle", ["", "  ", "a,b", ","])
def test_a_needle_that_would_match_everything_is_never_sent(
    plex: PlexSimulator, client: PlexClient, movies: PlexSection, needle: str
) -> None:
    plex.requests.clear()

    with pytest.raises(ValueError, match="comma"):
        client.find_by_file(movies, needle)

    assert len(plex.requests) == 0


def test_more_hits_than_a_page_are_all_found(
    plex: PlexSimulator, client: PlexClient, movies: PlexSection, library: Section
) -> None:
    made = [plex.add_movie(library, f"/data/movies/{n}/video.mp4") for n in range(501)]
    plex.requests.clear()

    found = client.find_by_file(movies, "video.mp4")

    assert {item.rating_key for item in found} == {item.rating_key for item in made}
    assert len(found) == 501
    assert len(plex.requests) == 2


def test_episodes_are_found_in_a_series_library(plex: PlexSimulator, client: PlexClient) -> None:
    series = plex.add_section("Series", type="show", locations=["/data/tv"])
    plex.add_episode(series, "/data/tv/s01e01-e02.mkv", show="S", index=1)
    plex.add_episode(series, "/data/tv/s01e01-e02.mkv", show="S", index=2)

    found = client.find_by_file(client.sections()[1], "s01e01")

    assert [item.kind for item in found] == ["episode", "episode"]
    assert client.read(found[0].rating_key).kind == "episode"


# -- the listing -------------------------------------------------------------------------------


def test_the_listing_comes_by_pages_with_a_row_per_file(
    plex: PlexSimulator, client: PlexClient, movies: PlexSection, library: Section
) -> None:
    keys = [
        plex.add_movie(library, f"/data/movies/{n}.mp4", size=n + 1, duration=n * 1000).rating_key
        for n in range(5)
    ]
    parted = plex.add_movie(library, media=[["/data/a1.mp4", "/data/a2.mp4"], ["/data/b.mp4"]])
    plex.requests.clear()

    first = client.index_page(movies, 0, 4)
    rest = client.index_page(movies, 4, 4)

    assert (first.keys, rest.keys) == (tuple(keys[:4]), (keys[4], parted.rating_key))
    assert (first.total, rest.total) == (6, 6)
    rows = first.rows + rest.rows
    assert [row.rating_key for row in rows] == [*keys, *[parted.rating_key] * 3]
    assert [row.file for row in rows][-3:] == ["/data/a1.mp4", "/data/a2.mp4", "/data/b.mp4"]
    assert (rows[3].size, rows[3].duration, rows[3].kind) == (4, 3000, "movie")
    assert rows[3].added_at > 0
    assert rows[3].section_id == movies.section_id
    assert len(plex.requests) == 2


def test_an_empty_page_ends_the_listing(client: PlexClient, movies: PlexSection) -> None:
    page = client.index_page(movies, 0, 100)

    assert (page.rows, page.keys, page.total, page.newest) == ((), (), 0, 0)


def test_items_changed_or_added_later_are_listed(
    plex: PlexSimulator, client: PlexClient, movies: PlexSection, library: Section
) -> None:
    old = plex.add_movie(library, "/data/movies/old.mp4")
    new = plex.add_movie(library, "/data/movies/new.mp4")
    added = plex.add_movie(library, "/data/movies/added.mp4")
    for item, times in [(old, (900, 1000)), (new, (900, 2000)), (added, (3000, 0))]:
        item.added_at, item.updated_at = times

    page = client.index_page(movies, 0, 100, since=1999)

    assert set(page.keys) == {new.rating_key, added.rating_key}
    assert (page.total, page.newest) == (2, 3000)


# -- reading -----------------------------------------------------------------------------------


def test_a_full_item_has_everything_in_one_request(
    plex: PlexSimulator, client: PlexClient, movie: Item
) -> None:
    plex.edit(movie, {"title": "Café Noir"})
    client.server  # noqa: B018 - connects
    plex.requests.clear()

    item = client.read(movie.rating_key)

    assert item.full
    assert item.section_id == 1
    assert item.values["summary"] == "One.\n\nTwo."
    assert item.values["userRating"] == "8.0"
    assert item.values["studio"] == "Lantern"
    assert item.tags["genre"] == ("Drama", "Noir", "Crime")
    assert item.tags["actor"] == ("Ann", "Bob", "Cid", "Dee")
    assert item.tags["director"] == ("Eve",)
    assert item.tags["collection"] == ("Lantern",)
    assert item.tags["label"] == ("Seen",)  # Plex capitalises labels
    assert item.locked == {"title"}
    assert (item.parts[0].size, item.parts[0].duration) == (123, 60_000)
    assert item.added_at > 0
    assert len(plex.requests) == 1


def test_many_items_are_read_in_one_request_and_missing_ones_are_absent(
    plex: PlexSimulator, client: PlexClient, library: Section
) -> None:
    keys = [plex.add_movie(library, f"/m/{n}.mp4").rating_key for n in range(50)]
    client.server  # noqa: B018 - connects
    plex.requests.clear()

    assert [item.rating_key for item in client.read_many(keys)] == keys
    assert len(plex.requests) == 1
    plex.library.remove(plex.item(keys[7]))
    assert [item.rating_key for item in client.read_many(keys)] == keys[:7] + keys[8:]
    assert client.read_many([9999]) == ()
    assert client.read_many([]) == ()
    with pytest.raises(ValueError, match="50"):
        client.read_many(range(1, 60))


def test_a_server_that_fails_a_whole_batch_for_one_missing_item_is_asked_in_halves(
    plex: PlexSimulator, client: PlexClient, library: Section
) -> None:
    keys = [plex.add_movie(library, f"/m/{n}.mp4").rating_key for n in range(4)]
    plex.faults.add(Kind.STATUS, path=f"metadata/.*,{keys[3]}$", times=None, status=404)
    plex.faults.add(Kind.STATUS, path=f"metadata/{keys[3]}$", times=None, status=404)

    assert [item.rating_key for item in client.read_many(keys)] == keys[:3]


# -- writing -----------------------------------------------------------------------------------


def test_one_edit_is_one_put_for_one_item(
    plex: PlexSimulator, client: PlexClient, movie: Item, library: Section
) -> None:
    other = plex.add_movie(library, "/data/movies/other.mp4")
    client.server  # noqa: B018 - connects
    plex.requests.clear()

    plan = EditPlan(
        movie.rating_key,
        1,
        "movie",
        values={"title": "Ä & b=c; 100% +1 🎬"},
        tags={"genre": TagEdit(("x", "a & b, c"), ("Drama", "Noir", "Crime"))},
        locks={"title": True},
    )

    assert client.write(plan) == plan

    assert movie.title == "Ä & b=c; 100% +1 🎬"
    assert movie.locked == {"title"}
    assert client.read(movie.rating_key).tags["genre"] == ("x", "a & b, c")
    assert other.title == "other"
    assert [request.method for request in plex.requests] == ["PUT", "GET"]
    assert plex.requests.whole_section_edits == []


@pytest.mark.parametrize(("section_id", "rating_key"), [(1, 0), (1, -1), (0, 1)])
def test_an_edit_without_an_item_is_never_sent(
    plex: PlexSimulator, client: PlexClient, section_id: int, rating_key: int
) -> None:
    with pytest.raises(ValueError, match="whole library"):
        client.write(edits(rating_key, section_id=section_id, title="x"))

    assert len(plex.requests) == 0


def test_an_empty_plan_sends_nothing(plex: PlexSimulator, client: PlexClient) -> None:
    assert not client.write(edits(1))
    assert len(plex.requests) == 0


def test_a_write_to_an_item_that_is_gone_is_not_found(
    client: PlexClient, movies: PlexSection
) -> None:
    with pytest.raises(PlexNotFound):
        client.write(edits(4711, title="x"))


def test_a_partly_failed_write_is_not_a_success(
    plex: PlexSimulator, client: PlexClient, movie: Item
) -> None:
    plex.faults.add(Kind.STATUS, method="PUT", nth=2, times=None, status=500)

    with pytest.raises(PlexTemporaryError):
        client.write(edits(movie.rating_key, title="New", summary=LONG))

    assert movie.title == "New"
    assert movie.fields["summary"] == "One.\n\nTwo."


LONG = " ".join(f"wörd{n}" for n in range(3000))


def test_a_text_too_long_for_a_proxy_is_cut_at_a_word_and_sent_once_more(
    make_client: MakeClient,
) -> None:
    with PlexSimulator(token=TOKEN, max_target=8192) as plex:
        section = plex.add_section("Movies")
        movie = plex.add_movie(section, "/m/a.mp4")
        client = make_client(plex.url)

        sent = client.write(edits(movie.rating_key, lock=True, summary=LONG, title="New"))

        stored = movie.fields["summary"]
        assert sent.values == {"summary": stored, "title": "New"}
        assert movie.title == "New"
        assert LONG.startswith(stored + " ")
        assert len(quote(stored)) > 7000
        assert movie.locked == {"summary", "title"}


def test_a_text_that_plex_takes_is_not_cut(client: PlexClient, movie: Item) -> None:
    client.write(edits(movie.rating_key, summary=LONG))

    assert movie.fields["summary"] == LONG


@pytest.mark.parametrize("status", [400, 413, 414, 431])
def test_a_text_that_is_refused_when_cut_too_is_refused(
    plex: PlexSimulator, client: PlexClient, movie: Item, status: int
) -> None:
    plex.faults.add(Kind.STATUS, method="PUT", times=None, status=status)

    with pytest.raises(PlexPermanentError) as caught:
        client.write(edits(movie.rating_key, summary=LONG))

    assert caught.value.status == status
    assert len([r for r in plex.requests if r.method == "PUT"]) == 2


def test_a_value_refused_for_another_reason_than_its_length_is_not_cut(
    plex: PlexSimulator, client: PlexClient, movie: Item
) -> None:
    plex.faults.add(Kind.STATUS, method="PUT", times=None, status=409)
    with pytest.raises(PlexPermanentError):
        client.write(edits(movie.rating_key, summary=LONG))
    plex.faults.clear()
    plex.faults.add(Kind.STATUS, method="PUT", times=None, status=400)
    with pytest.raises(PlexPermanentError):
        client.write(edits(movie.rating_key, summary="short"))

    assert len([r for r in plex.requests if r.method == "PUT"]) == 2


def test_a_cut_keeps_paragraphs_and_never_splits_a_character() -> None:
    text = "One two.\n\nThree 👩‍👩‍👧 four five"

    def fits(limit: int) -> str:
        return cut_to_fit(text, lambda part: len(quote(part)) <= limit, multiline=True)

    results = [fits(limit) for limit in range(len(quote(text)) + 1)]

    assert results[0] == ""
    assert results[-1] == text
    assert "One two.\n\nThree" in results
    assert all(text.startswith(part) for part in results)
    assert not any(part.endswith("‍") for part in results)
    assert results == sorted(results, key=len)


def test_a_rating_can_be_given_the_way_clients_do(client: PlexClient, movie: Item) -> None:
    client.rate(movie.rating_key, 7.5)
    assert movie.fields["userRating"] == "7.5"
    assert movie.locked == set()

    client.rate(movie.rating_key, None)
    assert "userRating" not in movie.fields


def test_a_folder_is_scanned_and_nothing_else(
    plex: PlexSimulator, client: PlexClient, movies: PlexSection, library: Section
) -> None:
    plex.scan_delay = 0.0
    plex.add_on_scan(library, "/data/movies/new & odd/a.mp4")
    plex.add_on_scan(library, "/data/movies/other/b.mp4")

    client.scan_folder(movies, "/data/movies/new & odd")
    deadline = time.monotonic() + 5
    while not client.find_by_file(movies, "a.mp4") and time.monotonic() < deadline:
        pass

    assert [item.title for item in plex.items()] == ["a"]
    with pytest.raises(ValueError, match="folder"):
        client.scan_folder(movies, "")
