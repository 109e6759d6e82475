"""Matching over HTTP: the product's client, ledger and index against the Plex simulator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from worker.read_ahead import ReadAhead

from plex.client import PlexClient
from plex.exceptions import PlexSetupError, PlexTemporaryError
from plex.matcher import find_plex_items_with_confidence
from simulators.plex.items import Section
from simulators.plex.server import PlexSimulator
from sync_queue.manager import QueueManager
from tests.matching.corpus import SPECIAL
from tests.matching.layouts import Layout, read_item, said
from tests.matching.shelf import Item, index_rows, item_of, read_file, scene_of
from validation.config import PlexSyncConfig, validate_config
from validation.records import LedgerEntry
from worker.sources import PlexSources

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


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[QueueManager]:
    with QueueManager(str(tmp_path)) as opened:
        yield opened


def sources_of(client: PlexClient, manager: QueueManager, config: PlexSyncConfig) -> PlexSources:
    """The product's own sources, with nothing read ahead."""
    return PlexSources(client, manager, config, ReadAhead(time.time))


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

    def __init__(
        self, number: int, layout: Layout, plex: PlexSimulator, manager: QueueManager
    ) -> None:
        self.number, self.layout, self.manager = number, layout, manager
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

    def remember(self, server: str) -> None:
        """Fill ledger and index as the layout says."""
        rows = [(self.number, file, key) for key, file in self.layout.memory.items()] + [
            (owner.scene_id + GONE, owner.file, key) for key, owner in self.layout.owners.items()
        ]
        for scene_id, file, key in rows:
            scene = self.number if scene_id == GONE + 7 else scene_id
            entry = LedgerEntry(server, self.key(key), self.sections[0], scene, file=file)
            with self.manager.transaction():
                self.manager.ledger.put(entry)
        for key, owner in self.layout.owners.items():
            if owner.pinned:
                with self.manager.transaction():
                    self.manager.scenes.pin(owner.scene_id + GONE, server, self.key(key))
        for key, text in self.layout.index.items():
            item = read_item(text)
            section = self.sections[item.library - 1]
            listed = replace(item_of(self.key(key), item), section_id=section)
            with self.manager.transaction():
                self.manager.index.upsert(server, index_rows(listed), 1)

    def verdict(self, client: PlexClient) -> tuple[list[int], str]:
        """What the product says, in the layout's numbers."""
        chosen = [f"{name} {self.number}" for name in self.layout.chosen] or self.titles
        config = validate_config({"plex_library": "; ".join(chosen)}, {}).config
        pinned = None if self.layout.pinned is None else self.key(self.layout.pinned)
        sources = PlexSources(client, self.manager, config, ReadAhead(time.time))
        result = self.layout.judged(sources, scene_id=self.number, pinned=pinned)
        keys, reason = said(result)
        numbers = {key: number for number, key in self.keys.items()}
        return sorted(numbers[key] for key in keys), reason


@pytest.mark.parametrize("like", [False, True], ids=["literal", "wildcards"])
def test_the_corpus_gets_the_same_answers_over_http(
    plex: PlexSimulator, client: PlexClient, manager: QueueManager, like: bool
) -> None:
    plex.library.like_wildcards = like
    staged = [
        Stage(number, layout, plex, manager)
        for number, layout in enumerate(SPECIAL, 1)
        if not layout.deaf
    ]
    wrong = []
    for stage in staged:
        stage.remember(client.server)
        verdict = stage.verdict(client)
        if verdict != stage.layout.expected:
            wrong.append(f"{stage.layout.name}: {verdict} instead of {stage.layout.expected}")
    assert not wrong, "\n".join(wrong)


def requests_for(
    plex: PlexSimulator, client: PlexClient, manager: QueueManager, path: str, rules: str
) -> tuple[list[str], list[int]]:
    """The requests that one search sends, and the keys that it found."""
    config = validate_config({"path_map": rules}, {}).config
    sources = sources_of(client, manager, config)
    sources.sections()
    plex.requests.clear()
    result = find_plex_items_with_confidence(scene_of([path]), config, sources)
    asked = [request.target.split("?")[0] for request in plex.requests]
    return asked, [one.item.rating_key for one in result.matches]


def test_a_remembered_scene_is_read_and_not_searched(
    plex: PlexSimulator, client: PlexClient, manager: QueueManager
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    plex.add_section("Others", locations=["/other"])
    key = add_item(plex, section, Item(("/media/Alpha.mp4",)))
    entry = LedgerEntry(client.server, key, section.key, 7, file="/media/Alpha.mp4")
    with manager.transaction():
        manager.ledger.put(entry)
    for rules in ("/data => /media", ""):
        asked, found = requests_for(plex, client, manager, "/data/Alpha.mp4", rules)
        assert (asked, found) == ([f"/library/metadata/{key}"], [key])


def test_a_new_scene_costs_one_search_where_its_mapped_path_lies(
    plex: PlexSimulator, client: PlexClient, manager: QueueManager
) -> None:
    plex.add_section("Others", locations=["/other"])
    section = plex.add_section("Movies", locations=["/media"])
    key = add_item(plex, section, Item(("/media/Alpha.mp4",)))
    asked, found = requests_for(plex, client, manager, "/data/Alpha.mp4", "/data => /media")
    assert (asked, found) == ([f"/library/sections/{section.key}/all"], [key])


def test_without_rules_every_library_is_asked_once_because_each_may_have_a_rival(
    plex: PlexSimulator, client: PlexClient, manager: QueueManager
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    plex.add_section("Others", locations=["/other"])
    key = add_item(plex, section, Item(("/media/Alpha.mp4",)))
    asked, found = requests_for(plex, client, manager, "/data/Alpha.mp4", "")
    assert (len(asked), found) == (2, [key])


def test_a_name_that_everybody_uses_is_asked_for_with_its_folder(
    plex: PlexSimulator, client: PlexClient, manager: QueueManager
) -> None:
    section = plex.add_section("Movies", locations=["/media"])
    keys = [add_item(plex, section, Item((f"/media/{n}/video.mp4",))) for n in range(100, 150)]
    config = validate_config({"path_map": "/data => /media"}, {}).config
    sources = sources_of(client, manager, config)
    result = find_plex_items_with_confidence(scene_of(["/data/117/video.mp4"]), config, sources)
    assert [one.item.rating_key for one in result.matches] == [keys[17]]
    assert len(result.candidates) == 1


def test_an_unknown_library_name_is_told_with_the_names_there_are(
    plex: PlexSimulator, client: PlexClient, manager: QueueManager
) -> None:
    plex.add_section("Movies", locations=["/media"])
    config = validate_config({"plex_library": "Movis; movies"}, {}).config
    with pytest.raises(PlexSetupError, match=r"“Movis”.*“Movies”"):
        sources_of(client, manager, config).sections()


def test_a_failing_server_is_never_taken_for_a_missing_item(
    plex: PlexSimulator, client: PlexClient, manager: QueueManager
) -> None:
    plex.add_section("Movies", locations=["/media"])
    config = validate_config({}, {}).config
    sources = sources_of(client, manager, config)
    sources.sections()
    plex.stop()
    with pytest.raises(PlexTemporaryError):
        find_plex_items_with_confidence(scene_of(["/data/Alpha.mp4"]), config, sources)
