"""Renames travel: exactly the scenes that show the thing are looked at again."""

from __future__ import annotations

import sqlite3

import pytest

from stash.client import StashClient
from stash.connection import StashConnection
from sync_queue.models import SyncJob
from sync_queue.shared import shared_queue
from tests.tasks.conftest import Library
from worker import renames

KINDS = ("performer", "studio", "tag", "group")


def happened(library: Library, hook: str, number: int) -> None:
    """Store what the hook of a rename would."""
    key = f"{hook.partition('.')[0].lower()}:{number}"
    with shared_queue(str(library.data_dir)) as manager:
        manager.jobs.put(SyncJob(0, hook, 1.0, key))


def looked_at(library: Library) -> set[int]:
    """The scenes whose jobs a rename made, once the queue was processed."""
    library.run("process_queue")
    rows = library.query("SELECT key FROM ack_queue_default WHERE key LIKE 'scene:%'")
    return {int(key.partition(":")[2]) for (key,) in rows}


@pytest.fixture
def synced(library: Library) -> Library:
    """Three scenes in Plex, the first two with everything, then an empty queue."""
    shown = {"performers": ["Ada"], "studio": "Lantern", "tags": ["Noir"], "groups": ["Trilogy"]}
    library.stash.settings = {**library.stash.settings, "sync_groups": True}
    for name in ("One.mp4", "Two.mp4"):
        library.add(name, **shown)
    library.add("Three.mp4", tags=["Outdoor"])
    library.run("sync_all")
    with shared_queue(str(library.data_dir)) as manager:
        manager.jobs.trim(keep=0)
    library.plex.requests.clear()
    return library


def shown_in_plex(library: Library) -> list[str]:
    """All names of the first item."""
    item = library.plex.items(library.section)[0]
    kinds = ("actor", "genre", "collection")
    return [item.fields.get("studio", ""), *(name for kind in kinds for name in item.tags[kind])]


@pytest.mark.parametrize("kind", KINDS)
def test_a_renamed_thing_shows_its_new_name(synced: Library, kind: str) -> None:
    table = getattr(synced.stash.library, f"{kind}s")
    old = table[1].name
    table.rename(table[1], "Renamed")
    happened(synced, f"{kind.capitalize()}.Update.Post", 1)
    assert looked_at(synced) == {1, 2}
    assert "Renamed" in shown_in_plex(synced)
    assert old not in shown_in_plex(synced)
    assert synced.edits() == [1, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_thing_goes_from_the_scenes_that_showed_it(synced: Library, kind: str) -> None:
    """Stash does not know those scenes any more; the ledger does."""
    name = getattr(synced.stash.library, f"{kind}s")[1].name
    synced.stash.destroy(kind, 1)
    happened(synced, f"{kind.capitalize()}.Destroy.Post", 1)
    assert looked_at(synced) == {1, 2}
    assert name not in shown_in_plex(synced)
    assert synced.edits() == [1, 2]


def test_a_merged_tag_travels_to_the_scenes_of_both(synced: Library) -> None:
    stash = synced.stash.library
    noir, outdoor = stash.tags.named("Noir").id, stash.tags.named("Outdoor").id
    synced.stash.tags_merge([noir], outdoor)
    happened(synced, "Tag.Merge.Post", outdoor)
    assert looked_at(synced) == {1, 2, 3}
    assert synced.edits() == [1, 2]  # the third shows the same as before
    assert "Outdoor" in shown_in_plex(synced)
    assert "Noir" not in shown_in_plex(synced)


def test_a_renamed_parent_studio_is_looked_at_for_the_filters(library: Library) -> None:
    stash = library.stash.library
    parent = stash.add_studio("Lantern Films")
    stash.add_studio("Lantern", parent=parent)
    scene, item = library.add("One.mp4", studio="Lantern", details="Docks.")
    library.stash.settings = {**library.stash.settings, "exclude_studios": "Lantern Films"}
    library.run("sync_all")
    assert library.outcomes() == {scene: "filtered"}
    stash.studios.rename(stash.studios[parent], "Other Films")
    happened(library, "Studio.Update.Post", parent)
    library.run("process_queue")
    assert library.edits() == [item.rating_key]


def test_a_thing_that_no_scene_shows_costs_plex_nothing(synced: Library) -> None:
    number = synced.stash.library.add_tag("Unused")
    happened(synced, "Tag.Update.Post", number)
    assert looked_at(synced) == set()
    assert len(synced.plex.requests) <= 1  # the connection


def test_many_scenes_come_page_by_page_and_a_repeat_after_a_kill_is_harmless(
    library: Library,
) -> None:
    scenes = [library.add_scene(f"{n}.mp4", tags=["Noir"]) for n in range(2 * renames.PAGE + 1)]
    stash = StashClient(StashConnection.from_url(library.stash.url))
    job = SyncJob(0, "Tag.Update.Post", 1.0, "tag:1")
    with shared_queue(str(library.request("process_queue").resolve())) as manager:
        manager.connection.execute(
            "CREATE TRIGGER kill BEFORE INSERT ON ack_queue_default"
            f" WHEN NEW.key = 'scene:{scenes[renames.PAGE + 9]}' BEGIN SELECT RAISE(ABORT, ''); END"
        )
        with pytest.raises(sqlite3.IntegrityError):
            renames.expand(job, stash, manager, 2.0)
        first = library.query("SELECT key FROM ack_queue_default ORDER BY _id")
        assert first == [(f"scene:{scene}",) for scene in scenes[: renames.PAGE]]
        manager.connection.execute("DROP TRIGGER kill")
        assert renames.expand(job, stash, manager, 3.0) == len(scenes)
        keys = library.query("SELECT key FROM ack_queue_default ORDER BY _id")
    assert keys == [(f"scene:{scene}",) for scene in scenes]
