"""The ledger over a real SQLite file: what was written to which Plex item."""

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
from sync_queue.trouble import DatabaseDamaged, DatabaseTooNew
from validation.errors import QueueError
from validation.records import FieldMemory, FieldState, LedgerEntry, Value

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
    assert ledger.items_of_scene("two", 7) == []


def test_nothing_is_known_at_first(ledger: Ledger) -> None:
    assert ledger.entry("one", 1) is None
    assert not ledger.knows_scene(7)
    assert ledger.unread_count("one") == 0


def test_an_item_that_another_scene_takes_over_leaves_the_first(ledger: Ledger) -> None:
    ledger.put(entry(scene_id=7))
    ledger.put(entry(scene_id=8))
    assert ledger.entries_of_scene("one", 7) == []
    assert ledger.entries_of_scene("one", 8) == [entry(scene_id=8)]


def test_the_entries_of_a_scene_that_is_gone_stay_without_an_owner(ledger: Ledger) -> None:
    for one in (entry(1), entry(2, server="two"), entry(3, scene_id=8)):
        ledger.put(one)
    ledger.release_scene(7)
    assert not ledger.knows_scene(7)
    assert ledger.entry("one", 1) == entry(1, scene_id=0)
    assert ledger.entry("two", 2) == entry(2, scene_id=0, server="two")
    assert ledger.entry("one", 3) == entry(3, scene_id=8)


def test_a_scene_that_moves_to_another_item_releases_the_first(ledger: Ledger) -> None:
    for one in (entry(1), entry(2), entry(3, server="two")):
        ledger.put(one)
    assert ledger.release_items("one", 7, keep=[2]) == [1]
    assert ledger.items_of_scene("one", 7) == [2]
    assert ledger.items_of_scene("two", 7) == [3]
    assert ledger.entry("one", 1) == entry(1, scene_id=0)
    assert ledger.release_items("one", 7, keep=[2]) == []


def test_entries_that_were_not_read_back_are_found_after_a_restart(ledger: Ledger) -> None:
    ledger.put(entry(1))
    ledger.put(unread(2))
    ledger.put(unread(3, server="two"))
    assert [one.rating_key for one in ledger.unread_entries("one")] == [2]
    assert ledger.unread_count("one") == 1
    ledger.put(entry(2))
    assert ledger.unread_entries("one") == []


def test_an_item_that_is_gone_is_forgotten(ledger: Ledger) -> None:
    ledger.put(entry(1))
    ledger.put(entry(2))
    ledger.forget_item("one", 1)
    assert [one.rating_key for one in ledger.entries_of_scene("one", 7)] == [2]


def test_nothing_is_committed_here(connection: sqlite3.Connection, ledger: Ledger) -> None:
    connection.execute("BEGIN")
    ledger.put(entry())
    connection.execute("ROLLBACK")
    assert ledger.entry("one", 1) is None


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
    assert found.unread, "the address of its poster is not known"


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
