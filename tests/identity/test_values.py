"""Whose value is it: what was written and read back, what was there before, and what users did.

Each line of the rules as a whole-way test. Real servers leave ``updatedAt`` alone when tags or
ratings change, and so does the simulated Plex.
"""

from __future__ import annotations

import pytest

from simulators.faults import Kind
from simulators.plex.items import Item
from tests.identity.conftest import KEEP, MakeHouse
from tests.identity.house import DAY, House, add_records

# -- read-back --------------------------------------------------------------------------------


@KEEP
def test_a_star_rating_given_before_the_read_back_stays(make_house: MakeHouse, keep: bool) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(rating100=80)
    house.saved(scene, title="First")
    house.edit(scene, rating100=60)
    house.run()
    house.clock.now += 10
    house.plex.user.rate(item, 3.0)
    house.later()
    house.sync_all()
    house.later()
    assert item.fields["userRating"] == "3.0"


@KEEP
def test_a_users_star_rating_survives_that_stash_clears_its_own(
    make_house: MakeHouse, keep: bool
) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(rating100=80)
    house.saved(scene, title="First")
    house.edit(scene, rating100=None)
    house.run()
    assert "userRating" not in item.fields
    house.clock.now += 10
    house.plex.user.rate(item, 3.0)
    house.later()
    house.sync_all()
    house.later()
    assert item.fields["userRating"] == "3.0"


@KEEP
def test_a_text_changed_before_the_read_back_is_a_users(make_house: MakeHouse, keep: bool) -> None:
    """Any third value is a user's: neither what was there before nor what was written."""
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(details="First.")
    house.saved(scene, title="First")
    house.edit(scene, details="Second.")
    house.run()
    house.clock.now += 10
    house.plex.user.edit(item, {"summary": "A user's."})
    house.later()
    house.sync_all()
    house.later()
    assert item.fields["summary"] == ("A user's." if keep else "Second.")
    assert house.outcome(scene) == "synced"


ACTS = {
    "tag": ("genre", "tags", "Noir", "Sea"),
    "actor": ("actor", "performers", "Ada", "Bo"),
}


@pytest.mark.parametrize("what", ACTS)
@KEEP
def test_a_second_save_before_the_read_back_makes_nothing_a_loan(
    make_house: MakeHouse, what: str, keep: bool
) -> None:
    """A name that Stash once removed and a user adds weeks later is the user's."""
    kind, table, first, second = ACTS[what]
    house = make_house(preserve_plex_edits=keep)
    names = add_records(house, table, first, second)
    scene, item = house.add()
    setattr(house.stash.library.scenes[scene], table, names)
    house.saved(scene)
    house.edit(scene, **{table: names[:1]})
    house.run()
    house.edit(scene)  # a second save, before anything is read back
    house.later()
    house.clock.now += 20 * DAY
    house.plex.user.add_tag(item, kind, second)
    house.tell()
    house.saved(scene, details="Weeks later.")
    assert sorted(item.tags[kind]) == [first, second]


@KEEP
def test_a_collection_left_stays_left_after_a_second_save(
    make_house: MakeHouse, keep: bool
) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(studio="Northlight")
    house.edit(scene)
    house.run()
    house.edit(scene)
    house.later()
    house.clock.now += 20 * DAY
    house.plex.user.leave_collection(item, "Northlight")
    house.tell()
    house.saved(scene, details="Weeks later.")
    house.sync_all()
    assert item.tags["collection"] == []


def test_a_genre_taken_out_stays_out_after_a_second_save(make_house: MakeHouse) -> None:
    house = make_house(preserve_plex_edits=True)
    scene, item = house.add(tags=["Noir", "Sea"])
    house.edit(scene)
    house.run()
    house.edit(scene)
    house.later()
    house.clock.now += 20 * DAY
    house.plex.user.remove_tag(item, "genre", "Noir")
    house.tell()
    house.saved(scene, details="Weeks later.")
    house.sync_all()
    assert item.tags["genre"] == ["Sea"]


