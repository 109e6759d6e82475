"""The update from version 1.0, on a database that version 1.0 really wrote."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.identity.old_house import DATABASE, OldHouse

# What the first Sync All after the update may change, by item: everything else stays.
# docs/testing.md repeats this table.
CHANGES = {
    # A save waited in the queue when the update came.
    "Waiting": {"summary": ("Before.", "After.")},
    # Plex refused this edit once; Sync All tries again.
    "Refused": {"summary": ("Plex said no.", "Plex refuses this.")},
}


@pytest.fixture
def old(tmp_path: Path) -> Iterator[OldHouse]:
    """The old data directory, opened by this code for the first time."""
    made = OldHouse(tmp_path / "old")
    yield made
    made.close()


def flat(snapshot: dict[int, dict[str, Any]]) -> dict[tuple[int, str], Any]:
    """Every value of every item by key and name."""
    values: dict[tuple[int, str], Any] = {}
    for key, item in snapshot.items():
        values |= {(key, name): value for name, value in item["fields"].items()}
        values |= {(key, f"tags {kind}"): sorted(tags) for kind, tags in item["tags"].items()}
        values |= {(key, f"lock {name}"): True for name in item["locked"]}
        values |= {(key, n): item[n] for n in ("files", "poster", "posters", "art")}
    return values


def changes(before: dict[int, Any], after: dict[int, Any]) -> dict[str, dict[str, Any]]:
    """What is different, by the item's title (new items and gone ones too). A lock that comes is
    none: a value that was equal and unlocked becomes ours with the next write."""
    old, new = flat(before), flat(after)
    found: dict[str, dict[str, Any]] = {}
    for place in sorted(old.keys() | new.keys()):
        key, name = place
        comes = name.startswith("lock ") and place in new
        if old.get(place) != new.get(place) and not comes:
            title = (after.get(key) or before[key])["fields"]["title"]
            found.setdefault(title, {})[name] = (old.get(place), new.get(place))
    return found


def test_the_first_sync_all_changes_nothing_but_what_the_table_names(old: OldHouse) -> None:
    before = old.plex.snapshot()
    old.sync_all()
    old.settle()
    assert changes(before, old.plex.snapshot()) == CHANGES
    assert old.outcomes() == {
        **dict.fromkeys(old.stash.library.scenes, "synced"),
        old.scene_named("Ignored"): "filtered",
        old.scene_named("Ambiguous"): "ambiguous",
        old.scene_named("Parked"): "not_in_plex",
    }
    assert old.letters() == []


def test_the_second_sync_all_writes_nothing(old: OldHouse) -> None:
    old.sync_all()
    old.settle()
    assert old.writes(old.sync_all) == []


def test_the_worker_that_runs_after_the_update_changes_nothing_but_the_table(
    old: OldHouse,
) -> None:
    """No Sync All: the waiting job, the reading back and the sweep of the resident worker."""
    before = old.plex.snapshot()
    old.pass_time(6 * 3600.0)
    expected = {"Waiting": CHANGES["Waiting"]}
    assert changes(before, old.plex.snapshot()) == expected
    assert [letter[0] for letter in old.letters()] == [old.scene_named("Refused")]


def test_edits_of_users_meanwhile_are_treated_as_the_documents_say(old: OldHouse) -> None:
    user = old.plex.user
    everything, rated = old.item_named("Everything"), old.item_named("Rated")
    user.edit(everything, {"summary": "A user's words."})
    user.add_tag(everything, "genre", "Cosy")
    user.rate(everything, 3.0)
    user.rate(rated, 2.0)
    user.leave_collection(everything, "Northlight")
    before = old.plex.snapshot()
    old.sync_all()
    old.settle()
    now = changes(before, old.plex.snapshot())
    assert now == CHANGES | {"Everything": {"summary": ("A user's words.", "Docks at night.")}}


def test_a_value_that_was_adopted_is_not_cleared(old: OldHouse) -> None:
    adopted, scene = old.item_named("Adopted"), old.scene_named("Adopted")
    old.sync_all()
    old.settle()
    old.clock.now += 5
    old.edit(scene, details="", tags=[])
    old.settle()
    assert adopted.fields["summary"] == "Written by hand."
    assert adopted.tags["genre"] == ["Sea"]


def test_a_written_value_is_cleared(old: OldHouse) -> None:
    item, scene = old.item_named("Everything"), old.scene_named("Everything")
    old.sync_all()
    old.settle()
    old.clock.now += 5
    old.edit(scene, details="", tags=[], rating100=None, studio=None)
    old.settle()
    assert "summary" not in item.fields
    assert "userRating" not in item.fields
    assert (item.tags["genre"], item.tags["collection"]) == ([], ["Harbour"])


@pytest.mark.parametrize("part_ids", ["new", "same"])
def test_an_old_entry_says_nothing_of_another_film_under_its_key(
    old: OldHouse, part_ids: str
) -> None:
    """The library was made anew before the update: old keys, other films, values of users."""
    made = old.rebuild(keys="shifted", part_ids=part_ids)
    strangers = {}
    for path, item in made.items():
        old.plex.user.edit(item, {"tagline": path}, {"genre": ["Noir", "Sea", "Mine"]})
        old.plex.user.rate(item, 8.0)
        strangers[path] = item
    for scene in old.stash.library.scenes:
        old.stash.library.touch(scene, rating100=None)
    old.sync_all()
    old.settle()
    for path, item in strangers.items():
        assert item.fields["tagline"] == path
        assert {"Noir", "Sea", "Mine"} <= set(item.tags["genre"]), path
        assert item.fields["userRating"] == "8.0"
        name = path.rpartition("/")[2].removesuffix(".mp4")
        if name not in ("Ignored", "Untitled"):
            assert item.title == old.stash.library.scenes[old.scene_named(name)].title


def test_an_old_pin_gains_its_file_at_the_first_look(old: OldHouse) -> None:
    films = old.plex.library.sections[2]
    old.sync_all()
    old.settle()
    files = ["/mnt/films/b/Pinned.mp4", "/mnt/films/a/Pinned.mp4"]
    rest = [item.files[0] for item in old.plex.items(films) if item.files[0] not in files]
    made = old.plex.disk.rebuild(films, reuse_keys=True, order=[*rest, *files])
    old.stash.library.touch(old.scene_named("Pinned"), details="After the rebuild.")
    old.sync_all()
    assert made[files[0]].fields.get("summary") == "After the rebuild."
    assert "summary" not in made[files[1]].fields


def test_an_old_pin_to_a_key_that_is_another_film_is_asked_for_again(old: OldHouse) -> None:
    pinned = old.item_named("Pinned", "b")
    old.plex.library.remove(pinned)
    stranger = old.stranger("/media/videos/Stranger.mp4", pinned.rating_key)
    before = old.plex.snapshot()[stranger.rating_key]
    old.stash.library.touch(old.scene_named("Pinned"), details="Whose?")
    old.sync_all()
    old.settle()
    assert old.plex.snapshot()[stranger.rating_key] == before


def test_an_ignored_scene_stays_ignored(old: OldHouse) -> None:
    before = old.plex.snapshot()[old.item_named("Ignored").rating_key]
    old.edit(old.scene_named("Ignored"), details="Nobody wants this.")
    old.settle()
    assert old.plex.snapshot()[old.item_named("Ignored").rating_key] == before


def test_a_parked_scene_is_woken_by_its_file(old: OldHouse) -> None:
    item = old.item_at("/media/videos/Parked.mp4")
    old.pass_time(300.0)
    assert item.fields.get("summary") == "Not in Plex yet."


# -- the file ---------------------------------------------------------------------------------


def schema(path: Path) -> tuple[int, list[tuple[str, str]]]:
    """The version of a database and the SQL of all it has."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return version, sorted(rows.fetchall())
    finally:
        connection.close()


def rows(path: Path) -> list[str]:
    """Everything in a database, as SQL."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


@pytest.mark.posix
def test_the_old_database_is_copied_before_it_is_changed(old: OldHouse) -> None:
    copy = old.database.with_name("data.db.v1")
    assert copy.is_file()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert schema(copy) == schema(DATABASE)
    assert rows(copy) == rows(DATABASE)
    old.sync_all()
    assert rows(copy) == rows(DATABASE)


def test_a_second_start_leaves_the_copy_alone(old: OldHouse) -> None:
    copy = old.database.with_name("data.db.v1")
    before = copy.stat().st_mtime_ns
    old.sync_all()
    old.settle()
    old.manager.jobs.close()
    old.manager = type(old.manager)(str(old.data_dir))
    assert copy.stat().st_mtime_ns == before


@pytest.mark.slow
@pytest.mark.posix
def test_a_migration_killed_at_any_moment_is_repeated(tmp_path: Path) -> None:
    script = Path(__file__).parents[1] / "data" / "killed_update.py"
    command = [sys.executable, str(script), str(tmp_path), str(DATABASE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) >= 10  # moments
