"""Whose value is it: what was written and read back, what was there before, and what users did.

Each line of the rules as a whole-way test. Real servers leave ``updatedAt`` alone when tags or
ratings change, and so does the simulated Plex.
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.plex.faults import Kind
from simulators.plex.items import Item
from simulators.stash.pictures import png
from tests.identity.conftest import MakeHouse
from tests.identity.house import DAY, House
from tests.identity.operations import run

RED, BLUE, GREEN = (png(4, 4, color) for color in ((200, 0, 0), (0, 0, 200), (0, 200, 0)))
KEEP = pytest.mark.parametrize("keep", [False, True], ids=["default", "keep edits"])


def later(house: House) -> None:
    """Everything is read back, and Stash's whole seconds move on."""
    house.settle()
    house.clock.now += 5


def saved(house: House, scene: int, **fields: object) -> None:
    """A user saves a scene; it is synced and read back."""
    house.edit(scene, **fields)
    later(house)


def add_records(house: House, kind: str, *names: str) -> tuple[object, ...]:
    """Tags or performers by name, as a scene holds them."""
    table = getattr(house.stash.library, kind)
    return tuple(table.named(name) for name in names)


# -- read-back --------------------------------------------------------------------------------


@KEEP
def test_a_star_rating_given_before_the_read_back_stays(make_house: MakeHouse, keep: bool) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(rating100=80)
    saved(house, scene, title="First")
    house.edit(scene, rating100=60)
    house.run()
    house.clock.now += 10
    house.plex.user.rate(item, 3.0)
    later(house)
    house.sync_all()
    later(house)
    assert item.fields["userRating"] == "3.0"


@KEEP
def test_a_users_star_rating_survives_that_stash_clears_its_own(
    make_house: MakeHouse, keep: bool
) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(rating100=80)
    saved(house, scene, title="First")
    house.edit(scene, rating100=None)
    house.run()
    assert "userRating" not in item.fields
    house.clock.now += 10
    house.plex.user.rate(item, 3.0)
    later(house)
    house.sync_all()
    later(house)
    assert item.fields["userRating"] == "3.0"


@KEEP
def test_a_text_changed_before_the_read_back_is_a_users(make_house: MakeHouse, keep: bool) -> None:
    """Any third value is a user's: neither what was there before nor what was written."""
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(details="First.")
    saved(house, scene, title="First")
    house.edit(scene, details="Second.")
    house.run()
    house.clock.now += 10
    house.plex.user.edit(item, {"summary": "A user's."})
    later(house)
    house.sync_all()
    later(house)
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
    scene, item = house.add(**{table: [first, second]})
    saved(house, scene)
    house.edit(scene, **{table: names[:1]})
    house.run()
    house.edit(scene)  # a second save, before anything is read back
    later(house)
    house.clock.now += 20 * DAY
    house.plex.user.add_tag(item, kind, second)
    house.tell()
    saved(house, scene, details="Weeks later.")
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
    later(house)
    house.clock.now += 20 * DAY
    house.plex.user.leave_collection(item, "Northlight")
    house.tell()
    saved(house, scene, details="Weeks later.")
    house.sync_all()
    assert item.tags["collection"] == []


def test_a_genre_taken_out_stays_out_after_a_second_save(make_house: MakeHouse) -> None:
    house = make_house(preserve_plex_edits=True)
    scene, item = house.add(tags=["Noir", "Sea"])
    house.edit(scene)
    house.run()
    house.edit(scene)
    later(house)
    house.clock.now += 20 * DAY
    house.plex.user.remove_tag(item, "genre", "Noir")
    house.tell()
    saved(house, scene, details="Weeks later.")
    house.sync_all()
    assert item.tags["genre"] == ["Sea"]


@KEEP
def test_a_write_that_got_no_answer_is_ours_when_plex_shows_it(
    make_house: MakeHouse, keep: bool
) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add()
    saved(house, scene, title="First")
    house.plex.faults.add(Kind.CLOSE_AFTER, method="PUT")
    house.edit(scene, details="Ours.", tags=add_records(house, "tags", "Noir"))
    house.pass_time(600)
    later(house)
    assert item.fields["summary"] == "Ours."
    saved(house, scene, details="", tags=())
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
    saved(house, scene)
    return scene, item


def test_an_adopted_value_is_not_cleared(house: House, adopted: tuple[int, Item]) -> None:
    scene, item = adopted
    saved(house, scene, details="", tags=(), studio=None, performers=(), rating100=None)
    house.sync_all()
    assert item.fields["summary"] == "By hand."
    assert item.fields["userRating"] == "8.0"
    assert item.tags["genre"] == ["Noir"]
    assert item.tags["actor"] == ["Ada"]
    assert item.tags["collection"] == ["Northlight"]


def test_an_adopted_value_follows_stash(house: House, adopted: tuple[int, Item]) -> None:
    scene, item = adopted
    saved(house, scene, details="In Stash.")
    assert item.fields["summary"] == "In Stash."


def test_an_adopted_star_rating_stays_a_users(house: House, adopted: tuple[int, Item]) -> None:
    scene, item = adopted
    saved(house, scene, rating100=20)
    assert item.fields["userRating"] == "8.0"