@KEEP
def test_a_write_that_got_no_answer_is_ours_when_plex_shows_it(
    make_house: MakeHouse, keep: bool
) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add()
    house.saved(scene, title="First")
    house.plex.faults.add(Kind.CLOSE_AFTER, method="PUT")
    house.edit(scene, details="Ours.", tags=add_records(house, "tags", "Noir"))
    house.pass_time(600)
    house.later()
    assert item.fields["summary"] == "Ours."
    house.saved(scene, details="", tags=())
    assert "summary" not in item.fields
    assert item.tags["genre"] == []


# -- adopted, an agent's, and a user's --------------------------------------------------------


@pytest.fixture
def adopted(house: House) -> tuple[int, Item]:
    """A scene whose values a user had written into Plex by hand, locked, before the first sync."""
    scene, item = house.add(
        details="By hand.", tags=["Noir"], studio="Northlight", rating100=80, performers=["Ada"]
    )
    house.plex.user.edit(
        item,
        {"summary": "By hand.", "studio": "Northlight"},
        {"genre": ["Noir"], "collection": ["Northlight"], "actor": ["Ada"]},
    )
    house.plex.user.rate(item, 8.0)
    house.saved(scene)
    return scene, item


def test_an_adopted_value_is_not_cleared(house: House, adopted: tuple[int, Item]) -> None:
    scene, item = adopted
    house.saved(scene, details="", tags=(), studio=None, performers=(), rating100=None)
    house.sync_all()
    assert item.fields["summary"] == "By hand."
    assert item.fields["userRating"] == "8.0"
    assert item.tags["genre"] == ["Noir"]
    assert item.tags["actor"] == ["Ada"]
    assert item.tags["collection"] == ["Northlight"]


def test_an_adopted_value_follows_stash(house: House, adopted: tuple[int, Item]) -> None:
    scene, item = adopted
    house.saved(scene, details="In Stash.")
    assert item.fields["summary"] == "In Stash."


def test_an_adopted_star_rating_stays_a_users(house: House, adopted: tuple[int, Item]) -> None:
    scene, item = adopted
    house.saved(scene, rating100=20)
    assert item.fields["userRating"] == "8.0"


def test_an_unlocked_equal_value_becomes_ours(make_house: MakeHouse) -> None:
    """It was the agent's until we locked it."""
    house = make_house()
    scene, item = house.add(details="The agent's.", studio="Northlight")
    house.plex.user.edit(item, {"summary": "The agent's."}, lock=False)
    house.saved(scene)
    house.saved(scene, details="Ours.")
    house.saved(scene, details="")
    assert item.fields.get("summary", "") in ("", "The agent's.")
    assert item.fields.get("summary") != "Ours."


def test_an_agents_value_never_stops_stashs(make_house: MakeHouse) -> None:
    """Keep edits, unlocked: a refresh puts the agent's texts back, which nobody edited."""
    house = make_house(preserve_plex_edits=True, leave_unlocked=True)
    films = house.plex.add_section("Films", locations=["/media/films"])
    house.stash.settings["path_map"] += "; /data/films => /media/films"
    scene = house.scene_at("/data/films/Pier.mp4", details="Stash's.", tags=["Noir"])
    item = house.plex.add_movie(
        films, "/media/films/Pier.mp4", summary="The agent's.", tags={"genre": ["Drama"]}
    )
    house.saved(scene)
    assert item.fields["summary"] == "Stash's."
    house.plex.refresh_metadata(item)
    assert item.fields["summary"] == "The agent's."
    house.sync_all()
    house.later()
    assert item.fields["summary"] == "Stash's."
    assert "Noir" in item.tags["genre"]
    house.plex.refresh_metadata(item)
    house.saved(scene, details="Stash's second.")
    assert item.fields["summary"] == "Stash's second."


