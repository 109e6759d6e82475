"""The tables about scenes over a real SQLite file: outcomes, parked files, the user's decisions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_queue.scenes import CREATE, SYNCED, Outcome, Scenes
from sync_queue.trouble import DatabaseDamaged
from validation.reasons import NEEDS_USER, Reason
from validation.records import Pin

texts = st.text(max_size=30)
numbers = st.integers(0, 2**53)

PIN = Pin("one", 1, 7, "/plex/a.mp4", added_at=100, part_ids=(11, 12))


def opened(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for _twice in range(2):
        for statement in CREATE:
            connection.execute(statement)
    return connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = opened(str(tmp_path / "data.db"))
    yield database
    database.close()


@pytest.fixture
def scenes(connection: sqlite3.Connection) -> Scenes:
    return Scenes(connection)


def settle(scenes: Scenes, scene_id: int, outcome: str, *files: tuple[str, int]) -> None:
    scenes.set_outcome(Outcome(scene_id, outcome, {"sentence": "x"}, "then", 1.0), files=files)


def test_nothing_is_known_at_first(scenes: Scenes) -> None:
    assert scenes.outcome(7) is None
    assert not scenes.is_ignored(7)
    assert scenes.pin_of_scene("one", 7) is None
    assert scenes.counts() == {}
    assert not scenes.has_parked()


# -- outcomes --------------------------------------------------------------------------------------


@given(st.dictionaries(texts, st.none() | st.booleans() | numbers | texts | st.lists(texts)))
def test_an_outcome_comes_back_with_its_story(detail: dict[str, object]) -> None:
    connection = opened(":memory:")
    scenes = Scenes(connection)
    detail.pop("version", None)
    stored = Outcome(7, Reason.AMBIGUOUS, detail, "2026-01-01T00:00:00Z", 5.0)
    scenes.set_outcome(stored, files=())
    assert scenes.outcome(7) == stored
    connection.close()


def test_outcomes_are_counted_and_listed_by_pages(scenes: Scenes) -> None:
    for scene_id in range(1, 8):
        settle(scenes, scene_id, Reason.AMBIGUOUS if scene_id % 2 else SYNCED)
    settle(scenes, 20, Reason.ITEM_TAKEN)
    assert scenes.counts() == {"ambiguous": 4, "synced": 3, "item_taken": 1}
    assert scenes.counts(since=2.0) == {}
    first = scenes.outcomes(NEEDS_USER, limit=3)
    assert [one.scene_id for one in first] == [1, 3, 5]
    rest = scenes.outcomes(NEEDS_USER, after=5)
    assert [one.scene_id for one in rest] == [7, 20]
    assert scenes.outcomes(()) == []


def test_a_later_outcome_takes_the_place_of_the_earlier(scenes: Scenes) -> None:
    settle(scenes, 7, Reason.AMBIGUOUS)
    later = Outcome(7, SYNCED, {}, "later", 2.0)
    scenes.set_outcome(later, files=())
    assert scenes.counts() == {"synced": 1}
    assert scenes.outcome(7) == later


def test_writes_are_summed_since_a_time(scenes: Scenes) -> None:
    for scene_id, written in [(1, 2), (2, 0), (3, 5)]:
        outcome = Outcome(scene_id, SYNCED, {"writes": written}, "", float(scene_id))
        scenes.set_outcome(outcome, files=())
    settle(scenes, 4, Reason.AMBIGUOUS)
    assert scenes.writes(since=0.0) == 7
    assert scenes.writes(since=3.0) == 5
    assert scenes.writes(since=9.0) == 0


def test_the_scenes_that_an_owner_kept_out_are_found(scenes: Scenes) -> None:
    for scene_id, item, owner in [(1, 10, 7), (2, 11, 7), (3, 12, 8)]:
        detail = {"item": item, "owner": owner}
        scenes.set_outcome(Outcome(scene_id, Reason.ITEM_TAKEN, detail), files=())
    settle(scenes, 4, Reason.ITEM_TAKEN)
    assert scenes.kept_out(7) == [1, 2]
    assert scenes.kept_out(7, but_from=[11]) == [1]
    assert scenes.kept_out(9) == []


def test_the_sweep_asks_for_the_times_of_whole_pages(
    connection: sqlite3.Connection, scenes: Scenes
) -> None:
    connection.execute("BEGIN")
    for scene_id in range(1, 1101):
        scenes.set_outcome(Outcome(scene_id, SYNCED, {}, f"time {scene_id}"), files=())
    found = scenes.updated_at(range(1000, 1200))
    assert found == {number: f"time {number}" for number in range(1000, 1101)}
    assert len(scenes.updated_at(range(1, 1101))) == 1100


def test_scenes_are_found_by_the_things_that_they_showed(scenes: Scenes) -> None:
    for scene_id, related in [(1, "tag:1 tag:12"), (2, "tag:12"), (3, "")]:
        scenes.set_outcome(Outcome(scene_id, SYNCED), files=(), related=related)
    assert scenes.showing("tag:1") == [1]
    assert scenes.showing("tag:12") == [1, 2]
    assert scenes.showing("tag:12", after=1) == [2]
    settle(scenes, 1, Reason.AMBIGUOUS)
    assert scenes.showing("tag:1") == [1], "an outcome that does not say leaves it as it is"


def test_a_story_that_cannot_be_read_is_an_error(
    connection: sqlite3.Connection, scenes: Scenes
) -> None:
    settle(scenes, 7, SYNCED)
    connection.execute("UPDATE scenes SET detail = 'no json'")
    with pytest.raises(DatabaseDamaged):
        scenes.outcome(7)


# -- files that scenes wait for --------------------------------------------------------------------


WAITS_FOR = ("/plex/Trip/Zoë.mp4", 700)


@pytest.mark.parametrize(
    ("new", "wakes"),
    [
        (("/plex/trip/ZOË.mp4", 5), True),  # the path
        (("/other/Trip/Zoë.mp4", 5), True),  # the folder and the name
        (("D:\\new\\Zoë.mp4", 700), True),  # the name and the size
        (("/other/Trip/Renamed.mp4", 700), True),  # the folder and the size
        (("/other/Zoë.mp4", 5), False),
        (("/other/Trip/Renamed.mp4", 5), False),
        (("/other/Renamed.mp4", 700), False),
    ],
)
def test_a_new_file_wakes_by_two_facts(scenes: Scenes, new: tuple[str, int], wakes: bool) -> None:
    settle(scenes, 7, Reason.NOT_IN_PLEX, WAITS_FOR)
    assert scenes.parked_scenes([new]) == [7] * wakes


def test_a_name_is_enough_where_the_size_is_unknown(scenes: Scenes) -> None:
    settle(scenes, 7, Reason.NOT_IN_PLEX, ("/plex/Zoë.mp4", 0))
    assert scenes.parked_scenes([("/other/ZOË.mp4", 5)]) == [7]


@pytest.mark.parametrize("outcome", [Reason.NOT_IN_PLEX, Reason.AMBIGUOUS, Reason.ITEM_TAKEN])
def test_a_scene_waits_for_files_until_it_is_synced(scenes: Scenes, outcome: Reason) -> None:
    settle(scenes, 7, outcome, WAITS_FOR, ("/plex/b.mp4", 1))
    assert scenes.has_parked()
    assert scenes.parked_scenes([("/plex/b.mp4", 2)]) == [7]
    settle(scenes, 7, SYNCED, WAITS_FOR)
    assert not scenes.has_parked()
    assert scenes.parked_scenes([WAITS_FOR]) == []


def test_many_new_files_are_looked_up_together(scenes: Scenes) -> None:
    settle(scenes, 7, Reason.NOT_IN_PLEX, WAITS_FOR)
    settle(scenes, 8, Reason.NOT_IN_PLEX, ("/plex/b.mp4", 1))
    many = [(f"/plex/{number}.mp4", 2) for number in range(1200)]
    assert scenes.parked_scenes([*many, ("/plex/b.mp4", 1), WAITS_FOR]) == [7, 8]
    assert scenes.parked_scenes([]) == []


# -- the user's decisions --------------------------------------------------------------------------


def test_a_pin_comes_back_with_its_file_and_incarnation(scenes: Scenes) -> None:
    scenes.pin(PIN)
    assert scenes.pin_of_scene("one", 7) == PIN
    assert scenes.pin_of_item("one", 1) == PIN
    assert scenes.pin_of_scene("two", 7) is None
    assert scenes.pin_of_item("two", 1) is None


def test_a_scene_has_one_pin(scenes: Scenes) -> None:
    scenes.pin(PIN)
    followed = replace(PIN, rating_key=2, part_ids=())
    scenes.pin(followed)
    assert scenes.pin_of_scene("one", 7) == followed
    assert scenes.pin_of_item("one", 1) is None


def test_the_latest_pin_to_an_item_wins(scenes: Scenes) -> None:
    scenes.pin(PIN)
    scenes.pin(replace(PIN, scene_id=8))
    assert scenes.pin_of_item("one", 1) == replace(PIN, scene_id=8)
    assert scenes.pin_of_scene("one", 7) is None


def test_pin_and_ignore_exclude_each_other_and_outlive_outcomes(scenes: Scenes) -> None:
    scenes.pin(PIN)
    settle(scenes, 7, SYNCED)
    assert scenes.pin_of_scene("one", 7) == PIN
    scenes.ignore(7)
    settle(scenes, 7, Reason.FILTERED)
    assert scenes.is_ignored(7)
    assert scenes.pin_of_scene("one", 7) is None
    scenes.pin(PIN)
    assert not scenes.is_ignored(7)
    scenes.undecide(7)
    assert scenes.pin_of_scene("one", 7) is None


def test_a_decision_alone_is_no_outcome(scenes: Scenes) -> None:
    scenes.ignore(7)
    assert scenes.outcome(7) is None
    assert scenes.counts() == {}
    assert scenes.updated_at([7]) == {}


def test_a_scene_that_is_gone_is_forgotten(scenes: Scenes) -> None:
    settle(scenes, 7, Reason.NOT_IN_PLEX, WAITS_FOR)
    settle(scenes, 8, SYNCED)
    scenes.pin(PIN)
    scenes.forget_scene(7)
    assert scenes.outcome(7) is None
    assert scenes.pin_of_scene("one", 7) is None
    assert scenes.parked_scenes([WAITS_FOR]) == []
    assert scenes.outcome(8) is not None


def test_nothing_is_committed_here(connection: sqlite3.Connection, scenes: Scenes) -> None:
    connection.execute("BEGIN")
    settle(scenes, 7, Reason.NOT_IN_PLEX, WAITS_FOR)
    scenes.pin(PIN)
    connection.execute("ROLLBACK")
    assert scenes.outcome(7) is None
    assert scenes.pin_of_scene("one", 7) is None
    assert not scenes.has_parked()
