"""Matching over HTTP: the product's client, ledger and index against the Plex simulator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from plex.candidates import choose_sections
from plex.client import PlexClient
from plex.exceptions import PlexSetupError, PlexTemporaryError
from plex.items import PlexItem, PlexSection
from plex.matcher import find_plex_items_with_confidence
from plex.rivals import Namesakes
from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from tests.matching.corpus import SPECIAL
from tests.matching.corpus_lives import FILES
from tests.matching.layouts import Layout, read_item
from tests.matching.shelf import Item, Rows, index_rows, item_of, read_file, scene_of
from validation.config import validate_config
from validation.metadata import SceneFile
from validation.paths import basename
from validation.records import IndexedFile, LedgerEntry

# A server never gives a file its old key and part ids again by itself.
SAME_KEYS = {"a pair whose key came back for the same file"}
GONE = 900_000  # added to a layout's number for an item that Plex does not have


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    with PlexSimulator() as simulator:
        yield simulator


@pytest.fixture
def client(plex: PlexSimulator) -> Iterator[PlexClient]:
    client = PlexClient(plex.url, plex.token or "", sleep=lambda _seconds: None)
    yield client
    client.close()


class ServerSources:
    """``plex.candidates.Sources`` over the product's client, with an index in memory."""

    def __init__(
        self,
        client: PlexClient,
        libraries: Sequence[str] = (),
        *,
        memory: Sequence[LedgerEntry] = (),
        index: Sequence[IndexedFile] = (),
        stash: Sequence[tuple[int, SceneFile]] = (),
    ) -> None:
        self.client, self.libraries, self.memory, self.stash = client, libraries, memory, stash
        self.index = Rows(index)
        self.listed = False

    def sections(self) -> tuple[PlexSection, ...]:
        return choose_sections(self.client.sections(), self.libraries)

    def known(self, scene_id: int) -> tuple[LedgerEntry, ...]:
        return tuple(entry for entry in self.memory if entry.scene_id == scene_id)

    def hints(self, path: str) -> tuple[IndexedFile, ...]:
        return self.index.at(path)

    def read(self, rating_keys: Sequence[int]) -> tuple[PlexItem, ...]:
        return self.client.read_many(rating_keys)

    def by_file(self, section: PlexSection, needle: str) -> tuple[PlexItem, ...]:
        return self.client.find_by_file(section, needle)

    def is_listed(self) -> bool:
        return self.listed

    def list_libraries(self) -> None:
        pages = (self.client.index_page(section, 0, 1000) for section in self.sections())
        self.index = Rows([row for page in pages for row in page.rows])
        self.listed = True

    def rows_at(self, path: str) -> tuple[IndexedFile, ...]:
        return self.index.at(path)

    def rows_like(self, file: SceneFile, title: str) -> tuple[IndexedFile, ...]:
        return self.index.like(file, title)

    def plex_files(self, *, size: int = 0, name: str = "") -> tuple[IndexedFile, ...]:
        return self.index.files(size, name)

    def stash_namesakes(self, name: str) -> Namesakes:
        return Namesakes.of(one for one in self.stash if basename(one[1].path) == name)


def add_item(plex: PlexSimulator, section: Section, item: Item) -> int:
    """Add an item with the sizes of its files; returns its key."""
    files = [read_file(text) for text in item.files]
    fields: dict[str, Any] = {
        name: text for name, text in (("title", item.title), ("year", item.year)) if text
    }
    if section.type == "show":
        added = plex.add_episode(section, files[0].path, show="A Show", **fields)
    else:
        added = plex.add_movie(section, media=[[file.path for file in files]], **fields)
    parts = tuple(
        replace(part, size=file.size, duration=round(file.duration * 1000))
        for part, file in zip(added.media[0].parts, files, strict=True)
    )
    added.media = (replace(added.media[0], parts=parts),)
    return added.rating_key


class Stage:
    """One layout on the server, in libraries of its own."""

    def __init__(self, number: int, layout: Layout, plex: PlexSimulator) -> None:
        self.number, self.layout = number, layout
        titled = [text.split(" ", 1) for text in layout.libraries]
        self.titles = [f"{title} {number}" for title, _folder in titled]
        sections = [
            plex.add_section(name, "show" if "TV" in title else "movie", [folder])
            for name, (title, folder) in zip(self.titles, titled, strict=True)
        ]
        self.sections = [section.key for section in sections]
        self.keys = {
            key: add_item(plex, sections[item.library - 1], item)
            for key, item in layout.plex_items().items()
        }

    def key(self, number: int) -> int:
        """Plex's key of an item of the layout."""
        return self.keys.get(number, GONE + number)

    def memory(self, client: PlexClient) -> list[LedgerEntry]:
        """The layout's entries, with the incarnations that the server gave."""
        entries = []
        for entry in self.layout.entries(self.number):
            key = self.key(entry.rating_key)
            shown = client.read_many([key])
            known = shown and not self.layout.rebuilt
            parts = tuple(part.part_id for part in shown[0].parts) if known else (GONE,)
            added = shown[0].added_at if known else 1
            entries.append(replace(entry, rating_key=key, added_at=added, part_ids=parts))
        return entries

    def index(self) -> list[IndexedFile]:
        """What the file index believes."""
        rows = []
        for key, text in self.layout.index.items():
            item = read_item(text)
            section = self.sections[item.library - 1]
            rows += index_rows(replace(item_of(self.key(key), item), section_id=section))
        return rows

    def verdict(self, client: PlexClient) -> tuple[list[int], str]:
        """What the matcher says, in the layout's numbers."""
        sources = ServerSources(
            client,
            [f"{name} {self.number}" for name in self.layout.chosen] or self.titles,
            memory=self.memory(client),
            index=self.index(),
            stash=self.layout.stash_files(self.number),
        )
        result = self.layout.judged(sources, scene_id=self.number)
        numbers = {key: number for number, key in self.keys.items()}
        return self.layout.said(result, numbers)


