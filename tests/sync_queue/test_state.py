"""Small facts: a record comes back as it was saved, and damage reads as the defaults."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_queue.facts import Facts
from sync_queue.manager import QueueManager
from sync_queue.state import (
    Breaker,
    BreakerState,
    HoldNote,
    LastError,
    LastRuns,
    LibraryRun,
    Record,
    Restored,
    RunNote,
    SweepNote,
    WokenNote,
    WrongSettings,
    read_record,
)

RECORDS: tuple[Record, ...] = (
    Breaker(BreakerState.OPEN, 5, 2, 10.0, 30.5, 20.0, 1),
    HoldNote("setup", "The token is wrong.", 5.0),
    LastError("scene:7", "Plex said no.", 6.0),
    WrongSettings(("max_tags is no number.", "Another.")),
    SweepNote(7.0, 1.0),
    WokenNote("server", 40),
    LibraryRun(8.0, 9.0, "settings", 12, 5, True),
    LastRuns((RunNote("Sync All Scenes", 9.0, 3, 2, 1), RunNote("Retry Failed"))),
    Restored(1.0, 2.0, "It was damaged."),
)
KINDS = [type(record) for record in RECORDS]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.NAME)
def test_a_record_comes_back_as_it_was_saved_until_it_is_cleared(
    manager: QueueManager, record: Record
) -> None:
    kind = type(record)
    assert manager.state.load(kind) == kind()
    with manager.transaction():
        manager.state.save(kind())
        manager.state.save(record)
    with QueueManager(manager.data_dir) as other:
        assert other.state.load(kind) == record
    manager.state.clear(kind)
    assert manager.state.load(kind) == kind()


def test_a_record_that_is_rolled_back_was_never_there(manager: QueueManager) -> None:
    with pytest.raises(ZeroDivisionError), manager.transaction():
        manager.state.save(HoldNote("setup"))
        _ = 1 / 0
    assert manager.state.load(HoldNote) == HoldNote()


@pytest.mark.parametrize(
    "document",
    [
        "",
        '{"vers',
        "[]",
        "null",
        "[" * 100_000,
        '{"version": 2, "failures": 5}',
        '{"version": 1, "failures": "5"}',
        '{"version": 1, "failures": true}',
        '{"version": 1, "probe_at": NaN}',
        '{"version": 1, "probe_at": 1e999}',
        '{"version": 1, "state": "ajar"}',
        '{"version": 1, "state": 5}',
    ],
)
def test_a_damaged_or_unknown_document_reads_as_the_defaults(
    manager: QueueManager, document: str
) -> None:
    insert = "INSERT INTO state (name, doc) VALUES ('breaker', ?)"
    manager.connection.execute(insert, (document,))
    assert manager.state.load(Breaker) == Breaker()
    facts = Facts({"breaker": document})
    assert facts.outage == ""
    assert facts.number("breaker", "probe_at") == 0


def test_a_document_of_version_1_0_reads_as_its_record() -> None:
    document = {"version": 1, "at": 5, "unknown": [1]}
    assert read_record(SweepNote, json.dumps(document)) == SweepNote(at=5.0)
    run = {"task": "Sync All Scenes", "at": 5.0, "done": 2, "left": 1, "problems": 0}
    assert read_record(LastRuns, json.dumps({"version": 1, "runs": [run]})) == LastRuns(
        (RunNote("Sync All Scenes", 5.0, 2, 1),)
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.sampled_from(KINDS), st.data())
def test_any_document_reads_as_a_record_of_the_right_types(
    kind: type[Record], data: st.DataObject
) -> None:
    names = sorted(json.loads(json.dumps(dict.fromkeys(kind.__dataclass_fields__, 0))))
    doc = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON)))
    found = read_record(kind, json.dumps({"version": 1, **doc}))
    for name in names:
        assert type(getattr(found, name)) is type(getattr(kind(), name))
