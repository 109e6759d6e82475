"""Settings turned on and off leave no debris, and a preview is what the next sync writes."""

from __future__ import annotations

import pytest

from tests.identity.conftest import KEEP, MakeHouse
from tests.identity.operations import run

SETTINGS = [
    ("sync_groups", {"groups": ["Harbour"]}, "collection", ["Harbour"]),
    ("sync_code", {"code": "HL-1"}, "tagline", "HL-1"),
]


@pytest.mark.parametrize(("setting", "fields", "place", "value"), SETTINGS)
def test_a_setting_turned_on_and_off_leaves_no_debris(
    make_house: MakeHouse, setting: str, fields: dict[str, object], place: str, value: object
) -> None:
    house = make_house()
    scene, item = house.add(**fields)  # type: ignore[arg-type]
    house.saved(scene)
    before = dict(item.fields), item.tags, item.locked & {place}
    house.stash.settings[setting] = True
    house.clock.now += 60
    house.sync_all()
    house.later()
    assert (item.tags.get(place) or item.fields.get(place)) == value
    house.stash.settings[setting] = False
    house.clock.now += 60
    house.sync_all()
    house.later()
    assert (item.fields, item.tags, item.locked & {place}) == before
    assert house.writes(house.sync_all) == []


def test_studio_collections_that_are_not_wanted_any_more_are_left(make_house: MakeHouse) -> None:
    house = make_house()
    scene, item = house.add(studio="Northlight")
    house.saved(scene)
    house.plex.user.add_tag(item, "collection", "A user's")
    house.stash.settings["skip_studio_collections"] = True
    house.clock.now += 60
    house.sync_all()
    assert item.tags["collection"] == ["A user's"]
    assert item.fields["studio"] == "Northlight"


def test_locks_that_are_not_wanted_any_more_are_taken_away(make_house: MakeHouse) -> None:
    house = make_house()
    scene, item = house.add(details="Docks.", tags=["Noir"])
    _, users = house.add("Users.mp4")
    house.saved(scene)
    assert {"summary", "genre"} <= item.locked
    house.plex.user.set_locks(item, True, "tagline")
    house.stash.settings["leave_unlocked"] = True
    house.clock.now += 60
    house.sync_all()
    assert item.locked == {"tagline"}
    assert users.locked == set()


def test_skipped_ratings_leave_a_rating_of_ours_alone(make_house: MakeHouse) -> None:
    house = make_house()
    scene, item = house.add(rating100=80)
    house.saved(scene)
    house.stash.settings["skip_rating"] = True
    house.clock.now += 60
    house.plex.user.rate(item, 3.0)
    house.sync_all()
    house.saved(scene, rating100=20)
    assert item.fields["userRating"] == "3.0"


@KEEP
def test_a_preview_is_what_the_next_sync_writes(make_house: MakeHouse, keep: bool) -> None:
    """Also for a scene that is "unchanged": a user took a tag out, and no stamp moved."""
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(tags=["Noir", "Sea"], details="Docks.")
    house.synced()
    house.plex.user.remove_tag(item, "genre", "Noir")
    previewed = run(house, "preview", scene=scene)
    before = list(item.tags["genre"])
    run(house, "sync", scene=scene)
    changed = before != item.tags["genre"]
    assert changed is not keep
    if changed:
        assert "Noir" in " ".join(map(str, previewed.lines))
