"""The written answers: attributes, children and headers as a real server sends them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp

PAGE = {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": "10"}
CONTAINER = [
    *["size", "allowSync", "art", "identifier", "librarySectionID", "librarySectionTitle"],
    *["librarySectionUUID", "mediaTagPrefix", "mediaTagVersion", "thumb", "title1", "title2"],
    *["viewGroup", "viewMode"],
]
# Names of attributes and children in recorded answers of real servers: "always" there, ever "seen".
RECORDED = json.loads((Path(__file__).parents[1] / "data/plex/recorded_names.json").read_text())
# What Plex's agents and analysis add to every recorded item, of no use to a client that writes.
LEFT_OUT = {"slug", "grandparentSlug", "createdAtAccuracy", "createdAtTZOffset", "chapterSource"}
LEFT_OUT |= {"tagKey", "thumb", "indexes", "language", "languageCode", "languageTag", "provider"}
FULL_ONLY = {"librarySectionID", "librarySectionTitle", "librarySectionKey"}
FULL_CHILDREN = {"Label", "Field", "Producer", "Guid"}


@pytest.fixture
def movie(plex: PlexSimulator, movies: Section) -> Item:
    item = plex.add_movie(
        movies,
        "/data/movies/The Film (2020).mkv",
        title="The Film",
        studio="S",
        originallyAvailableAt="2020-01-01",
        audienceRating="7.0",
        audienceRatingImage="imdb://image.rating",
        guids=("imdb://tt1",),
        tags={
            "genre": ["a", "b", "c"],
            "actor": [("Ann", "Herself"), "Bob", "Cid", "Dan"],
            "director": ["d1", "d2", "d3", "d4"],
            "country": ["x", "y", "z"],
            "collection": ["c1", "c2", "c3"],
            "label": ["l"],
            "producer": ["p"],
        },
    )
    item.locked.add("title")
    return item


def tags(element: ET.Element) -> set[str]:
    return {child.tag for child in element}


def count(element: ET.Element, tag: str) -> int:
    return len(element.findall(tag))


def test_a_page_says_its_place_and_the_total(http: PlexHttp, movie: Item) -> None:
    names = [*http.get("/library/sections/1/all?type=1", PAGE).attrib]
    assert names == ["size", "totalSize", "offset", *CONTAINER[1:]]


def test_an_unpaged_list_says_only_its_size(http: PlexHttp, movie: Item) -> None:
    assert [*http.get("/library/sections/1/all?type=1").attrib] == CONTAINER


def compare(element: ET.Element, kind: str) -> None:
    """Fail where a name is missing that real servers always send, or one is made up."""
    names, recorded = set(element.attrib) | tags(element), RECORDED[kind]
    assert set(recorded["always"]) - names <= LEFT_OUT, f"{kind} lacks names"
    assert names - set(recorded["seen"]) <= {"Field", "Label"}, f"{kind} has names of its own"
    for child in element:
        if f"{kind}/{child.tag}" in RECORDED:
            compare(child, f"{kind}/{child.tag}")


@pytest.mark.parametrize(
    ("form", "kind"),
    [("list", kind) for kind in ("movie", "movie clip", "episode", "show")]
    + [("full", kind) for kind in ("movie", "episode", "show")],
)
def test_an_item_has_the_names_that_were_recorded(
    http: PlexHttp, plex: PlexSimulator, movie: Item, form: str, kind: str
) -> None:
    clips = plex.add_section("Clips", locations=["/clips"], agent="none")
    shows = plex.add_section("TV", type="show", locations=["/tv"])
    clip = plex.add_movie(clips, "/clips/a.mp4")
    given = {"contentRating": "G", "audienceRating": "7.0", "audienceRatingImage": "imdb://r"}
    given |= {"originallyAvailableAt": "2020-01-01", "year": "2020"}
    episode = plex.add_episode(shows, "/tv/a.mkv", show="S", guid="plex://episode/1")
    episode.fields |= given
    assert episode.parent
    show = episode.parent.parent
    assert show
    show.fields |= given | {"duration": "1", "studio": "S", "index": "1"}
    item = {"movie": movie, "movie clip": clip, "episode": episode, "show": show}[kind]
    target = f"/library/metadata/{item.rating_key}"
    if form == "list":
        number = {"episode": 4, "show": 2}.get(kind, 1)
        target = f"/library/sections/{item.section.key}/all?type={number}&includeGuids=1"
    compare(http.get(target)[0], f"{form} {kind}")


def test_a_section_looks_like_a_recorded_one(http: PlexHttp, movies: Section) -> None:
    directory = http.get("/library/sections")[0]
    names = ["allowSync", "art", "composite", "filters", "refreshing", "thumb", "key", "type"]
    names += ["title", "agent", "scanner", "language", "uuid", "updatedAt", "createdAt"]
    names += ["scannedAt", "content", "directory", "contentChangedAt", "hidden"]
    assert [*directory.attrib] == names
    assert directory[0].attrib == {"id": directory[0].attrib["id"], "path": "/data/movies"}


def test_a_listed_movie_is_abridged(http: PlexHttp, movie: Item) -> None:
    video = http.get("/library/sections/1/all?type=1")[0]
    assert video.tag == "Video"
    assert not FULL_ONLY & set(video.attrib)
    assert not FULL_CHILDREN & tags(video)
    shown = {
        tag: count(video, tag) for tag in ("Genre", "Role", "Director", "Country", "Collection")
    }
    assert shown == {"Genre": 2, "Role": 3, "Director": 3, "Country": 2, "Collection": 2}
    assert all(set(role.attrib) == {"tag"} for role in video.findall("Role"))


def test_a_listed_movie_shows_its_file(http: PlexHttp, movie: Item) -> None:
    part = http.get("/library/sections/1/all?type=1").find("Video/Media/Part")
    assert part is not None
    assert part.attrib["file"] == "/data/movies/The Film (2020).mkv"
    assert len(part) == 0, "a list shows no streams"


def test_a_whole_movie_shows_everything(http: PlexHttp, movie: Item) -> None:
    video = http.get(f"/library/metadata/{movie.rating_key}")[0]
    assert set(video.attrib) >= FULL_ONLY
    assert tags(video) >= FULL_CHILDREN
    assert (count(video, "Genre"), count(video, "Role"), count(video, "Collection")) == (3, 4, 3)
    ann = video.findall("Role")[0].attrib
    assert (ann["tag"], ann["role"], ann["filter"]) == ("Ann", "Herself", f"actor={ann['id']}")
    assert video.findall("Media/Part/Stream")
    field = video.find("Field")
    assert field is not None
    assert field.attrib == {"locked": "1", "name": "title"}


def test_guids_are_listed_on_request(http: PlexHttp, movie: Item) -> None:
    assert count(http.get("/library/sections/1/all?type=1")[0], "Guid") == 0
    assert count(http.get("/library/sections/1/all?type=1&includeGuids=1")[0], "Guid") == 1


def test_named_fields_and_elements_can_be_left_out(http: PlexHttp, movie: Item) -> None:
    target = (
        "/library/sections/1/all?type=1&excludeElements=Genre,Media,Image&excludeFields=summary"
    )
    video = http.get(target)[0]
    assert not {"Genre", "Media", "Image"} & tags(video)
    assert "summary" not in video.attrib
    assert count(video, "Role") == 3


def test_a_sort_title_is_shown_only_where_it_differs(
    http: PlexHttp, plex: PlexSimulator, movies: Section, movie: Item
) -> None:
    plex.add_movie(movies, "/data/movies/b.mp4", title="Brazil")
    listed = http.get("/library/sections/1/all?type=1")
    assert [video.get("titleSort") for video in listed] == [None, "Film"]


def test_other_videos_have_no_agent(http: PlexHttp, plex: PlexSimulator) -> None:
    section = plex.add_section("Clips", locations=["/data/clips"], agent="none")
    plex.add_movie(section, "/data/clips/Ferien am Meer.mp4")
    directory, video = (
        http.get("/library/sections")[0],
        http.get("/library/sections/1/all?type=1")[0],
    )
    wanted = ("movie", "com.plexapp.agents.none", "Plex Video Files Scanner", "xn")
    assert tuple(directory.attrib[n] for n in ("type", "agent", "scanner", "language")) == wanted
    assert (video.attrib["type"], video.attrib["subtype"]) == ("movie", "clip")
    assert video.attrib["guid"].startswith("com.plexapp.agents.none://")
    assert video.attrib["title"] == "Ferien am Meer"
    assert "originallyAvailableAt" in video.attrib, "it takes the file's date"


def test_an_episode_names_its_season_and_show(http: PlexHttp, plex: PlexSimulator) -> None:
    section = plex.add_section("TV", type="show", locations=["/tv"])
    episode = plex.add_episode(section, "/tv/a.mkv", show="Dallas", season=2, index=3)
    video = http.get("/library/sections/1/all?type=4")[0]
    names = ("grandparentTitle", "parentTitle", "parentIndex", "index")
    assert [video.attrib[name] for name in names] == ["Dallas", "Season 2", "2", "3"]
    assert video.attrib["ratingKey"] == str(episode.rating_key)
    show = http.get("/library/sections/1/all?type=2")[0]
    assert (show.tag, show.attrib["leafCount"], show.attrib["childCount"]) == (
        "Directory",
        "1",
        "1",
    )


def test_versions_parts_and_shared_files(
    http: PlexHttp, plex: PlexSimulator, movies: Section
) -> None:
    plex.add_movie(
        movies, media=[["/m/cd1.avi", "/m/cd2.avi"], ["/m/4k.mkv"]], title="Two versions"
    )
    video = http.get("/library/sections/1/all?type=1")[0]
    files = [[part.attrib["file"] for part in media] for media in video.findall("Media")]
    assert files == [["/m/cd1.avi", "/m/cd2.avi"], ["/m/4k.mkv"]]
    shows = plex.add_section("TV", type="show", locations=["/tv"])
    for index in (1, 2):
        plex.add_episode(shows, "/tv/e1-e2.mkv", show="S", season=1, index=index)
    assert len(http.keys("/library/sections/2/all?type=4&file=e1-e2.mkv")) == 2


@pytest.mark.parametrize(
    "text", ['<&>"', "line\nbreak\r\ntab\t", "Zoë 映画 🎬", "\\\\?\\C:\\long\\path", "it's"]
)
def test_any_text_survives_the_way(
    http: PlexHttp, plex: PlexSimulator, movies: Section, text: str
) -> None:
    plex.add_movie(movies, f"/data/{text}.mp4", title=text)
    video = http.get("/library/sections/1/all?type=1")[0]
    part = video.find("Media/Part")
    assert part is not None
    assert (video.attrib["title"], part.attrib["file"]) == (text, f"/data/{text}.mp4")


def test_an_answer_has_the_headers_of_plex(http: PlexHttp, movie: Item) -> None:
    answer = http.ask(
        "GET", "/library/sections/1/all?type=1", headers=PAGE | {"Accept-Encoding": "identity"}
    )
    headers = answer.headers
    assert headers["Content-Type"] == "text/xml;charset=utf-8"
    assert (headers["X-Plex-Protocol"], headers["Cache-Control"]) == ("1.0", "no-cache")
    assert (headers["Connection"], headers["Keep-Alive"]) == ("Keep-Alive", "timeout=20")
    assert (headers["X-Plex-Container-Start"], headers["X-Plex-Container-Total-Size"]) == ("0", "1")
    assert int(headers["Content-Length"]) == len(answer.content)
    assert answer.raw.version == 11


def test_an_answer_is_compressed_when_asked(http: PlexHttp, movie: Item) -> None:
    answer = http.ask("GET", "/library/sections", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["X-Plex-Content-Original-Length"]) == len(answer.content)
    sizes = ("X-Plex-Content-Compressed-Length", "Content-Length")
    assert answer.headers[sizes[0]] == answer.headers[sizes[1]]


def test_a_write_answers_with_nothing(http: PlexHttp, movie: Item) -> None:
    answer = http.ask("PUT", f"/library/sections/1/all?type=1&id={movie.rating_key}&title.value=x")
    wanted = (200, b"", "text/html", "0")
    headers = answer.headers
    assert (
        answer.status_code,
        answer.content,
        headers["Content-Type"],
        headers["Content-Length"],
    ) == wanted


def test_an_error_is_a_page(http: PlexHttp) -> None:
    answer = http.ask("GET", "/no/such/thing")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html")
    assert "<h1>404 Not Found</h1>" in answer.text


def test_several_items_come_in_one_answer(
    http: PlexHttp, plex: PlexSimulator, movies: Section
) -> None:
    keys = [plex.add_movie(movies, f"/data/{n}.mp4").rating_key for n in range(3)]
    wanted = ",".join(map(str, reversed(keys)))
    assert http.keys(f"/library/metadata/{wanted}") == keys[::-1]
    assert http.keys(f"/library/metadata/{keys[0]},999") == keys[:1]
    assert http.ask("GET", "/library/metadata/998,999").status_code == 404
