"""The ledger over a real SQLite file: entries, outcomes, and what a person decided."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync_queue.ledger import CREATE, Ledger
from sync_queue.ledger_documents import read_entry, write_entry
from sync_queue.scenes import SYNCED, Outcome
from sync_queue.trouble import DatabaseDamaged, DatabaseTooNew
from validation.errors import QueueError
from validation.reasons import NEEDS_USER, Reason
from validation.records import FieldMemory, FieldState, LedgerEntry, Owner, Value

texts = st.text(max_size=30)
names = st.lists(texts, max_size=4).map(tuple)
numbers = st.integers(0, 2**53)


def memories(values: st.SearchStrategy[Value]) -> st.SearchStrategy[FieldMemory]:
    return st.builds(
        FieldMemory,
        written=values,
        stored=values,
        original=st.none() | values,
        original_locked=st.booleans(),
        state=st.sampled_from(FieldState),
        removed=names,
        doubts=st.integers(0, 3),
        before=st.none() | values,
        locked=st.booleans(),
        adopted=names,
        order=names,
    )


entries = st.builds(
    LedgerEntry,
    server=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    rating_key=st.integers(1, 2**40),
    section_id=numbers,
    scene_id=st.integers(1, 2**40),
    fields=st.dictionaries(texts, memories(texts) | memories(names), max_size=4),
    intended=st.dictionaries(texts, memories(texts) | memories(names), max_size=2),
    images=st.dictionaries(texts, texts, max_size=2),
    image_versions=st.dictionaries(texts, texts, max_size=2),
    image_notes=st.dictionaries(texts, texts, max_size=2),
    scene_file=texts,
    added_at=numbers,
    part_ids=st.lists(numbers, max_size=3).map(tuple),
    searched=texts,
    file=st.text(st.characters(), max_size=20),  # also half characters of a damaged name
)


def opened(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in CREATE:
        connection.execute(statement)
    return connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = opened(str(tmp_path / "data.db"))
    yield database
    database.close()


@pytest.fixture
def ledger(connection: sqlite3.Connection) -> Ledger:
    return Ledger(connection)


def entry(rating_key: int = 1, scene_id: int = 7, server: str = "one") -> LedgerEntry:
    return LedgerEntry(server, rating_key, 3, scene_id, file="/plex/a.mp4")


def unread(rating_key: int, server: str = "one") -> LedgerEntry:
    sent = FieldMemory("New", "New", "Old", state=FieldState.SENT)
    return replace(entry(rating_key, server=server), fields={"title": sent})


def settle(ledger: Ledger, scene_id: int, outcome: str, now: float = 1.0, **more: str) -> None:
    files = more.pop("files", "").split()
    scenes.set_outcome(
        scene_id,
        outcome,
        {"sentence": "x"},
        scene_updated_at=more.pop("scene_updated_at", "2026-01-01T00:00:00Z"),
        files=files,
        now=now,
    )


@given(entries)
def test_every_entry_comes_back_as_it_was(original: LedgerEntry) -> None:
    assert read_entry(json.dumps(write_entry(original))) == original


@example([replace(entry(), file="\ud800")])
@settings(max_examples=15)
@given(st.lists(entries, max_size=4))
def test_the_newest_entry_of_an_item_is_found_by_item_and_by_scene(
    stored: list[LedgerEntry],
) -> None:
    connection = opened(":memory:")
    ledger = Ledger(connection)
    newest = {}
    for one in stored:
        ledger.put(one)
        newest[one.server, one.rating_key] = one
    for (server, key), one in newest.items():
        assert ledger.entry(server, key) == one
        assert one in ledger.entries_of_scene(server, one.scene_id)
        assert ledger.knows_scene(one.scene_id)
    connection.close()


def test_the_tables_can_be_made_again(connection: sqlite3.Connection, ledger: Ledger) -> None:
    ledger.put(entry())
    for statement in CREATE:
        connection.execute(statement)
    assert ledger.entry("one", 1) == entry()


def test_another_server_is_no_memory(ledger: Ledger) -> None:
    ledger.put(entry())
    assert ledger.entry("two", 1) is None
    assert ledger.entries_of_scene("two", 7) == []
    assert ledger.owner("two", 1) is None


def test_nothing_is_known_at_first(ledger: Ledger) -> None:
    assert ledger.entry("one", 1) is None
    assert scenes.outcome(7) is None
    assert not ledger.knows_scene(7)
    assert not scenes.is_ignored(7)
    assert ledger.pinned_item(7, "one") is None
    assert scenes.counts() == {}


def test_an_item_that_another_scene_takes_over_leaves_the_first(ledger: Ledger) -> None:
    ledger.put(entry(scene_id=7))
    ledger.put(entry(scene_id=8))
    assert ledger.entries_of_scene("one", 7) == []
    assert ledger.owner("one", 1) == Owner(8, "/plex/a.mp4", pinned=False)


def test_entries_that_were_not_read_back_are_found_after_a_restart(ledger: Ledger) -> None:
    ledger.put(entry(1))
    ledger.put(unread(2))
    ledger.put(unread(3, server="two"))
    assert [one.rating_key for one in ledger.unread_entries("one")] == [2]
    ledger.put(entry(2))
    assert ledger.unread_entries("one") == []


def test_an_item_that_is_gone_is_forgotten(ledger: Ledger) -> None:
    ledger.put(entry(1))
    ledger.put(entry(2))
    ledger.forget_item("one", 1)
    assert [one.rating_key for one in ledger.entries_of_scene("one", 7)] == [2]


def test_a_scene_that_is_gone_is_forgotten_on_every_server(ledger: Ledger) -> None:
    ledger.put(entry(1))
    ledger.put(entry(2, server="two"))
    ledger.put(entry(3, scene_id=8))
    settle(ledger, 7, Reason.NOT_IN_PLEX, files="/stash/a.mp4")
    scenes.pin(7, "one", 1)
    ledger.forget_scene(7)
    assert not ledger.knows_scene(7)
    assert scenes.outcome(7) is None
    assert ledger.pinned_item(7, "one") is None
    assert scenes.parked_scenes(["a.mp4"]) == []
    assert ledger.knows_scene(8)


@given(st.dictionaries(texts, st.none() | st.booleans() | numbers | texts | st.lists(texts)))
def test_an_outcome_comes_back_with_its_story(detail: dict[str, object]) -> None:
    connection = opened(":memory:")
    ledger = Ledger(connection)
    detail.pop("version", None)
    scenes.set_outcome(
        7, Reason.AMBIGUOUS, detail, scene_updated_at="2026-01-01T00:00:00Z", files=(), now=5.0
    )
    expected = Outcome(7, "ambiguous", detail, "2026-01-01T00:00:00Z", 5.0)
    assert scenes.outcome(7) == expected
    connection.close()


def test_outcomes_are_counted_and_listed_by_pages(ledger: Ledger) -> None:
    for scene_id in range(1, 8):
        settle(ledger, scene_id, Reason.AMBIGUOUS if scene_id % 2 else SYNCED)
    settle(ledger, 20, Reason.ITEM_TAKEN)
    assert scenes.counts() == {"ambiguous": 4, "synced": 3, "item_taken": 1}
    first = scenes.outcomes(NEEDS_USER, limit=3)
    assert [one.scene_id for one in first] == [1, 3, 5]
    rest = scenes.outcomes(NEEDS_USER, after=5)
    assert [one.scene_id for one in rest] == [7, 20]
    assert scenes.outcomes(()) == []


def test_a_later_outcome_takes_the_place_of_the_earlier(ledger: Ledger) -> None:
    settle(ledger, 7, Reason.AMBIGUOUS, 1.0)
    settle(ledger, 7, SYNCED, 2.0)
    assert scenes.counts() == {"synced": 1}
    outcome = scenes.outcome(7)
    assert outcome is not None
    assert outcome.changed_at == 2.0


def test_a_parked_scene_is_found_by_the_name_of_a_new_file(ledger: Ledger) -> None:
    settle(ledger, 7, Reason.NOT_IN_PLEX, files="/stash/Zoë.mp4 /stash/b.mp4")
    settle(ledger, 8, Reason.NOT_IN_PLEX, files="C:\\Videos\\b.MP4")
    settle(ledger, 9, SYNCED, files="/stash/b.mp4")
    assert scenes.parked_scenes(["D:\\Plex\\ZOË.mp4"]) == [7]
    assert scenes.parked_scenes(["/plex/b.mp4", "/plex/Zoë.mp4"]) == [7, 8]
    assert scenes.parked_scenes([]) == []
    many = [f"/plex/{number}.mp4" for number in range(1200)]
    assert scenes.parked_scenes([*many, "/plex/b.mp4"]) == [7, 8]


def test_a_scene_that_was_woken_is_parked_no_more(ledger: Ledger) -> None:
    settle(ledger, 7, Reason.NOT_IN_PLEX, files="/stash/a.mp4")
    settle(ledger, 7, SYNCED, files="/stash/a.mp4")
    assert scenes.parked_scenes(["a.mp4"]) == []


def test_the_sweep_asks_for_the_times_of_whole_pages(
    connection: sqlite3.Connection, ledger: Ledger
) -> None:
    connection.execute("BEGIN")
    for scene_id in range(1, 1101):
        settle(ledger, scene_id, SYNCED, scene_updated_at=f"time {scene_id}")
    found = scenes.updated_at(range(1000, 1200))
    assert found == {number: f"time {number}" for number in range(1000, 1101)}
    assert len(scenes.updated_at(range(1, 1101))) == 1100
    assert ledger.scene_ids(after=1098) == [1099, 1100]
    assert len(ledger.scene_ids()) == 500


def test_scenes_are_found_by_what_they_showed(ledger: Ledger) -> None:
    for scene_id, related in [(1, ["tag:1", "tag:12"]), (2, ["tag:12"]), (3, [])]:
        scenes.set_outcome(
            scene_id, SYNCED, {}, scene_updated_at="", files=(), now=1.0, related=related
        )
    assert scenes.showing("tag:1") == [1]
    assert scenes.showing("tag:12") == [1, 2]
    assert scenes.showing("tag:12", after=1) == [2]
    settle(ledger, 1, Reason.AMBIGUOUS)
    assert scenes.showing("tag:1") == [1], "an outcome that does not say leaves it as it is"


def test_waiting_scenes_are_known_to_exist(ledger: Ledger) -> None:
    assert not scenes.has_parked()
    settle(ledger, 7, Reason.NOT_IN_PLEX, files="/stash/a.mp4")
    assert scenes.has_parked()


def test_a_pin_names_an_item_of_one_server(ledger: Ledger) -> None:
    ledger.put(entry(1))
    scenes.pin(7, "one", 1)
    assert ledger.pinned_item(7, "one") == 1
    assert ledger.pinned_item(7, "two") is None
    assert ledger.owner("one", 1) == Owner(7, "/plex/a.mp4", pinned=True)
    scenes.pin(7, "one", 2)
    assert ledger.owner("one", 1) == Owner(7, "/plex/a.mp4", pinned=False)


def test_pin_and_ignore_exclude_each_other_and_outlive_outcomes(ledger: Ledger) -> None:
    scenes.pin(7, "one", 1)
    settle(ledger, 7, SYNCED)
    assert ledger.pinned_item(7, "one") == 1
    scenes.ignore(7)
    settle(ledger, 7, Reason.FILTERED)
    assert scenes.is_ignored(7)
    assert ledger.pinned_item(7, "one") is None
    scenes.pin(7, "one", 3)
    assert not scenes.is_ignored(7)
    scenes.undecide(7)
    assert ledger.pinned_item(7, "one") is None


def test_a_decision_alone_is_no_outcome(ledger: Ledger) -> None:
    scenes.ignore(7)
    assert scenes.outcome(7) is None
    assert scenes.counts() == {}
    assert scenes.updated_at([7]) == {}
    assert ledger.scene_ids() == []


def test_nothing_is_committed_here(tmp_path: Path, connection: sqlite3.Connection) -> None:
    ledger = Ledger(connection)
    connection.execute("BEGIN")
    ledger.put(entry())
    settle(ledger, 7, Reason.NOT_IN_PLEX, files="/stash/a.mp4")
    scenes.pin(7, "one", 1)
    connection.execute("ROLLBACK")
    assert ledger.entry("one", 1) is None
    assert scenes.outcome(7) is None
    assert ledger.pinned_item(7, "one") is None


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ('{"version": 3}', DatabaseTooNew),
        ('{"version": 1}', DatabaseDamaged),
        ('{"version": 2}', DatabaseDamaged),
        ("{}", DatabaseDamaged),
        ("[]", DatabaseDamaged),
        ("no json", DatabaseDamaged),
    ],
)
def test_a_row_that_cannot_be_read_is_an_error_and_never_an_empty_memory(
    connection: sqlite3.Connection, ledger: Ledger, document: str, kind: type[QueueError]
) -> None:
    ledger.put(entry())
    connection.execute("UPDATE ledger SET doc = ?", (document,))
    with pytest.raises(kind):
        ledger.entry("one", 1)


def test_a_damaged_field_is_an_error(connection: sqlite3.Connection, ledger: Ledger) -> None:
    ledger.put(entry())
    connection.execute("UPDATE ledger SET doc = json_set(doc, '$.fields', json('{\"title\": 5}'))")
    with pytest.raises(DatabaseDamaged):
        ledger.entry("one", 1)


def test_lookups_use_indexes(connection: sqlite3.Connection) -> None:
    for query in (
        "SELECT doc FROM ledger WHERE scene_id = 1 AND server = 'x'",
        "SELECT doc FROM ledger WHERE server = 'x' AND item_updated_at = 0",
        "SELECT scene_id FROM parked_names WHERE name_key IN ('a')",
        "SELECT outcome, count(*) FROM scenes WHERE outcome != '' GROUP BY outcome",
    ):
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
        assert not [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]


def old_field(written: object, original: object, **more: object) -> dict[str, object]:
    return {"written": written, "original": original, **more}


def old_entry(**fields: dict[str, object]) -> str:
    """A document as version 1.0 wrote it."""
    document = {
        "version": 1,
        "server": "one",
        "rating_key": 1,
        "section_id": 3,
        "scene_id": 7,
        "images": {"poster": "1234"},
        "image_versions": {"poster": "5"},
        "fingerprint": "f",
        "considered": "c",
        "scene_updated_at": "2026-01-01T00:00:00Z",
        "item_updated_at": 9,
        "synced_at": 1.5,
        "file": "/plex/a.mp4",
        "fields": fields,
    }
    return json.dumps(document)


def test_an_entry_of_version_1_0_has_an_unknown_incarnation() -> None:
    found = read_entry(old_entry(title=old_field("New", "Old")))
    assert (found.file, found.scene_file, found.added_at, found.part_ids) == (
        "/plex/a.mp4",
        "",
        0,
        (),
    )
    assert found.images == {"poster": "1234"}
    assert found.fields == {"title": FieldMemory("New", "New", "Old")}
    assert not found.unread


@pytest.mark.parametrize(
    ("name", "field", "adopted"),
    [
        ("title", old_field("Same", "Same"), ("Same",)),
        ("title", old_field("New", "Old"), ()),
        ("title", old_field("", ""), ()),
        ("genre", old_field(["a", "B"], ["b", "A"]), ("a", "B")),
        ("genre", old_field(["a", "b"], ["A", "x"]), ()),
        ("genre", old_field(["a", "b"], ["A", "x"], original_locked=True), ("a",)),
        ("collection", old_field(["Studio", "Group"], ["Studio"]), ("Studio",)),
    ],
)
def test_a_field_of_version_1_0_that_plex_had_before_us_was_adopted(
    name: str, field: dict[str, object], adopted: tuple[str, ...]
) -> None:
    assert read_entry(old_entry(**{name: field})).fields[name].adopted == adopted


def test_a_write_of_version_1_0_that_was_not_read_back_is_unread() -> None:
    found = read_entry(
        old_entry(
            summary=old_field("", "Agent's", state="sent", removed=["Ours"]),
            studio=old_field("Ours", "Agent's", doubts=1),
            tagline=old_field("", "Agent's", state="planned"),
        )
    )
    assert found.unread
    assert found.fields["summary"].before == "Ours"
    assert found.fields["studio"].before == "Agent's"
    assert "tagline" not in found.fields
