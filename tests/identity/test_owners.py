"""Whose an item is: pins, and scenes whose files Plex shows as one item."""

from __future__ import annotations

import pytest

from simulators.plex.items import Item
from tests.identity.conftest import MakeHouse
from tests.identity.house import MINUTE, House, in_plex, in_stash
from tests.identity.operations import run

# -- pins -------------------------------------------------------------------------------------


def pinned_house(make_house: MakeHouse) -> tuple[House, int]:
    """A scene without a rule, for which a user chose one of two files."""
    house = make_house(path_map="")
    scene = house.scene_at("/x/Pier.mp4", details="Chosen.")
    house.item_at("/media/videos/a/Pier.mp4")
    chosen = house.item_at("/media/videos/b/Pier.mp4")
    pin(house, scene, chosen)
    house.settle()
    assert chosen.fields["summary"] == "Chosen."
    house.next_day()
    return house, scene


def pin(house: House, scene: int, item: Item) -> None:
    """The operation ``pin``, by a user who looks at the scene's page."""
    run(house, "pin", scene=scene, item=item.rating_key)


def test_a_pin_follows_its_file_to_a_new_key(make_house: MakeHouse) -> None:
    house, scene = pinned_house(make_house)
    made = house.rebuild(keys="shifted")
    house.stash.library.touch(scene, details="After the rebuild.")
    house.sync_all()
    assert made["/media/videos/b/Pier.mp4"].fields.get("summary") == "After the rebuild."
    assert "summary" not in made["/media/videos/a/Pier.mp4"].fields


def test_a_pin_whose_file_is_gone_is_asked_for_again(make_house: MakeHouse) -> None:
    house, scene = pinned_house(make_house)
    old = house.holder("/media/videos/b/Pier.mp4")
    house.plex.library.remove(old)
    stranger = house.stranger("/media/videos/c/Else.mp4", old.rating_key)
    house.plex.edit(stranger, {"summary": "A user's."})
    before = house.plex.snapshot()
    house.edit(scene, details="After the rebuild.")
    house.settle()
    house.sync_all()
    assert house.plex.snapshot() == before
    assert house.outcome(scene) not in ("", "synced")


# -- ownership --------------------------------------------------------------------------------


def test_the_scene_of_the_first_file_owns_an_item_of_two(house: House) -> None:
    """Who wrote first does not matter: the second scene was alone before the items were merged."""
    other = house.item_at(in_plex("First.mp4"))
    second, item = house.add("Second.mp4", details="Second.")
    house.synced()
    first = house.scene_at(in_stash("First.mp4"), details="First.")
    house.plex.disk.merge(item, other)
    house.sync_all()
    assert item.fields.get("summary") == "First."
    assert house.outcomes() == {second: "item_taken", first: "synced"}


def test_a_claim_passes_on_when_its_owner_is_deleted(house: House) -> None:
    first, item = house.add("First.mp4", details="First.", tags=["Old"])
    second = house.scene_at(in_stash("Second.mp4"), details="Second.")
    house.plex.disk.merge(item, house.item_at(in_plex("Second.mp4")))
    house.synced()
    assert house.outcome(second) == "item_taken"
    del house.stash.library.scenes[first]
    house.hook(first, "Scene.Destroy.Post")
    house.pass_time(5 * MINUTE)
    assert item.fields["summary"] == "Second."
    assert item.tags["genre"] == []
    assert house.outcome(second) == "synced"


def test_the_item_of_an_ignored_scene_is_no_other_scenes(house: House) -> None:
    first, item = house.add("First.mp4", details="First.")
    second = house.scene_at(in_stash("Second.mp4"), details="Second.")
    house.plex.disk.merge(item, house.item_at(in_plex("Second.mp4")))
    house.synced()
    run(house, "ignore", scene=first)
    before = house.plex.snapshot()
    house.sync_all()
    house.edit(second, details="Second, edited.")
    house.settle()
    assert house.plex.snapshot() == before


def test_the_parts_of_a_split_item_are_each_their_scenes(house: House) -> None:
    first, item = house.add("First.mp4", details="First.")
    second = house.scene_at(in_stash("Second.mp4"), details="Second.")
    house.plex.disk.merge(item, house.item_at(in_plex("Second.mp4")))
    house.synced()
    (other,) = house.plex.disk.split(item)
    house.sync_all()
    assert [item.fields["summary"], other.fields.get("summary")] == ["First.", "Second."]
    assert house.outcomes() == {first: "synced", second: "synced"}


def test_the_latest_pin_to_an_item_wins(make_house: MakeHouse) -> None:
    house = make_house(path_map="")
    item = house.item_at("/media/videos/Else.mp4")
    first = house.scene_at("/x/One.mp4", details="One.")
    second = house.scene_at("/x/Two.mp4", details="Two.")
    pin(house, first, item)
    pin(house, second, item)
    house.settle()
    house.sync_all()
    assert item.fields["summary"] == "Two."
    assert house.outcome(second) == "synced"
    assert house.outcome(first) != "synced"


def test_a_pin_to_a_season_is_refused(house: House) -> None:
    series = house.plex.add_section("Series", "show", locations=["/media/series"])
    episode = house.plex.add_episode(series, "/media/series/1.mkv", show="Tides")
    scene = house.scene_at("/x/One.mp4", details="One.")
    assert episode.parent is not None
    before = house.plex.snapshot()
    with pytest.raises(Exception, match=r"."):
        pin(house, scene, episode.parent)
    house.settle()
    assert house.plex.snapshot() == before
