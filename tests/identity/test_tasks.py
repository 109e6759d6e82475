"""The same promises by the tasks themselves, as Stash runs them."""

from __future__ import annotations

import pytest

from tests.tasks.conftest import PLEX_FOLDER, Library, library

__all__ = ["library"]


@pytest.mark.parametrize("reuse_keys", [False, True], ids=["new keys", "same keys"])
@pytest.mark.parametrize("new_section", [False, True], ids=["same library", "new library"])
def test_sync_all_writes_a_rebuilt_library(
    library: Library, reuse_keys: bool, new_section: bool
) -> None:
    library.fill(30, details="Docks.", tags=["Noir"])
    library.run("sync_all")
    library.clock.skip()
    library.plex.disk.rebuild(
        library.section, reuse_keys=reuse_keys, reuse_section_key=not new_section
    )
    result = library.run("sync_all")
    items = library.plex.items()
    assert len(items) == 30
    assert {item.fields.get("summary") for item in items} == {"Docks."}
    assert {tuple(item.tags["genre"]) for item in items} == {("Noir",)}
    assert result.output["outcomes"] == {"synced": 30}
    library.plex.requests.clear()
    library.run("sync_all")
    assert library.plex.requests.writes() == []


def test_sync_all_compares_what_each_item_shows(library: Library) -> None:
    """Tags that a user takes out move no stamp."""
    pairs = library.fill(60, details="Docks.", tags=["Noir"])
    library.run("sync_all")
    library.clock.skip()
    library.plex.user.remove_tag(pairs[7][1], "genre", "Noir")
    library.plex.requests.clear()
    library.run("sync_all")
    assert library.edits() == [pairs[7][1].rating_key]
    assert pairs[7][1].tags["genre"] == ["Noir"]
    reads = library.plex.requests.count("GET", r"^/library/metadata/[\d,]+$")
    assert reads <= 3  # two of fifty, and one after the write


def test_sync_changed_lists_pages_and_reads_nothing(library: Library) -> None:
    library.fill(60, details="Docks.")
    library.run("sync_all")
    library.run("sync_changed")
    library.plex.requests.clear()
    library.run("sync_changed")
    paths = {request.path for request in library.plex.requests}
    assert paths <= {"/", "/library/sections", "/library/sections/1/all"}
    assert len(library.plex.requests) <= 3


def test_items_without_updated_at_are_settled_by_one_sync_all(library: Library) -> None:
    library.section.unstamped = True
    library.fill(120, details="Docks.")
    result = library.run("sync_all")
    assert result.output["outcomes"] == {"synced": 120}
    assert len(library.plex.requests) <= 1.2 * 120
    library.plex.requests.clear()
    library.run("sync_all")
    assert library.plex.requests.writes() == []
    assert len(library.plex.requests) <= 0.1 * 120


def test_an_item_that_came_without_a_stamp_is_found(library: Library) -> None:
    """An incremental listing by updatedAt alone never shows it."""
    library.section.unstamped = True
    library.fill(3)
    absent = library.add_scene("Late.mp4", details="Late.")
    library.run("sync_all")
    library.clock.skip()
    item = library.add_item("Late.mp4")
    library.run("sync_all")
    assert item.files == [f"{PLEX_FOLDER}/Late.mp4"]
    assert library.outcomes()[absent] == "synced"
