"""Finding items: filters, paging, sorting."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp

ALL = "/library/sections/1/all?type=1"


@pytest.fixture
def titles(plex: PlexSimulator, movies: Section, http: PlexHttp) -> dict[str, int]:
    """Rating keys by title; titles and files say the same."""
    found = {}
    for year, name in enumerate(("Alpha, Retry!", "beta", "Beta Two", "Straße_1", "100%"), 2000):
        item = plex.add_movie(movies, f"/data/movies/{name}.mp4", title=name, year=year)
        found[name] = item.rating_key
    return found


def found(http: PlexHttp, query: str) -> set[str]:
    return {child.attrib["title"] for child in http.get(f"{ALL}&{query}")}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("file=beta", {"beta", "Beta Two"}),
        ("file=BETA%20TWO", {"Beta Two"}),
        ("file=nothing", set()),
        ("file=.mp4", {"Alpha, Retry!", "beta", "Beta Two", "Straße_1", "100%"}),
        ("file=movies%2Fbeta.mp4", {"beta"}),
        ("file=" + quote("Alpha, Retry!.mp4"), {"Alpha, Retry!"}),
        ("file=" + quote("Alpha, beta"), {"Alpha, Retry!"}),
        ("file=" + quote("100%,beta two"), {"100%", "Beta Two"}),
        ("addedAt%3E%3E=1000&file=alpha", {"Alpha, Retry!"}),
        ("nosuchfield=1&file=alpha", {"Alpha, Retry!"}),
        ("file=STRASSE", {"Straße_1"}),
    ],
)
def test_a_filter_selects(
    http: PlexHttp, titles: dict[str, int], query: str, wanted: set[str]
) -> None:
    assert found(http, query) == wanted


def test_a_file_filter_without_a_type_is_an_error(http: PlexHttp, titles: dict[str, int]) -> None:
    assert http.ask("GET", "/library/sections/1/all?file=beta").status_code == 500


@pytest.mark.parametrize("query", ["title=beta", "file==beta", "updatedAt%3C=1", "sort=year"])
def test_a_filter_or_order_of_no_client_of_ours_is_refused(
    http: PlexHttp, movies: Section, query: str
) -> None:
    assert http.ask("GET", f"{ALL}&{query}").status_code == 501


@pytest.mark.parametrize("query", ["file=zzz,", "file=,", "file=zzz%2C%2Cyyy", "file="])
def test_an_empty_alternative_matches_everything(
    http: PlexHttp, titles: dict[str, int], query: str
) -> None:
    assert found(http, query) == set(titles)


def test_wildcards_of_like_can_be_switched_on(
    http: PlexHttp, plex: PlexSimulator, titles: dict[str, int]
) -> None:
    assert found(http, "file=movies_b") == set()
    plex.library.like_wildcards = True
    assert found(http, "file=movies_b") == {"beta", "Beta Two"}


def test_the_file_filter_follows_what_comes_and_goes(
    http: PlexHttp, plex: PlexSimulator, movies: Section, titles: dict[str, int]
) -> None:
    assert found(http, "file=later") == set()
    item = plex.add_movie(movies, "/data/movies/later.mp4", title="later")
    assert found(http, "file=later") == {"later"}
    plex.library.remove(item)
    assert found(http, "file=later") == set()


def test_the_file_filter_finds_every_part(
    http: PlexHttp, plex: PlexSimulator, movies: Section
) -> None:
    plex.add_movie(movies, media=[["/d/one.avi", "/d/two.avi"]], title="T")
    plex.add_movie(movies, "/d/three.avi", title="U")
    assert found(http, "file=two.avi") == {"T"}


def test_a_changed_item_is_found_by_its_stamp(plex: PlexSimulator) -> None:
    now = [1000.0]
    with (
        PlexSimulator(clock=lambda: now[0]) as other,
        PlexHttp(other.url, other.token or "") as http,
    ):
        section = other.add_section("M", locations=["/d"])
        first, _second = (other.add_movie(section, f"/d/{n}.mp4") for n in "ab")
        now[0] = 1060.9
        other.edit(first, {"title": "changed"})
        assert first.updated_at == 1060
        assert found(http, "updatedAt%3E%3E=1000") == {"changed"}
        assert found(http, "updatedAt%3E%3E=1060") == set()


Form = Callable[[int, int], tuple[str, dict[str, str]]]


def by_header(start: int, size: int) -> tuple[str, dict[str, str]]:
    return ALL, {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(size)}


def by_query(start: int, size: int) -> tuple[str, dict[str, str]]:
    return f"{ALL}&X-Plex-Container-Start={start}&X-Plex-Container-Size={size}", {}


@pytest.mark.parametrize("form", [by_header, by_query])
def test_pages_by_header_and_by_parameter(
    http: PlexHttp, plex: PlexSimulator, movies: Section, form: Form
) -> None:
    for number in range(5):
        plex.add_movie(movies, f"/d/{number}.mp4", title=f"Title {number}")
    seen = []
    for start in (0, 2, 4, 6):
        target, headers = form(start, 2)
        page = http.get(target, headers)
        assert (page.attrib["totalSize"], page.attrib["offset"]) == ("5", str(start))
        assert page.attrib["size"] == str(len(page))
        seen += [video.attrib["title"] for video in page]
    assert seen == [f"Title {number}" for number in range(5)]


def test_a_page_of_size_zero_tells_the_total(http: PlexHttp, titles: dict[str, int]) -> None:
    target, headers = by_header(0, 0)
    page = http.get(target, headers)
    assert (len(page), page.attrib["totalSize"]) == (0, "5")


def test_lists_are_sorted_by_sort_title_unless_asked(
    http: PlexHttp, plex: PlexSimulator, titles: dict[str, int]
) -> None:
    def order(query: str) -> list[str]:
        return [video.attrib["title"] for video in http.get(ALL + query)]

    assert order("") == ["100%", "Alpha, Retry!", "beta", "Beta Two", "Straße_1"]
    plex.item(titles["beta"]).added_at -= 1
    assert order("&sort=addedAt")[0] == "beta"


def test_the_order_follows_an_edit(
    http: PlexHttp, plex: PlexSimulator, titles: dict[str, int]
) -> None:
    assert http.keys(ALL)[0] == titles["100%"]
    plex.edit(plex.item(titles["beta"]), {"title": "000"})
    assert http.keys(ALL)[0] == titles["beta"]


def test_a_library_of_many_pages_is_listed_whole(http: PlexHttp, plex: PlexSimulator) -> None:
    section = plex.add_section("Big", locations=["/big"])
    for number in range(1100):
        plex.add_movie(section, f"/big/{number:05d}.mp4", title=f"{number:05d}")
    seen = []
    for start in range(0, 1100, 1000):
        target = f"/library/sections/{section.key}/all?type=1&X-Plex-Container-Start={start}"
        seen += http.keys(f"{target}&X-Plex-Container-Size=1000")
    assert len(set(seen)) == len(seen) == 1100
    assert len(http.keys(f"/library/sections/{section.key}/all?type=1&file=01099.mp4")) == 1