def test_an_unlocked_equal_value_becomes_ours(make_house: MakeHouse) -> None:
    """It was the agent's until we locked it."""
    house = make_house()
    scene, item = house.add(details="The agent's.", studio="Northlight")
    house.plex.user.edit(item, {"summary": "The agent's."}, lock=False)
    saved(house, scene)
    saved(house, scene, details="Ours.")
    saved(house, scene, details="")
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
    saved(house, scene)
    assert item.fields["summary"] == "Stash's."
    house.plex.refresh_metadata(item)
    assert item.fields["summary"] == "The agent's."
    house.sync_all()
    later(house)
    assert item.fields["summary"] == "Stash's."
    assert "Noir" in item.tags["genre"]
    house.plex.refresh_metadata(item)
    saved(house, scene, details="Stash's second.")
    assert item.fields["summary"] == "Stash's second."


def test_locks_taken_away_and_a_refresh_bring_stashs_values_back(make_house: MakeHouse) -> None:
    house = make_house(preserve_plex_edits=True)
    films = house.plex.add_section("Films", locations=["/media/films"])
    house.stash.settings["path_map"] += "; /data/films => /media/films"
    scene = house.scene_at("/data/films/Pier.mp4", details="Stash's.")
    item = house.plex.add_movie(films, "/media/films/Pier.mp4", summary="The agent's.")
    saved(house, scene)
    house.plex.user.set_locks(item, False, "summary", "title")
    house.plex.refresh_metadata(item)
    house.sync_all()
    assert item.fields["summary"] == "Stash's."


# -- pictures ---------------------------------------------------------------------------------


def test_keep_edits_keeps_a_users_poster(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False, preserve_plex_edits=True)
    scene, item = house.add(cover=RED)
    saved(house, scene)
    house.plex.user.upload_poster(item, GREEN)
    users = item.selected_poster
    house.sync_all()
    saved(house, scene, details="Edited.")
    assert item.selected_poster == users


def test_keep_edits_turned_off_brings_stashs_poster_back(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False, preserve_plex_edits=True)
    scene, item = house.add(cover=RED)
    saved(house, scene)
    ours = item.selected_poster
    house.plex.user.upload_poster(item, GREEN)
    house.sync_all()
    later(house)
    house.stash.settings["preserve_plex_edits"] = False
    house.clock.now += 60
    house.sync_all()
    assert item.selected_poster == ours
    later(house)
    assert house.writes(house.sync_all) == []


def test_stashs_poster_comes_back_with_the_next_sync(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False)
    scene, item = house.add(cover=RED)
    saved(house, scene)
    ours = item.selected_poster
    house.plex.user.upload_poster(item, GREEN)
    house.sync_all()
    assert item.selected_poster == ours


def test_a_new_cover_replaces_a_users_poster_only_by_default(make_house: MakeHouse) -> None:
    for keep in (False, True):
        house = make_house(skip_posters=False, preserve_plex_edits=keep)
        scene, item = house.add(cover=RED)
        saved(house, scene)
        house.plex.user.upload_poster(item, GREEN)
        users = item.selected_poster
        saved(house, scene, cover=BLUE)
        assert (item.selected_poster == users) is keep


def test_skip_posters_means_the_background_too(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=True, sync_background=True)
    scene, item = house.add(cover=RED)
    saved(house, scene)
    house.sync_all()
    assert (item.posters, item.arts) == ([], [])


def avif() -> bytes:
    """A small AVIF, which Plex does not take and Pillow reads."""
    image = pytest.importorskip("PIL.Image")
    features = pytest.importorskip("PIL.features")
    if not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    file = io.BytesIO()
    image.new("RGB", (32, 48), (200, 0, 0)).save(file, "AVIF")
    return file.getvalue()


def test_a_cover_that_plex_cannot_take_is_converted(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False)
    scene, item = house.add(cover=avif(), details="Written too.")
    saved(house, scene)
    assert house.outcome(scene) == "synced"
    (picture,) = item.poster_shelf.pictures.values()
    assert picture.data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF"))
    assert house.writes(house.sync_all) == []


def test_a_damaged_cover_is_named_and_not_asked_for_again(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False)
    damaged = b"\0\0\0\x1cftypavif" + b"\0" * 200
    scene, item = house.add(cover=damaged, details="Written all the same.")
    saved(house, scene)
    assert item.fields["summary"] == "Written all the same."
    assert item.posters == []
    assert house.outcome(scene) == "image_unusable"
    house.stash.requests.clear()
    house.sync_all()
    later(house)
    assert not [path for path in house.stash.requests.by_path if "screenshot" in path]
    assert house.outcome(scene) == "image_unusable"
    saved(house, scene, cover=RED)
    assert len(item.posters) == 1
    assert house.outcome(scene) == "synced"