def test_locks_taken_away_and_a_refresh_bring_stashs_values_back(make_house: MakeHouse) -> None:
    house = make_house(preserve_plex_edits=True)
    films = house.plex.add_section("Films", locations=["/media/films"])
    house.stash.settings["path_map"] += "; /data/films => /media/films"
    scene = house.scene_at("/data/films/Pier.mp4", details="Stash's.")
    item = house.plex.add_movie(films, "/media/films/Pier.mp4", summary="The agent's.")
    house.saved(scene)
    house.plex.user.set_locks(item, False, "summary", "title")
    house.plex.refresh_metadata(item)
    house.sync_all()
    assert item.fields["summary"] == "Stash's."


# -- dates, capitals, order -------------------------------------------------------------------


@pytest.mark.parametrize("date", ["2020", "2020-05"])
@KEEP
def test_a_partial_date_never_replaces_a_users_full_one(
    make_house: MakeHouse, date: str, keep: bool
) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(date=date)
    house.plex.user.edit(item, {"originallyAvailableAt": "2020-05-06", "year": "2020"})
    house.saved(scene)
    house.sync_all()
    assert item.fields["originallyAvailableAt"] == "2020-05-06"


def test_a_users_full_date_stays_when_stash_has_the_year_alone(house: House) -> None:
    scene, item = house.add(date="2020")
    house.saved(scene)
    house.plex.user.edit(item, {"originallyAvailableAt": "2020-05-06"})
    house.sync_all()
    house.saved(scene, details="Edited.")
    assert item.fields["originallyAvailableAt"] == "2020-05-06"


@KEEP
def test_capitals_changed_by_a_user_are_an_edit(make_house: MakeHouse, keep: bool) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(title="Harbour lights", details="Docks at night.")
    house.saved(scene)
    house.plex.user.edit(item, {"title": "Harbour Lights", "summary": "DOCKS at night."})
    house.sync_all()
    house.later()
    shown = (item.title, item.fields["summary"])
    users = ("Harbour Lights", "DOCKS at night.")
    assert shown == (users if keep else ("Harbour lights", "Docks at night."))
    house.saved(scene, tags=add_records(house, "tags", "Noir"))
    shown = (item.title, item.fields["summary"])
    assert shown == (users if keep else ("Harbour lights", "Docks at night."))


@pytest.mark.parametrize("tag_mode", ["replace", "append"])
@KEEP
def test_the_order_of_a_cast_is_an_edit(make_house: MakeHouse, keep: bool, tag_mode: str) -> None:
    """Where the server can put a cast in order at all: an appending one needs it emptied first."""
    house = make_house(preserve_plex_edits=keep)
    house.plex.library.append_tags = tag_mode == "append"
    scene, item = house.add(performers=["Ada", "Bo", "Cy"])
    house.saved(scene)
    house.plex.user.edit(item, {}, {"actor": ["Cy", "Ada", "Bo"]})
    house.sync_all()
    house.later()
    if keep:
        assert item.tags["actor"] == ["Cy", "Ada", "Bo"]
    elif tag_mode == "replace":
        assert item.tags["actor"] == ["Ada", "Bo", "Cy"]
    assert house.writes(house.sync_all) == []


# -- tags and ratings do not move updatedAt ---------------------------------------------------


@KEEP
def test_sync_all_sees_tags_that_a_user_changed(make_house: MakeHouse, keep: bool) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(tags=["Noir", "Sea"], performers=["Ada"])
    house.saved(scene)
    stamp = item.updated_at
    house.plex.user.remove_tag(item, "genre", "Noir")
    house.plex.user.add_tag(item, "genre", "Cosy")
    assert item.updated_at == stamp
    house.sync_all()
    assert sorted(item.tags["genre"]) == (["Cosy", "Sea"] if keep else ["Cosy", "Noir", "Sea"])


def test_sync_all_sees_a_lock_that_was_taken_away(house: House) -> None:
    scene, item = house.add(tags=["Noir"])
    house.saved(scene)
    house.plex.user.set_locks(item, False, "genre")
    item.links["genre"] = []
    house.sync_all()
    assert item.tags["genre"] == ["Noir"]
