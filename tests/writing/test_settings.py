"""Settings turned on and off again, and the agent's refresh: nothing of ours stays behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from plex.edit_plan import EditPlan, confirm, plan, remember
from plex.items import PlexItem
from tests.writing import fake_plex
from tests.writing.builders import DEFAULT, PRESERVE, SERVER, item, scene
from validation.config import PlexSyncConfig
from validation.records import LedgerEntry

FULL: dict[str, Any] = {
    "title": "Title",
    "details": "Details",
    "date": "2020-05-03",
    "studio": "Studio",
    "groups": ("Group",),
    "performers": ("Ann", "Bob"),
    "tags": ("drama",),
    "code": "C-1",
    "rating100": 80,
}
ON = PlexSyncConfig(sync_groups=True, sync_code=True)


@dataclass
class Shelf:
    """One item, synced again and again, each time read back."""

    item: PlexItem
    append: bool = True
    entry: LedgerEntry | None = None

    def sync(self, config: PlexSyncConfig = ON, **values: Any) -> EditPlan:
        what = scene(**(values or FULL))
        edits = plan(what, self.item, self.entry, config)
        self.entry = remember(self.entry, edits, item=self.item, scene_id=7, server=SERVER)
        self.item = fake_plex.apply(self.item, edits, append=self.append)
        self.entry, _differences = confirm(self.entry, self.item)
        return edits


@pytest.fixture(params=[True, False], ids=["append", "replace"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    return Shelf(item({"summary": "Agent's"}, {"genre": ("Agent's",)}), append=request.param)


@pytest.mark.parametrize(
    ("off", "field", "left"),
    [
        ({"skip_studio_collections": True}, "collection", ("Group",)),
        ({"sync_groups": False}, "collection", ("Studio",)),
        ({"sync_groups": False, "skip_studio_collections": True}, "collection", ()),
        ({"sync_code": False}, "tagline", ""),
        ({"skip_rating": True}, "userRating", "8.0"),
    ],
)
def test_a_setting_that_is_turned_off_takes_what_was_ours(
    shelf: Shelf, off: dict[str, bool], field: str, left: object
) -> None:
    def shown() -> object:
        return shelf.item.values.get(field) or shelf.item.tags.get(field, ())

    shelf.sync()
    before = shelf.item
    edits = shelf.sync(ON.model_copy(update=off))
    assert shown() == (left or ())
    assert edits.removals == 0, "no loss that a user has to allow"
    wholly_off = not left or field == "userRating"
    assert (field in shelf.item.locked) is not wholly_off
    assert not shelf.sync(ON.model_copy(update=off))
    shelf.sync()
    shelf.sync()
    assert set(shelf.item.tags["collection"]) == set(before.tags["collection"])
    assert (shelf.item.values, shelf.item.locked) == (before.values, before.locked)


def test_a_users_values_stay_when_a_setting_is_turned_off(shelf: Shelf) -> None:
    shelf.item = fake_plex.user_tags(shelf.item, "collection", ("Studio", "Mine"))
    shelf.sync()
    shelf.item = fake_plex.user_sets(shelf.item, "tagline", "Mine")
    shelf.sync(PlexSyncConfig(skip_studio_collections=True))
    assert set(shelf.item.tags["collection"]) == {"Studio", "Mine"}
    assert shelf.item.values["tagline"] == "Mine"
    assert {"collection", "tagline"} <= shelf.item.locked


def test_leave_unlocked_takes_our_locks_away_and_gives_them_back(shelf: Shelf) -> None:
    unlocked = ON.model_copy(update={"leave_unlocked": True})
    shelf.item = fake_plex.user_sets(shelf.item, "studio", "Studio")
    shelf.sync()
    locks = shelf.item.locked
    shelf.item = fake_plex.user_tags(shelf.item, "actor", ("Ann", "Bob", "Mine"))
    edits = shelf.sync(unlocked)
    assert not edits.values and not edits.tags
    assert shelf.item.locked == {"studio", "actor"}, "a user's own, and a user's names"
    assert not shelf.sync(unlocked)
    edits = shelf.sync()
    assert shelf.item.locked == locks
    assert {(one.field, one.before == one.after) for one in edits.changes} == {
        (name, True) for name in locks - {"studio", "actor"}
    }


@pytest.mark.parametrize("config", [DEFAULT, PRESERVE])
def test_an_agents_value_never_stops_stashs(shelf: Shelf, config: PlexSyncConfig) -> None:
    shelf.sync(config)
    before = shelf.item
    for field in ("title", "summary", "genre", "actor", "collection"):
        shelf.item = fake_plex.user_unlocks(shelf.item, field)
    values = dict.fromkeys(("title", "summary", "studio"), "Agent's new")
    tags = dict.fromkeys(("genre", "actor", "collection"), "Agent's new")
    shelf.item = fake_plex.agent_refreshes(shelf.item, values, tags)
    shelf.sync(config)
    assert shelf.item.values == before.values
    assert shelf.item.locked == before.locked
    assert shelf.item.tags["genre"] == ("drama",)
    assert shelf.item.tags["actor"] == ("Ann", "Bob")
    assert set(shelf.item.tags["collection"]) == {"Studio", "Agent's new"}


@pytest.mark.parametrize(
    ("field", "value"), [("title", "TITLE"), ("summary", "Details "), ("summary", "Mine")]
)
def test_a_users_text_is_kept_or_comes_back(shelf: Shelf, field: str, value: str) -> None:
    shelf.sync()
    before = shelf.item
    shelf.item = edited = fake_plex.user_sets(shelf.item, field, value)
    shelf.sync(ON.model_copy(update={"preserve_plex_edits": True}))
    assert shelf.item == edited
    shelf.sync()
    assert shelf.item == before


@pytest.mark.parametrize("names", [("Bob", "Ann"), ("ann", "Bob")])
def test_a_users_cast_is_kept_or_comes_back(names: tuple[str, ...]) -> None:
    shelf = Shelf(item(), append=False)
    shelf.sync()
    before = shelf.item
    shelf.item = edited = fake_plex.user_tags(shelf.item, "actor", names)
    shelf.sync(ON.model_copy(update={"preserve_plex_edits": True}))
    assert shelf.item == edited
    shelf.sync()
    assert shelf.item == before


def test_a_server_that_keeps_its_own_order_and_capitals_is_asked_once_per_edit() -> None:
    shelf = Shelf(item(), append=True)
    shelf.sync()
    shelf.item = edited = fake_plex.user_tags(shelf.item, "actor", ("BOB", "Ann"))
    assert set(shelf.sync().tags) == {"actor"}
    assert shelf.item == edited
    assert not shelf.sync()


@pytest.mark.parametrize("config", [DEFAULT, PRESERVE])
@pytest.mark.parametrize("date", ["2020", "2020-05"])
def test_a_part_of_a_date_never_replaces_a_users_whole_one(
    config: PlexSyncConfig, date: str
) -> None:
    for values in ({"year": "2020"}, {}):
        users = item({"originallyAvailableAt": "2020-05-03", **values}, locked={DATE})
        assert not plan(scene(title="A Film", date=date), users, None, config)
    shelf = Shelf(item({"originallyAvailableAt": "2020-05-03", "year": "2020"}, locked={DATE}))
    shelf.sync(config, title="A Film", date="2020-05-03")
    assert not shelf.sync(config, title="A Film", date=date).values


def test_a_year_never_contradicts_a_users_date_under_keep_edits() -> None:
    users = item({"originallyAvailableAt": "2022-02-02", "year": "2022"}, locked={DATE})
    assert not plan(scene(title="A Film", date="2020"), users, None, PRESERVE)


DATE = "originallyAvailableAt"