def test_a_cover_that_needs_pillow_is_named_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "cover.avif").write_bytes(avif())
    script = Path(__file__).parents[1] / "data" / "without_pillow.py"
    command = [sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["image_unusable", "0"]


def test_a_refused_background_does_not_upload_the_poster_again(make_house: MakeHouse) -> None:
    house = make_house(skip_posters=False, sync_background=True)
    house.plex.faults.add(Kind.STATUS, method="POST", path="/arts", status=400, times=None)
    scene, item = house.add(cover=RED)
    for _ in range(4):
        house.edit(scene)
        house.pass_time(600)
        house.sync_all()
    assert house.plex.requests.count("POST", "/posters") == 1
    assert len(item.posters) == 1


# -- dates, capitals, order -------------------------------------------------------------------


@pytest.mark.parametrize("date", ["2020", "2020-05"])
@KEEP
def test_a_partial_date_never_replaces_a_users_full_one(
    make_house: MakeHouse, date: str, keep: bool
) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(date=date)
    house.plex.user.edit(item, {"originallyAvailableAt": "2020-05-06", "year": "2020"})
    saved(house, scene)
    house.sync_all()
    assert item.fields["originallyAvailableAt"] == "2020-05-06"


def test_a_users_full_date_stays_when_stash_has_the_year_alone(house: House) -> None:
    scene, item = house.add(date="2020")
    saved(house, scene)
    house.plex.user.edit(item, {"originallyAvailableAt": "2020-05-06"})
    house.sync_all()
    saved(house, scene, details="Edited.")
    assert item.fields["originallyAvailableAt"] == "2020-05-06"


@KEEP
def test_capitals_changed_by_a_user_are_an_edit(make_house: MakeHouse, keep: bool) -> None:
    house = make_house(preserve_plex_edits=keep)
    scene, item = house.add(title="Harbour lights", details="Docks at night.")
    saved(house, scene)
    house.plex.user.edit(item, {"title": "Harbour Lights", "summary": "DOCKS at night."})
    house.sync_all()
    later(house)
    shown = (item.title, item.fields["summary"])
    users = ("Harbour Lights", "DOCKS at night.")
    assert shown == (users if keep else ("Harbour lights", "Docks at night."))
    saved(house, scene, tags=add_records(house, "tags", "Noir"))
    shown = (item.title, item.fields["summary"])
    assert shown == (users if keep else ("Harbour lights", "Docks at night."))


@pytest.mark.parametrize("tag_mode", ["replace", "append"])
@KEEP
def test_the_order_of_a_cast_is_an_edit(make_house: MakeHouse, keep: bool, tag_mode: str) -> None:
    """Where the server can put a cast in order at all: an appending one needs it emptied first."""
    house = make_house(preserve_plex_edits=keep)
    house.plex.library.append_tags = tag_mode == "append"
    scene, item = house.add(performers=["Ada", "Bo", "Cy"])
    saved(house, scene)
    house.plex.user.edit(item, {}, {"actor": ["Cy", "Ada", "Bo"]})
    house.sync_all()
    later(house)
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
    saved(house, scene)
    stamp = item.updated_at
    house.plex.user.remove_tag(item, "genre", "Noir")
    house.plex.user.add_tag(item, "genre", "Cosy")
    assert item.updated_at == stamp
    house.sync_all()
    assert sorted(item.tags["genre"]) == (["Cosy", "Sea"] if keep else ["Cosy", "Noir", "Sea"])


def test_sync_all_sees_a_lock_that_was_taken_away(house: House) -> None:
    scene, item = house.add(tags=["Noir"])
    saved(house, scene)
    house.plex.user.set_locks(item, False, "genre")
    item.links["genre"] = []
    house.sync_all()
    assert item.tags["genre"] == ["Noir"]


# -- settings on and off ----------------------------------------------------------------------

SETTINGS = [
    ("sync_groups", {"groups": ["Harbour"]}, "collection", ["Harbour"]),
    ("sync_code", {"code": "HL-1"}, "tagline", "HL-1"),
]


@pytest.mark.parametrize(("setting", "fields", "place", "value"), SETTINGS)
def test_a_setting_turned_on_and_off_leaves_no_debris(
    make_house: MakeHouse, setting: str, fields: dict[str, object], place: str, value: object
) -> None:
    house = make_house()
    scene, item = house.add(**fields)
    saved(house, scene)
    before = house.plex.snapshot()[item.rating_key]
    house.stash.settings[setting] = True
    house.clock.now += 60
    house.sync_all()
    later(house)
    assert (item.tags.get(place) or item.fields.get(place)) == value
    house.stash.settings[setting] = False
    house.clock.now += 60
    house.sync_all()
    later(house)
    assert house.plex.snapshot()[item.rating_key] == before
    assert house.writes(house.sync_all) == []


def test_studio_collections_that_are_not_wanted_any_more_are_left(make_house: MakeHouse) -> None:
    house = make_house()
    scene, item = house.add(studio="Northlight")
    saved(house, scene)
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
    saved(house, scene)
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
    saved(house, scene)
    house.stash.settings["skip_rating"] = True
    house.clock.now += 60
    house.plex.user.rate(item, 3.0)
    house.sync_all()
    saved(house, scene, rating100=20)
    assert item.fields["userRating"] == "3.0"


# -- preview ----------------------------------------------------------------------------------


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
