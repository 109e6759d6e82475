"""From a scene, a full item and the ledger's memory to a plan, and from the answer to memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plex.edit_plan import (
    Difference,
    EditPlan,
    TagEdit,
    confirm,
    intend,
    plan,
    remember,
    unsafe,
)
from plex.items import PlexItem
from plex.requests import as_sent
from tests.writing import fake_plex
from tests.writing.builders import DEFAULT, PRESERVE, SERVER, item, scene
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.records import FieldState, LedgerEntry

FULL: dict[str, Any] = {
    "title": "Title",
    "details": "One\n\nTwo",
    "date": "2023-05-01",
    "studio": "Studio",
    "performers": ("Ann", "Bob"),
    "tags": ("drama",),
    "rating100": 80,
}


def remembered(entry: LedgerEntry | None, before: PlexItem, sent: EditPlan) -> LedgerEntry:
    return remember(entry, sent, item=before, scene_id=7, server=SERVER)


def written(
    what: SyncMetadata,
    before: PlexItem,
    entry: LedgerEntry | None = None,
    config: PlexSyncConfig = DEFAULT,
) -> tuple[PlexItem, LedgerEntry]:
    """Sync once: plan, write, remember, read back."""
    edits = plan(what, before, entry, config)
    after = fake_plex.apply(before, edits, append=True)
    known = remembered(entry, before, edits)
    settled, differences = confirm(known, after)
    assert differences == ()
    return after, settled


def test_a_first_sync_writes_and_locks_everything_that_differs() -> None:
    before = item({"summary": "Agent's"}, {"genre": ("Agent's",), "actor": ("Ann", "Bob")})
    edits = plan(scene(**FULL), before, None, DEFAULT)
    assert edits.values == {
        "title": "Title",
        "originallyAvailableAt": "2023-05-01",
        "year": "2023",
        "studio": "Studio",
        "userRating": "8.0",
        "summary": "One\n\nTwo",
    }
    assert edits.tags == {
        "genre": TagEdit(("drama",), ("Agent's",)),
        "collection": TagEdit(("Studio",), ()),
    }
    assert edits.locks == dict.fromkeys([*edits.values, *edits.tags, "actor"], True)
    assert (edits.rating_key, edits.section_id, edits.kind) == (42, 3, "movie")


def test_a_plan_without_edits_is_falsy() -> None:
    assert not plan(scene(title="A Film"), item(), None, DEFAULT)
    assert plan(scene(title="Other"), item(), None, DEFAULT)


def test_leave_unlocked_sends_no_lock() -> None:
    config = PlexSyncConfig(leave_unlocked=True)
    edits = plan(scene(**FULL), item(), None, config)
    assert edits.values and edits.tags
    assert edits.locks == {}


def test_an_abridged_item_is_refused() -> None:
    with pytest.raises(ValueError, match="abridged"):
        plan(scene(**FULL), item(full=False), None, DEFAULT)


def test_another_items_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="another item"):
        plan(scene(**FULL), item(), LedgerEntry(SERVER, 43, 3, 7), DEFAULT)


def test_changes_tell_each_field_before_and_after_with_the_reason() -> None:
    edits = plan(scene(title="New", tags=("b",)), item({}, {"genre": ("a",)}), None, DEFAULT)
    assert [(one.field, one.before, one.after, one.why) for one in edits.changes] == [
        ("title", "A Film", "New", "first sync"),
        ("genre", ("a",), ("b",), "first sync"),
    ]


def test_a_changed_title_with_a_stored_sort_title_writes_both() -> None:
    before = item({"titleSort": "Film, A"})
    assert plan(scene(title="New"), before, None, DEFAULT).values == {
        "title": "New",
        "titleSort": "New",
    }
    assert plan(scene(title="New"), item(), None, DEFAULT).values == {"title": "New"}
    assert not plan(scene(title="A Film"), before, None, DEFAULT)


def test_a_sort_title_of_ours_follows_the_title_though_plex_does_not_show_it() -> None:
    after, entry = written(scene(title="One"), item({"titleSort": "Film"}))
    assert "titleSort" not in after.values
    second = plan(scene(title="Two"), after, entry, DEFAULT)
    assert second.values == {"title": "Two", "titleSort": "Two"}


def test_a_persons_sort_title_is_kept_when_edits_in_plex_are() -> None:
    before = item({"titleSort": "Film, A"}, locked={"titleSort"})
    assert plan(scene(title="New"), before, None, PRESERVE).values == {"title": "New"}
    assert "titleSort" in plan(scene(title="New"), before, None, DEFAULT).values


def test_a_title_emptied_in_stash_becomes_the_name_of_the_file_only_when_it_was_ours() -> None:
    assert not plan(scene(), item({"title": "Scanner's"}), None, DEFAULT)
    after, entry = written(scene(title="Ours"), item({"title": "Scanner's"}))
    assert plan(scene(), after, entry, DEFAULT).values == {"title": "A Film"}
    edited = fake_plex.user_sets(after, "title", "Person's")
    assert not plan(scene(), edited, entry, PRESERVE)


def test_a_full_date_of_ours_is_cleared_by_a_partial_one_and_a_persons_is_not() -> None:
    after, entry = written(scene(date="2023-05-01"), item())
    assert plan(scene(date="2023-05"), after, entry, DEFAULT).values == {
        "originallyAvailableAt": ""
    }
    persons = item({"originallyAvailableAt": "2022-02-02", "year": "2022"})
    assert plan(scene(date="2023-05"), persons, None, DEFAULT).values == {"year": "2023"}


def test_a_year_never_contradicts_a_date_that_the_user_keeps() -> None:
    persons = item(
        {"originallyAvailableAt": "2022-02-02", "year": "2022"}, locked={"originallyAvailableAt"}
    )
    assert not plan(scene(title="A Film", date="2023-05-01"), persons, None, PRESERVE)


def test_emptied_in_stash_clears_what_we_wrote_and_counts_it() -> None:
    after, entry = written(scene(**FULL), item())
    edits = plan(scene(title="Title"), after, entry, DEFAULT)
    assert set(edits.values.values()) == {""}
    assert edits.tags == {
        "actor": TagEdit((), ("Ann", "Bob")),
        "genre": TagEdit((), ("drama",)),
        "collection": TagEdit((), ("Studio",)),
    }
    assert edits.removals == len(edits.values) + 4
    released = {name for name, locked in edits.locks.items() if not locked}
    assert released == {"collection"}, "a membership that is left needs no lock"


def test_replacing_the_agents_tags_at_first_sync_is_no_removal() -> None:
    assert plan(scene(tags=("a",)), item({}, {"genre": ("x", "y")}), None, DEFAULT).removals == 0


@pytest.mark.parametrize(
    ("items", "removing", "stops"),
    [(1, 1, False), (60, 50, False), (60, 51, True), (1000, 100, False), (1000, 101, True)],
)
def test_a_run_that_removes_on_too_many_items_is_unsafe(
    items: int, removing: int, stops: bool
) -> None:
    assert unsafe(items, removing) is stops


def test_the_item_moves_to_the_new_studios_collection_and_keeps_a_persons() -> None:
    after, entry = written(scene(studio="Old"), item({}, {"collection": ("Person's",)}))
    assert set(after.tags["collection"]) == {"Old", "Person's"}
    edits = plan(scene(studio="New"), after, entry, DEFAULT)
    assert edits.tags == {"collection": TagEdit(("New", "Person's"), ("Old",))}


def test_a_collection_that_a_user_left_comes_back_only_with_another_studio() -> None:
    after, entry = written(scene(studio="Studio"), item())
    left = fake_plex.user_tags(after, "collection", ())
    assert not plan(scene(studio="Studio", details="x"), left, entry, DEFAULT).tags
    edits = plan(scene(studio="Studio", details="x"), left, entry, DEFAULT)
    entry = remembered(entry, left, edits)
    assert not plan(scene(studio="Studio"), left, entry, DEFAULT).tags
    assert plan(scene(studio="Other"), left, entry, DEFAULT).tags == {
        "collection": TagEdit(("Other",), ())
    }


def test_a_membership_that_was_emptied_and_set_again_in_stash_comes_back() -> None:
    after, entry = written(scene(studio="Studio"), item())
    left = fake_plex.user_tags(after, "collection", ())
    edits = plan(scene(), left, entry, DEFAULT)
    entry = remembered(entry, left, edits)
    assert plan(scene(studio="Studio"), left, entry, DEFAULT).tags["collection"].wanted == (
        "Studio",
    )


def test_an_episode_gets_no_studio_genre_or_collection() -> None:
    edits = plan(scene(**FULL), item(kind="episode"), None, DEFAULT)
    assert set(edits.values) == {
        "title",
        "originallyAvailableAt",
        "year",
        "userRating",
        "summary",
    }
    assert set(edits.tags) == {"actor"}


# -- memory -------------------------------------------------------------------------------------


def test_plex_own_value_and_lock_are_kept_from_before_the_first_write() -> None:
    before = item({"summary": "Agent's"}, {"genre": ("x",)}, {"genre"})
    first, entry = written(scene(details="One", tags=("a",)), before)
    _, entry = written(scene(details="Two", tags=("b",)), first, entry)
    assert entry.fields["summary"].original == "Agent's"
    assert entry.fields["summary"].original_locked is False
    assert entry.fields["genre"].original == ("x",)
    assert entry.fields["genre"].original_locked is True


def test_plex_own_value_is_known_even_when_the_reply_to_the_write_is_lost() -> None:
    before = item({"summary": "Agent's"}, {"genre": ("x",)})
    what = scene(details="Ours", tags=("a",))
    edits = plan(what, before, None, DEFAULT)
    noted = intend(None, edits, item=before, scene_id=7, server=SERVER)
    arrived = fake_plex.apply(before, edits, append=False)
    noted, _differences = confirm(noted, arrived)
    again = plan(what, arrived, noted, DEFAULT)
    assert not again
    entry = remembered(noted, arrived, again)
    assert entry.fields["summary"].original == "Agent's"
    assert entry.fields["genre"].original == ("x",)
    assert entry.fields["genre"].original_locked is False
    cleared = plan(scene(), arrived, entry, DEFAULT)
    assert cleared.values == {"summary": ""}
    assert cleared.tags == {"genre": TagEdit((), ("a",))}


def test_a_value_that_was_only_intended_is_not_ours() -> None:
    before = item({"summary": "Agent's"}, {"genre": ("x",)})
    what = scene(details="Ours", tags=("a",))
    edits = plan(what, before, None, DEFAULT)
    noted = intend(None, edits, item=before, scene_id=7, server=SERVER)
    assert plan(what, before, noted, DEFAULT) == edits
    assert not plan(scene(title="A Film"), before, noted, DEFAULT)


def test_a_value_whose_write_lost_its_answer_is_ours() -> None:
    before = item({"summary": "Agent's"}, {"genre": ("x",)})
    what = scene(details="Ours", tags=("a", "b"), rating100=10)
    edits = plan(what, before, None, DEFAULT)
    noted = intend(None, edits, item=before, scene_id=7, server=SERVER)
    arrived = fake_plex.apply(before, edits, append=False)
    next_one = scene(details="Newer", tags=("c",), rating100=90)
    entry, differences = confirm(noted, arrived)
    assert differences == ()
    edits = plan(next_one, arrived, entry, DEFAULT)
    assert edits.values == {"userRating": "9.0", "summary": "Newer"}
    assert edits.tags["genre"] == TagEdit(("c",), ("a", "b"))
    assert confirm(noted, before) == (replace(noted, intended={}), ())
    assert entry.fields["summary"].original == "Agent's"


def test_a_locked_equal_value_is_adopted_follows_stash_and_is_never_cleared() -> None:
    values, tags = {"summary": "Same", "userRating": "8"}, {"genre": ("A",), "collection": ("S",)}
    before = item(values, tags, {"summary", "genre", "collection"})
    what = scene(title="A Film", details="Same", tags=("a",), studio="S", rating100=80)
    edits = plan(what, before, None, DEFAULT)
    assert set(edits.values) == {"studio"}
    before, entry = written(what, before)
    assert not plan(scene(title="A Film", studio="S"), before, entry, DEFAULT)
    other = scene(title="A Film", details="Newer", tags=("a", "b"), studio="T", rating100=90)
    follows = plan(other, before, entry, PRESERVE)
    assert follows.values == {"summary": "Newer", "studio": "T"}
    assert follows.tags == {"genre": TagEdit(("A", "b"), ()), "collection": TagEdit(("T", "S"), ())}


def test_an_unlocked_equal_value_is_the_agents_until_we_lock_it() -> None:
    before = item({"summary": "Same"}, {"genre": ("A",)})
    what = scene(title="A Film", details="Same", tags=("a",))
    after, entry = written(what, before)
    assert after == before
    assert not plan(scene(title="A Film"), after, entry, DEFAULT)
    after, entry = written(scene(title="New", details="Same", tags=("a",)), after, entry)
    assert after.locked == {"title", "summary", "genre"}
    emptied = plan(scene(title="New"), after, entry, DEFAULT)
    assert emptied.values == {"summary": ""}
    assert emptied.tags == {"genre": TagEdit((), ("A",))}


def test_an_equal_locked_value_is_ours_with_an_unknown_original_after_a_rescue() -> None:
    before = item({"summary": "One  Two"}, {"genre": ("a",)}, {"summary", "genre"})
    what = scene(title="A Film", details="One\n\nTwo", tags=("a",))
    edits = plan(what, before, None, PRESERVE, restored=True)
    assert not edits
    entry = remembered(None, before, edits)
    assert entry.fields["summary"].original is None
    emptied = plan(scene(title="A Film"), before, entry, PRESERVE)
    assert emptied.values == {"summary": ""}
    assert emptied.tags == {"genre": TagEdit((), ("a",))}


def test_another_servers_entry_is_no_memory() -> None:
    after, entry = written(scene(details="One"), item())
    elsewhere = remembered(replace(entry, server="machine-2"), after, EditPlan(42, 3, "movie"))
    assert elsewhere.server == SERVER
    assert "summary" not in elsewhere.fields


def test_the_ledger_compares_a_cut_text() -> None:
    what = scene(details="Long text")
    edits = as_sent(plan(what, item(), None, DEFAULT), {"summary.value": "Long"})
    after = fake_plex.apply(item(), edits, append=False)
    entry = remembered(None, item(), edits)
    entry, differences = confirm(entry, after)
    assert (after.values["summary"], differences) == ("Long", ())
    assert not plan(what, after, entry, DEFAULT)
    assert plan(scene(details="Long text, changed"), after, entry, PRESERVE)


def test_a_text_that_was_not_planned_cannot_have_been_cut() -> None:
    with pytest.raises(ValueError, match="summary"):
        as_sent(EditPlan(42, 3, "movie"), {"summary.value": "x"})


# -- reading back -------------------------------------------------------------------------------


def sent(
    before: PlexItem, config: PlexSyncConfig = DEFAULT, **values: Any
) -> tuple[LedgerEntry, PlexItem, SyncMetadata]:
    """An entry just after a write, with the item as the fake stored it."""
    what = scene(**values)
    edits = plan(what, before, None, config)
    after = fake_plex.apply(before, edits, append=False)
    return remembered(None, before, edits), after, what


def test_reading_back_learns_plex_form() -> None:
    entry, after, what = sent(item(), details="One\n\nTwo", tags=("a",))
    assert entry.unread
    assert entry.fields["summary"].state is FieldState.SENT
    settled, differences = confirm(entry, after)
    assert differences == ()
    assert not settled.unread
    assert settled.fields["summary"].stored == "One  Two"
    assert settled.fields["summary"].state is FieldState.SETTLED
    assert not plan(what, after, settled, PRESERVE)


@pytest.mark.parametrize("config", [DEFAULT, PRESERVE])
def test_a_value_that_plex_ignored_is_sent_once_more_and_then_left(config: PlexSyncConfig) -> None:
    before = item({"summary": "Agent's"})
    entry, after, what = sent(before, config, details="Ours")
    ignored = fake_plex.user_sets(after, "summary", "Agent's")

    entry, differences = confirm(entry, ignored)
    assert differences == (Difference("summary", "Ours", "Agent's", final=False),)
    again = plan(what, ignored, entry, config)
    assert again.values == {"summary": "Ours"}

    entry = remembered(entry, ignored, again)
    entry, differences = confirm(entry, ignored)
    assert differences == (Difference("summary", "Ours", "Agent's", final=True),)
    assert not plan(what, ignored, entry, config)
    assert not plan(scene(title="A Film"), ignored, entry, config), "it is not ours to clear"
    assert plan(scene(details="Newer"), ignored, entry, config).values == {"summary": "Newer"}


@pytest.mark.parametrize(
    ("values", "field", "third"),
    [
        ({"details": "Ours"}, "summary", "User's"),
        ({"rating100": 80}, "userRating", "3.0"),
        ({"details": "Ours"}, "summary", ""),
    ],
)
def test_a_third_value_at_the_reading_back_is_a_users(
    values: dict[str, Any], field: str, third: str
) -> None:
    before = item({"summary": "Agent's"})
    entry, after, what = sent(before, PRESERVE, **values)
    edited = fake_plex.user_sets(after, field, third)
    entry, differences = confirm(entry, edited)
    assert differences == ()
    assert not entry.unread
    assert not plan(what, edited, entry, PRESERVE)
    back = plan(what, edited, entry, DEFAULT).values
    assert back == ({} if field == "userRating" else {"summary": "Ours"})


def test_a_rating_given_after_ours_was_cleared_stays() -> None:
    after, entry = written(scene(rating100=80), item())
    edits = plan(scene(), after, entry, DEFAULT)
    assert edits.values == {"userRating": ""}
    entry = remembered(entry, after, edits)
    rated = fake_plex.user_sets(fake_plex.apply(after, edits, append=True), "userRating", "3.0")
    entry, differences = confirm(entry, rated)
    assert differences == ()
    assert not plan(scene(), rated, entry, DEFAULT)


def test_a_user_who_takes_a_genre_out_before_the_reading_back_is_heard() -> None:
    entry, after, what = sent(item(), PRESERVE, tags=("a", "b"))
    undone = fake_plex.user_tags(after, "genre", ("a",))
    entry, differences = confirm(entry, undone)
    assert differences == ()
    assert not plan(what, undone, entry, PRESERVE)


@pytest.mark.parametrize("config", [DEFAULT, PRESERVE])
def test_a_second_save_before_the_reading_back_leaves_no_removal_behind(
    config: PlexSyncConfig,
) -> None:
    after, entry = written(scene(tags=("a", "b"), studio="S"), item(), config=config)
    fewer = scene(tags=("a",))
    edits = plan(fewer, after, entry, config)
    entry, after = remembered(entry, after, edits), fake_plex.apply(after, edits, append=True)
    again = scene(tags=("a",), details="Second save")
    entry, _differences = confirm(entry, after)
    edits = plan(again, after, entry, config)
    assert set(edits.values) == {"summary"}
    entry, after = remembered(entry, after, edits), fake_plex.apply(after, edits, append=True)
    entry, _differences = confirm(entry, after)
    added = fake_plex.user_tags(after, "genre", ("a", "b"))
    added = fake_plex.user_tags(added, "collection", ("S",))
    assert not plan(again, added, entry, config)


def test_a_field_that_plex_would_not_clear_is_cleared_once_more_and_then_left() -> None:
    after, entry = written(scene(details="Ours"), item())
    for final in (False, True):
        edits = plan(scene(), after, entry, DEFAULT)
        assert edits.values == {"summary": ""}
        entry = remembered(entry, after, edits)
        entry, differences = confirm(entry, after)
        assert differences == (Difference("summary", "", "Ours", final),)
    assert not plan(scene(), after, entry, DEFAULT)


@pytest.mark.parametrize("config", [DEFAULT, PRESERVE])
def test_tags_that_plex_ignores_are_sent_once_more_and_then_left(config: PlexSyncConfig) -> None:
    entry, after, what = sent(item(), config, tags=("a", "b"))
    ignored = fake_plex.user_tags(after, "genre", ())
    for final in (False, True):
        entry, differences = confirm(entry, ignored)
        assert differences == (Difference("genre", ("a", "b"), (), final),)
        edits = plan(what, ignored, entry, config)
        assert bool(edits) is not final
        entry = remembered(entry, ignored, edits)
    assert plan(scene(tags=("a", "b", "c")), ignored, entry, config).tags


def test_one_tag_that_plex_never_takes_is_left_in_the_end() -> None:
    entry, after, what = sent(item(), tags=("a", "b"))
    missing = fake_plex.user_tags(after, "genre", ("a",))
    writes = 0
    for _ in range(5):
        entry, _differences = confirm(entry, missing)
        edits = plan(what, missing, entry, DEFAULT)
        writes += bool(edits)
        entry = remembered(entry, missing, edits)
    assert writes == 2
    assert entry.fields["genre"].doubts == 2


def test_a_changed_list_gets_a_second_try_again() -> None:
    entry: LedgerEntry | None = None
    shown = item({}, {"genre": ("x",)}, {"genre"})
    for tags in [("a",), ("a", "b")]:
        for final in (False, True):
            edits = plan(scene(tags=tags), shown, entry, DEFAULT)
            entry, differences = confirm(remembered(entry, shown, edits), shown)
            assert [one.final for one in differences] == [final]
        assert not plan(scene(tags=tags), shown, entry, DEFAULT)


def test_sending_a_name_again_does_not_bring_back_one_that_a_user_took_out() -> None:
    after, entry = written(scene(tags=("a", "b")), item(), config=PRESERVE)
    undone = fake_plex.user_tags(after, "genre", ("a",))
    what = scene(tags=("a", "b", "c"))
    edits = plan(what, undone, entry, PRESERVE)
    assert edits.tags == {"genre": TagEdit(("a", "c"), ())}
    entry = remembered(entry, undone, edits)
    entry, differences = confirm(entry, undone)
    assert differences == (Difference("genre", ("a", "c"), ("a",), final=False),)
    assert plan(what, undone, entry, PRESERVE).tags == {"genre": TagEdit(("a", "c"), ())}


def test_a_tag_that_plex_does_not_remove_is_removed_once_more_and_then_left() -> None:
    after, entry = written(scene(tags=("a", "b")), item())
    what = scene(tags=("a",))
    for final in (False, True):
        edits = plan(what, after, entry, DEFAULT)
        assert edits.tags == {"genre": TagEdit(("a",), ("b",))}
        entry = remembered(entry, after, edits)
        entry, differences = confirm(entry, after)
        assert differences == (Difference("genre", ("a",), ("a", "b"), final),)
    assert not plan(what, after, entry, DEFAULT)


def test_a_name_that_plex_stores_with_other_punctuation_is_recognised() -> None:
    entry, after, what = sent(item(), tags=("Sci/Fi", "b"))
    stored = fake_plex.user_tags(after, "genre", ("b", "Sci-Fi", "Person's"))
    entry, differences = confirm(entry, stored)
    assert differences == ()
    assert entry.fields["genre"].stored == ("Sci-Fi", "b")
    assert not plan(what, stored, entry, DEFAULT)
    assert plan(scene(tags=("b",)), stored, entry, DEFAULT).tags["genre"].removed == ("Sci-Fi",)


def test_a_collection_that_a_user_left_is_no_difference_at_the_next_reading() -> None:
    after, entry = written(scene(studio="Studio"), item())
    left = fake_plex.user_tags(after, "collection", ("Mine",))
    config = PlexSyncConfig(sync_groups=True)
    after, entry = written(scene(studio="Studio", groups=("Box",)), left, entry, config)
    assert set(after.tags["collection"]) == {"Box", "Mine"}
    assert not plan(scene(studio="Studio", groups=("Box",)), after, entry, config)
