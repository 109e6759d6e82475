"""The pure decisions of an undo, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plex.edit_plan import TagEdit
from plex.items import PlexItem
from plex.pictures import Shelf
from plex.undo import Stays, UndoPlan, asked_slots, not_taken, plan_undo
from tests.writing.builders import SERVER, item
from validation.records import FieldMemory, LedgerEntry, PictureBefore, Value

OURS = "Stash's."
SHA1 = "a" * 40
UPLOAD = f"upload://posters/{SHA1}"


def memory(written: Value, original: Value | None, **more: Any) -> FieldMemory:
    """A field that we wrote and locked."""
    return FieldMemory(written, more.pop("stored", written), original, **{"locked": True, **more})


def entry(**fields: FieldMemory) -> LedgerEntry:
    return LedgerEntry(SERVER, 42, 3, 7, fields=fields)


def plan(shown: PlexItem, **fields: FieldMemory) -> UndoPlan:
    return plan_undo(entry(**fields), shown, {})


TEXTS = {
    # what is remembered, what Plex shows, locked -> value, lock, why it stays, in the ledger
    "ours": (memory(OURS, "Old"), OURS, True, "Old", False, "", False),
    "ours, nothing before": (memory(OURS, ""), OURS, True, "", False, "", False),
    "ours, locked before": (memory(OURS, "Old", original_locked=True), OURS, True, "Old", None, "",
                            False),
    "ours, cut by Plex": (memory(OURS, "Old", stored="Sta…"), "Sta…", True, "Old", False, "",
                          False),
    "cleared by us": (memory("", "Old"), "", True, "Old", False, "", False),
    "a user's": (memory(OURS, "Old"), "Mine", True, None, None, Stays.CHANGED, False),
    "the agent's": (memory(OURS, "Old"), "New", False, None, None, Stays.CHANGED, False),
    "capitals of a user": (memory(OURS, "Old"), "STASH'S.", True, None, None, Stays.CHANGED, False),
    "back already": (memory(OURS, "Old"), "Old", False, None, None, "", False),
    "back but for its lock": (memory(OURS, "Old"), "Old", True, None, False, "", False),
    "adopted": (memory("Same", "Same", adopted=("Same",), locked=False), "Same", True, None, None,
                "", False),
    "equal to the agent's, locked by us": (memory("Same", "Same"), "Same", True, None, False, "",
                                           False),
    "adopted later": (memory("Mine", "Old", adopted=("Mine",)), "Mine", True, None, None,
                      Stays.CHANGED, False),
    "unknown": (memory(OURS, None), OURS, True, None, None, Stays.UNKNOWN, True),
    "unknown, a user's": (memory(OURS, None), "Mine", True, None, None, Stays.CHANGED, False),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_goes_back_or_stays(case: str) -> None:
    known, now, locked, value, lock, stays, kept = TEXTS[case]
    shown = item({"summary": now} if now else {}, locked={"summary"} if locked else set())
    found = plan(shown, summary=known)
    assert dict(found.edits.values) == ({} if value is None else {"summary": value})
    assert dict(found.edits.locks) == ({} if lock is None else {"summary": lock})
    assert "".join(str(one.stays) for one in found.fields) == stays
    assert (found.kept is not None) is kept


def names(written: tuple[str, ...], original: tuple[str, ...] | None, **more: Any) -> FieldMemory:
    return memory(written, original, **more)


LISTS = {
    # what is remembered, what Plex shows -> the list, what is removed, lock, why something stays
    "ours go, taken ones return": (names(("X",), ("A", "B"), taken=("A", "B")), ("X",),
                                   ("A", "B"), ("X",), False, ""),
    "a user's name stays": (names(("X",), ("A",), taken=("A",)), ("X", "U"), ("A", "U"), ("X",),
                            None, Stays.CHANGED),
    "a user's removal stays": (names(("X",), ("A",), original_locked=True), ("X",), (), ("X",),
                               None, Stays.CHANGED),
    "adopted ones stay": (names(("A", "X"), ("A",), adopted=("A",), original_locked=True),
                          ("A", "X"), ("A",), ("X",), None, ""),
    "taken over ones stay": (names(("A", "X"), ("A",)), ("A", "X"), ("A",), ("X",), False, ""),
    "nothing is left": (names(("X",), ()), ("X",), (), ("X",), False, ""),
    "a name in Plex's form goes": (names(("x y",), (), stored=("X-Y",)), ("X-Y",), (), ("X-Y",),
                                   False, ""),
    "back already": (names(("X",), ("A",), taken=("A",)), ("A",), None, None, False, ""),
    "unknown": (names(("X",), None), ("X",), None, None, None, Stays.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("field", ["genre", "collection", "label", "director"])
@pytest.mark.parametrize("case", LISTS)
def test_a_list_goes_back_name_by_name(case: str, field: str) -> None:
    known, now, wanted, removed, lock, stays = LISTS[case]
    found = plan(item(tags={field: now}, locked={field}), **{field: known})
    edits = {} if wanted is None or removed is None else {field: TagEdit(wanted, removed)}
    assert dict(found.edits.tags) == edits
    assert dict(found.edits.locks) == ({} if lock is None else {field: lock})
    assert "".join(str(one.stays) for one in found.fields) == stays


def test_the_cast_gets_its_order_back_unless_a_user_changed_it() -> None:
    known = names(("B", "A"), ("A", "B"))
    shown = item(tags={"actor": ("B", "A")}, locked={"actor"})
    assert plan(shown, actor=known).edits.tags == {"actor": TagEdit(("A", "B"), ())}
    known = names(("C", "B", "A"), ("C", "A", "B"))
    shown = item(tags={"actor": ("A", "C", "B")}, locked={"actor"})
    assert plan(shown, actor=known).edits.tags == {}


OURS_AND_AGENTS = Shelf(("metadata://posters/1", UPLOAD), UPLOAD)
PICTURES = {
    # what was noted, the shelf -> the choice, the lock, why it stays, in the ledger
    "the agent's": (PictureBefore("metadata://posters/1", False), OURS_AND_AGENTS,
                    "metadata://posters/1", False, "", False),
    "a user's": (PictureBefore("upload://posters/b", True),
                 Shelf(("upload://posters/b", UPLOAD), UPLOAD), "upload://posters/b", True, "",
                 False),
    "none": (PictureBefore("", False), OURS_AND_AGENTS, "", False, "", False),
    "gone": (PictureBefore("https://x/1", False), OURS_AND_AGENTS, None, None, Stays.NOT_IN_PLEX,
             True),
    "chosen since": (PictureBefore("https://x/1", False), Shelf(("https://x/1", UPLOAD, "z"), "z"),
                     None, None, Stays.CHANGED, False),
    "back already": (PictureBefore("https://x/1", False),
                     Shelf(("https://x/1", UPLOAD), "https://x/1"), None, False, "", False),
    "never noted": (None, None, None, None, Stays.UNKNOWN, True),
}  # fmt: skip


@pytest.mark.parametrize("case", PICTURES)
def test_a_picture_is_selected_again_or_stays(case: str) -> None:
    noted, shelf, choice, lock, stays, kept = PICTURES[case]
    known = replace(
        entry(), images={"poster": SHA1}, pictures_before={"poster": noted} if noted else {}
    )
    assert asked_slots(known) == (("poster",) if noted else ())
    found = plan_undo(known, item(locked={"thumb"}), {"poster": shelf} if shelf else {})
    assert found.pictures == ({} if choice is None else {"poster": choice})
    assert dict(found.edits.locks) == ({} if lock is None else {"thumb": lock})
    assert "".join(str(one.stays) for one in found.fields) == stays
    assert (found.kept is not None) is kept


def test_an_abridged_item_is_refused() -> None:
    with pytest.raises(ValueError, match="abridged"):
        plan_undo(entry(), item(full=False), {})


def test_a_server_may_keep_its_order_and_capitals() -> None:
    known = {"genre": names(("X",), ("a", "B"), taken=("a", "B"))}
    made = plan(item(tags={"genre": ("X",)}, locked={"genre"}), **known)
    assert not_taken(entry(**known), made, item(tags={"genre": ("B", "A")})) == set()
    assert not_taken(entry(**known), made, item(tags={"genre": ("B", "X")})) == {"genre"}
