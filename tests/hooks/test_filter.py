"""Which events matter: pure decisions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks import handlers, protocol
from hooks.handlers import FIELDS_WITHOUT_EFFECT, job_for, requires_plex_sync

COUNTERS = ("resume_time", "play_duration", "play_count", "o_counter", "last_played_at")


@pytest.mark.parametrize(
    ("fields", "matters"),
    [
        (None, True),  # a scan: a file is new, moved or changed
        (("id",), False),
        (("ids",), False),
        (("clientMutationId", "id"), False),
        *(((counter, "id"), False) for counter in COUNTERS),
        (COUNTERS, False),
        (("id", "title"), True),
        ((*COUNTERS, "title"), True),
        (("id", "organized"), True),
        (("cover_image", "id"), True),
        (("id", "files"), True),
        (("ids", "rating100", "tag_ids"), True),
        (("id", "a_field_of_a_later_stash"), True),
        (("ID",), True),  # names are compared exactly
        (("",), True),
    ],
)
def test_only_fields_known_not_to_matter_are_ignored(
    fields: tuple[str, ...] | None, matters: bool
) -> None:
    assert requires_plex_sync(fields) is matters


@given(st.sets(st.sampled_from(sorted(FIELDS_WITHOUT_EFFECT)), min_size=1), st.text())
def test_one_unknown_name_is_enough(ignored: set[str], name: str) -> None:
    assert not requires_plex_sync(tuple(ignored))
    assert requires_plex_sync((*ignored, name)) is (name not in FIELDS_WITHOUT_EFFECT)


def event(kind: str, fields: list[str] | None = None, number: int = 7) -> protocol.Event:
    hook: dict[str, object] = {"id": number, "type": kind, "input": None}
    if fields is not None:
        hook["inputFields"] = fields
    return protocol.parse_event(json.dumps({"args": {"hookContext": hook}}).encode())


@pytest.mark.parametrize(
    ("kind", "fields", "job"),
    [
        ("Scene.Create.Post", None, ("scene:7", 7)),
        ("Scene.Update.Post", None, ("scene:7", 7)),
        ("Scene.Update.Post", [], ("scene:7", 7)),  # names nothing: as if none were sent
        ("Scene.Update.Post", ["id", "title"], ("scene:7", 7)),
        ("Scene.Update.Post", ["id", "play_count"], None),
        ("Scene.Destroy.Post", None, ("scene:7", 7)),
        ("Scene.Destroy.Post", ["id"], ("scene:7", 7)),
        ("Performer.Update.Post", ["id", "name"], ("performer:7", 0)),
        ("Performer.Update.Post", ["id", "weight"], None),
        ("Performer.Update.Post", ["id", "tag_ids"], ("performer_tags:7", 0)),
        ("Performer.Update.Post", ["tag_ids", "name"], ("performer:7", 0)),
        ("Studio.Update.Post", ["id", "tag_ids"], None),
        ("Performer.Create.Post", None, None),  # no scene shows it yet
        ("Performer.Destroy.Post", None, ("performer:7", 0)),
        ("Performer.Destroy.Post", ["id"], ("performer:7", 0)),
        ("Studio.Update.Post", ["id", "parent_id"], ("studio:7", 0)),
        ("Studio.Update.Post", None, ("studio:7", 0)),
        ("Tag.Merge.Post", None, ("tag:7", 0)),
        ("Group.Update.Post", ["name"], ("group:7", 0)),
        ("Gallery.Update.Post", ["title"], None),
        ("Scene.Export.Post", None, None),
        ("SceneMarker.Update.Post", None, None),
        ("Scene", None, None),
        ("", None, None),
    ],
)
def test_an_event_becomes_the_job_of_its_thing(
    kind: str, fields: list[str] | None, job: tuple[str, int] | None
) -> None:
    assert job_for(event(kind, fields)) == job


@pytest.mark.parametrize("fields", [5, "title", {"title": 1}, None, True])
def test_input_fields_that_are_no_list_count_as_not_sent(fields: object) -> None:
    hook = {"id": 7, "type": "Scene.Update.Post", "inputFields": fields}
    found = protocol.parse_event(json.dumps({"args": {"hookContext": hook}}).encode())
    assert job_for(found) == ("scene:7", 7)


@given(st.lists(st.sampled_from(["id", "title", "date", "tag_ids", "groups"]), unique=True))
def test_the_reader_finds_the_fields_that_json_finds(names: list[str]) -> None:
    found = event("Scene.Update.Post", names)
    assert found.fields == (tuple(names) or None)


# SQLite's integers have 64 bits, and its texts end at a NUL: no setting has either.
PLAIN = st.integers(-(2**63), 2**63 - 1) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
)


@given(st.recursive(st.none() | st.booleans() | PLAIN, st.lists, max_leaves=5))
def test_any_json_object_can_be_read(value: object) -> None:
    for args in (value, {"hookContext": value}, {"hookContext": {"id": value, "type": value}}):
        found = protocol.parse_event(json.dumps({"args": args, "settings": value}).encode())
        assert isinstance(found.id, int)
        assert isinstance(found.type, str)
        assert json.loads(found.connection)["settings"] == value


def test_the_ignored_names_are_those_of_the_contract() -> None:
    assert {"id", "ids", "clientMutationId", *COUNTERS} == handlers.FIELDS_WITHOUT_EFFECT
