"""What is believed of an entry: the same incarnation, and what we wrote to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plex.edit_plan import confirm, plan, remember
from plex.items import PlexItem, PlexPart
from plex.recollection import believed
from tests.writing import fake_plex
from tests.writing.builders import DEFAULT, PRESERVE, SERVER, item, scene
from validation.records import FieldMemory, LedgerEntry

WHAT = scene(title="Ours", details="Ours", studio="Studio", rating100=80)


def held(what: PlexItem, part_id: int = 5, added_at: int = 100) -> PlexItem:
    return replace(
        what, parts=(PlexPart("/plex/A Film.mp4", 1000, 60_000, part_id),), added_at=added_at
    )


def synced(before: PlexItem) -> tuple[PlexItem, LedgerEntry]:
    edits = plan(WHAT, before, None, DEFAULT)
    entry = remember(
        None,
        edits,
        item=before,
        scene_id=7,
        server=SERVER,
        scene_file="/stash/A Film.mp4",
        file="/plex/A Film.mp4",
    )
    after = fake_plex.apply(before, edits, append=True)
    return after, replace(confirm(entry, after)[0], images={"poster": "1234"})


def test_an_entry_gains_the_incarnation_that_its_item_shows() -> None:
    after, entry = synced(held(item()))
    assert (entry.added_at, entry.part_ids) == (100, (5,))
    assert (entry.scene_file, entry.file) == ("/stash/A Film.mp4", "/plex/A Film.mp4")
    moved = held(after, part_id=6)
    found = believed(entry, moved, holds_scene=True)
    assert found is not None
    assert found.part_ids == (6,)
    assert found.fields == entry.fields
    assert found.images == {"poster": "1234"}


def test_an_entry_of_another_incarnation_is_void() -> None:
    after, entry = synced(held(item()))
    assert believed(entry, held(after, part_id=6, added_at=200), holds_scene=True) is None


@pytest.mark.parametrize("config", [DEFAULT, PRESERVE])
def test_an_item_that_was_made_again_is_written_like_a_new_one(config: object) -> None:
    _after, entry = synced(held(item()))
    found = believed(entry, held(item()), holds_scene=True)
    assert found is not None
    assert found.images == {}
    assert "collection" not in found.fields
    edits = plan(WHAT, held(item()), found, DEFAULT)
    assert set(edits.values) == {"title", "summary", "studio", "userRating"}
    assert edits.tags["collection"].wanted == ("Studio",)


def test_one_lock_that_is_left_proves_the_item() -> None:
    after, entry = synced(held(item()))
    unlocked = replace(after, locked=frozenset({"summary"}))
    found = believed(entry, unlocked, holds_scene=True)
    assert found is not None
    assert found.images == entry.images


def test_an_entry_of_version_1_0_learns_from_its_item_what_we_locked() -> None:
    after, entry = synced(held(item()))
    old = replace(
        entry,
        added_at=0,
        part_ids=(),
        scene_file="",
        fields={
            **{name: replace(one, locked=False) for name, one in entry.fields.items()},
            "actor": FieldMemory(("Ann",), ("Ann",), ("Ann",), adopted=("Ann",)),
        },
    )
    found = believed(old, after, holds_scene=True)
    assert found is not None
    assert (found.added_at, found.part_ids) == (100, (5,))
    assert {name for name, one in found.fields.items() if one.locked} == after.locked
    elsewhere = replace(after, parts=(PlexPart("/plex/Other.mp4", 1, 1, 5),))
    assert believed(old, elsewhere, holds_scene=True) is None