# Every fifth of the many that differ by name alone; the shelf asks them all.
STAGED = [
    layout
    for number, layout in enumerate(SPECIAL)
    if not layout.deaf and layout.name not in SAME_KEYS and (layout not in FILES or not number % 5)
]


@pytest.mark.parametrize("like", [False, True], ids=["literal", "wildcards"])
def test_the_corpus_gets_the_same_answers_over_http(
    plex: PlexSimulator, client: PlexClient, like: bool
) -> None:
    plex.library.like_wildcards = like
    stages = [Stage(number, layout, plex) for number, layout in enumerate(STAGED, 1)]
    wrong = []
    for stage in stages:
        verdict = stage.verdict(client)
        if verdict != stage.layout.expected:
            wrong.append(f"{stage.layout.name}: {verdict} instead of {stage.layout.expected}")
    assert not wrong, "\n".join(wrong)


def requests_for(
    plex: PlexSimulator,
    client: PlexClient,
    path: str,
    rules: str,
    memory: Sequence[LedgerEntry] = (),
) -> tuple[list[str], list[int]]:
    """The requests that one search sends, and the keys that it found."""
    config = validate_config({"path_map": rules}, {}).config
    sources = ServerSources(client, memory=memory)
    sources.sections()
    plex.requests.clear()
    result = find_plex_items_with_confidence(scene_of([path]), config, sources)
    asked = [request.target.split("?")[0] for request in plex.requests]
    return asked, [one.item.rating_key for one in result.matches]


def test_a_known_scene_is_read_and_not_searched(plex: PlexSimulator, client: PlexClient) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    plex.add_section("Others", locations=["/other"])
    key = add_item(plex, section, Item(("/media/Alpha.mp4",)))
    (item,) = client.read_many([key])
    entry = LedgerEntry(
        client.server, key, section.key, 7,
        file="/media/Alpha.mp4", scene_file="/data/Alpha.mp4", added_at=item.added_at,
    )  # fmt: skip
    for rules in ("/data => /media", ""):
        asked, found = requests_for(plex, client, "/data/Alpha.mp4", rules, [entry])
        assert (asked, found) == ([f"/library/metadata/{key}"], [key])


def test_a_new_scene_costs_one_search_where_its_mapped_path_lies(
    plex: PlexSimulator, client: PlexClient
) -> None:
    plex.add_section("Others", locations=["/other"])
    section = plex.add_section("Movies", locations=["/media"])
    key = add_item(plex, section, Item(("/media/Alpha.mp4",)))
    asked, found = requests_for(plex, client, "/data/Alpha.mp4", "/data => /media")
    assert (asked, found) == ([f"/library/sections/{section.key}/all"], [key])


def test_without_rules_the_listing_is_all_that_is_asked(
    plex: PlexSimulator, client: PlexClient
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    plex.add_section("Others", locations=["/other"])
    key = add_item(plex, section, Item(("/media/Alpha.mp4",)))
    asked, found = requests_for(plex, client, "/data/Alpha.mp4", "")
    assert len([one for one in asked if one.endswith("/all")]) == 2
    assert (len(asked), found) == (3, [key])


def test_a_name_that_everybody_uses_is_asked_for_with_its_folder(
    plex: PlexSimulator, client: PlexClient
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    keys = [add_item(plex, section, Item((f"/media/{n}/video.mp4",))) for n in range(100, 150)]
    config = validate_config({"path_map": "/data => /media"}, {}).config
    scene = scene_of(["/data/117/video.mp4"])
    result = find_plex_items_with_confidence(scene, config, ServerSources(client))
    assert [one.item.rating_key for one in result.matches] == [keys[17]]
    assert len(result.candidates) == 1


def test_an_unknown_library_name_is_reported_with_the_known_names(
    plex: PlexSimulator, client: PlexClient
) -> None:
    plex.add_section("Movies", locations=["/media"])
    with pytest.raises(PlexSetupError, match=r"“Movis”.*“Movies”"):
        ServerSources(client, ["Movis", "movies"]).sections()


def test_a_failing_server_is_never_taken_for_a_missing_item(
    plex: PlexSimulator, client: PlexClient
) -> None:
    plex.add_section("Movies", locations=["/media"])
    sources = ServerSources(client)
    sources.sections()
    plex.stop()
    config = validate_config({}, {}).config
    with pytest.raises(PlexTemporaryError):
        find_plex_items_with_confidence(scene_of(["/data/Alpha.mp4"]), config, sources)
