"""Every number that Plex writes, replaced: the item or the value is left out, and nothing else."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from typing import ClassVar
from xml.etree import ElementTree

import pytest

from plex.client import PlexClient
from plex.exceptions import PlexTemporaryError, UnreadableItem
from plex.items import PlexSection
from plex.xml import parse_index_page, parse_items, parse_sections, total_size
from simulators.http_server import HttpServer, KeepAliveHandler
from tests.border.test_numbers import ABSURD

TEXTS = [value for value in ABSURD if isinstance(value, str)]
NUMBERS = (
    *("ratingKey", "librarySectionID", "addedAt", "updatedAt", "year", "duration"),
    *("index", "parentIndex", "viewCount", "userRating"),
)
SECTION = PlexSection(1, "Movies", "movie", (), 0)


def video(key: int, **replaced: str) -> str:
    """A movie with one file; ``media_id`` and the like are attributes of its parts."""
    own = {
        **{"ratingKey": str(key), "librarySectionID": "1", "type": "movie", "title": f"T{key}"},
        **{"addedAt": "1700000000", "updatedAt": "1700000001", "year": "1999"},
        **{name: text for name, text in replaced.items() if "_" not in name},
    }
    inner = {"media_id": "1", "media_duration": "600", "part_id": "1", "part_size": "5"}
    inner |= {"part_duration": "600", **{n: text for n, text in replaced.items() if "_" in n}}

    def written(prefix: str) -> str:
        return " ".join(
            f'{name.removeprefix(prefix)}="{text}"'
            for name, text in inner.items()
            if name.startswith(prefix)
        )

    attributes = " ".join(f'{name}="{text}"' for name, text in own.items())
    return (
        f'<Video {attributes}><Media {written("media_")}><Part file="/m/{key}.mp4"'
        f" {written('part_')}/></Media></Video>"
    )


def container(*videos: str, size: str = "") -> str:
    """An answer with these videos."""
    counted = size or str(len(videos))
    head = f'<MediaContainer size="{len(videos)}" totalSize="{counted}" librarySectionID="1">'
    return f"{head}{''.join(videos)}</MediaContainer>"


PLACES = (*NUMBERS, "media_id", "media_duration", "part_id", "part_size", "part_duration")


@pytest.mark.parametrize("place", PLACES)
def test_a_number_that_cannot_be_stops_no_other_item_and_fits_a_database(place: str) -> None:
    for text in TEXTS:
        root = ElementTree.fromstring(container(video(1), video(2, **{place: text}), video(3)))
        found = parse_items(root, 1, full=True)
        page = parse_index_page(root, 1)

        keys = {item.rating_key for item in found.items}
        assert {1, 3} <= keys == set(page.keys)
        assert len(found.items) + found.unreadable == 3 == len(page.keys) + page.unreadable
        for row in page.rows:
            stored = [value for value in dataclasses.astuple(row) if isinstance(value, int)]
            assert all(0 <= value < 2**63 for value in stored), text
        assert 0 <= page.newest < 2**63


def test_an_item_without_a_usable_number_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    root = ElementTree.fromstring(container(video(1), video(2, ratingKey="9" * 30)))

    with caplog.at_level(logging.WARNING, "plexsync"):
        assert parse_items(root, 1, full=True).unreadable == 1
    assert "1 item is skipped" in caplog.text


@pytest.mark.parametrize("text", TEXTS)
def test_a_library_without_a_usable_number_stops_no_other(text: str) -> None:
    root = ElementTree.fromstring(
        f'<MediaContainer><Directory key="{text}" type="movie" title="A"/>'
        f'<Directory key="2" type="show" title="B" contentChangedAt="{text}"/></MediaContainer>'
    )
    (section,) = parse_sections(root)
    assert section.section_id == 2
    assert -1 <= section.content_changed_at < 2**63


@pytest.mark.parametrize("text", TEXTS)
def test_a_listing_without_a_usable_total_is_no_listing(text: str) -> None:
    root = ElementTree.fromstring(f'<MediaContainer totalSize="{text}" size="3"/>')

    with pytest.raises(PlexTemporaryError):
        total_size(root)


# -- over HTTP -----------------------------------------------------------------------------------


class OddPlex(KeepAliveHandler):
    """Answers each path with planned XML; a function gets the path."""

    said: ClassVar[dict[str, str]] = {}
    pages: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        start = int(self.headers.get("X-Plex-Container-Start", "0"))
        if path in ("/", "/identity"):
            body = '<MediaContainer machineIdentifier="m" version="1.40"/>'
        elif path.endswith("/all"):
            self.pages.append(self.path)
            total = str(start + 2000)
            body = container(*(video(start + n) for n in range(1, 501)), size=total)
        else:
            body = self.said[path]
        self.answer(200, {"Content-Type": "text/xml"}, body.encode())


@pytest.fixture
def odd() -> Iterator[PlexClient]:
    OddPlex.said, OddPlex.pages = {}, []
    server = HttpServer(OddPlex).start()
    client = PlexClient(server.url, "token", sleep=lambda _: None)
    yield client
    client.close()
    server.stop()


def test_a_single_item_that_cannot_be_read_is_refused_for_good(odd: PlexClient) -> None:
    OddPlex.said["/library/metadata/5"] = container(video(5, ratingKey="9" * 5000))

    with pytest.raises(UnreadableItem, match="item 5"):
        odd.read(5)


def test_a_listing_whose_total_runs_away_is_given_up(odd: PlexClient) -> None:
    with pytest.raises(PlexTemporaryError, match="end"):
        odd.find_by_file(SECTION, "m")
    assert len(OddPlex.pages) < 30


def test_a_forbidden_character_in_one_title_costs_no_other_item(odd: PlexClient) -> None:
    bad = video(5).replace('title="T5"', 'title="a&#27;[31m&#x0;b&#10;c"')
    OddPlex.said["/library/metadata/5,6"] = container(bad, video(6))

    assert [item.title for item in odd.read_many([5, 6])] == ["a[31mb\nc", "T6"]
