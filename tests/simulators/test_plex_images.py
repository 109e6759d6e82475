"""Posters and backgrounds: by their content, selected and locked, never deleted."""

from __future__ import annotations

import hashlib

import pytest

from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from simulators.plex.user import LIMIT
from tests.simulators.plex_http import PlexHttp

POSTERS = "/library/metadata/1/posters"


@pytest.fixture
def movie(plex: PlexSimulator, movies: Section) -> Item:
    return plex.add_movie(movies, "/data/movies/a.mp4")


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def upload(http: PlexHttp, data: bytes, target: str = POSTERS) -> int:
    return http.ask("POST", target, data).status_code


def listed(http: PlexHttp) -> dict[str, str]:
    """Rating key of every poster and whether it is selected."""
    return {photo.attrib["ratingKey"]: photo.attrib["selected"] for photo in http.get(POSTERS)}


def test_an_upload_is_known_by_its_sha1_selected_and_locked(http: PlexHttp, movie: Item) -> None:
    assert upload(http, b"jpeg") == 200
    assert (movie.posters, movie.selected_poster) == ([sha1(b"jpeg")], sha1(b"jpeg"))
    assert movie.locked == {"thumb"}
    agents, uploaded = listed(http).items()
    assert agents[0].startswith("metadata://posters/tv.plex.agents.movie_")
    assert agents[1] == "0"
    assert uploaded == (f"upload://posters/{sha1(b'jpeg')}", "1")


def test_the_same_bytes_are_kept_once_and_others_pile_up(http: PlexHttp, movie: Item) -> None:
    for data in (b"one", b"two", b"one"):
        upload(http, data)
    assert movie.posters == [sha1(b"one"), sha1(b"two")]
    assert movie.selected_poster == sha1(b"one")


def test_a_background_has_its_own_shelf_and_lock(http: PlexHttp, movie: Item) -> None:
    upload(http, b"wide", "/library/metadata/1/arts")
    assert (movie.arts, movie.posters) == ([sha1(b"wide")], [])
    assert movie.art_shelf.selected_upload == sha1(b"wide")
    assert movie.locked == {"art"}


def test_above_ten_megabytes_the_server_fails(http: PlexHttp, movie: Item) -> None:
    assert upload(http, bytes(LIMIT + 1)) == 500
    assert movie.posters == []
    assert upload(http, bytes(LIMIT)) == 200


def test_an_empty_upload_is_refused(http: PlexHttp, movie: Item) -> None:
    assert upload(http, b"") == 400
    assert upload(http, b"x", "/library/metadata/99/posters") == 404


def test_a_refresh_brings_the_agents_poster_back_unless_locked(
    http: PlexHttp, plex: PlexSimulator, movie: Item
) -> None:
    upload(http, b"one")
    plex.refresh_metadata(movie)
    assert movie.selected_poster == sha1(b"one")
    http.put("/library/sections/1/all?type=1&id=1", **{"thumb.locked": "0"})
    plex.refresh_metadata(movie)
    assert movie.selected_poster is None


def test_a_clients_poster_can_be_fetched(http: PlexHttp, movie: Item) -> None:
    upload(http, b"\xff\xd8jpeg")
    thumb = http.get("/library/metadata/1")[0].attrib["thumb"]
    assert http.ask("GET", thumb).content == b"\xff\xd8jpeg"
