"""Whose an item is, while owners come, go and change their minds."""

from __future__ import annotations

from collections.abc import Callable

from simulators.plex.items import Item
from tests.identity.house import MINUTE, House, in_plex, in_stash
from tests.identity.operations import run


def item_of_two(house: House) -> Item:
    """One item of two versions, of which the first is ``First.mp4``."""
    item = house.item_at(in_plex("First.mp4"))
    house.plex.disk.merge(item, house.item_at(in_plex("Second.mp4")))
    return item


def test_a_scene_that_lost_its_item_is_not_called_synced(house: House) -> None:
    """Also when the write that took it got no answer."""
    item = item_of_two(house)
    second = house.scene_at(in_stash("Second.mp4"), details="Second.")
    house.synced()
    assert house.outcome(second) == "synced"
    first = house.scene_at(in_stash("First.mp4"), details="First.")
    house.plex.faults.add("close_after", method="PUT", times=3)
    house.saved(first)
    house.pass_time(10 * MINUTE)
    assert item.fields["summary"] == "First."
    assert house.outcomes() == {first: "synced", second: "item_taken"}


def test_a_scene_kept_out_by_one_that_never_owned_the_item_is_woken(house: House) -> None:
    item = item_of_two(house)
    house.stash.settings["only_organized"] = True
    first = house.scene_at(in_stash("First.mp4"), details="First.")
    second = house.scene_at(in_stash("Second.mp4"), details="Second.", organized=True)
    house.synced()
    assert house.outcomes() == {first: "filtered", second: "item_taken"}
    house.move_in_stash(first, in_stash("Elsewhere.mp4"))
    house.settle()
    assert house.outcome(second) == "synced"
    assert item.fields["summary"] == "Second."


def test_a_scene_kept_out_by_one_that_lost_its_file_is_woken(house: House) -> None:
    item = item_of_two(house)
    first = house.scene_at(in_stash("First.mp4"), details="First.")
    second = house.scene_at(in_stash("Second.mp4"), details="Second.")
    house.synced()
    house.stash.library.scenes[first].files = ()
    house.edit(first)
    house.settle()
    assert house.outcome(second) == "synced"
    assert item.fields["summary"] == "Second."


def test_a_chain_of_scenes_that_keep_each_other_out_ends(house: House) -> None:
    names = ["First.mp4", "Second.mp4", "Third.mp4"]
    item = house.item_at(in_plex(names[0]))
    house.plex.disk.merge(item, *(house.item_at(in_plex(name)) for name in names[1:]))
    scenes = [house.scene_at(in_stash(name), details=name) for name in names]
    house.synced()
    assert [house.outcome(scene) for scene in scenes] == ["synced", "item_taken", "item_taken"]
    for gone in scenes[:2]:
        del house.stash.library.scenes[gone]
        house.hook(gone, "Scene.Destroy.Post")
        house.pass_time(5 * MINUTE)
        assert "synced" in house.outcomes().values()
    assert item.fields["summary"] == names[2]


def test_the_scene_at_the_very_path_wins_against_a_resemblance(house: House) -> None:
    name = "Summer in Rome/Arrival at noon.mp4"
    item = house.item_at(in_plex(name), size=123_456)
    copy = house.scene_at(f"/backup/{name}", size=123_456, details="Copy.")
    house.synced()
    assert house.outcome(copy) == "synced"
    very = house.scene_at(in_stash(name), size=123_456, details="Very.")
    house.sync_all()
    assert item.fields["summary"] == "Very."
    assert house.outcome(very) == "synced"


def test_a_scene_that_resembles_leaves_the_item_to_the_scene_at_its_path(house: House) -> None:
    """Stash has not scanned again since the film at the path was replaced by the copy's file."""
    name = "Summer in Rome/Arrival at noon.mp4"
    item = house.item_at(in_plex(name), size=123_456)
    house.stash.settings["only_organized"] = True
    copy = house.scene_at(f"/backup/{name}", size=123_456, details="Copy.", organized=True)
    house.scene_at(in_stash(name), size=99_999, details="Very.")
    before = house.plex.snapshot()
    house.synced()
    assert house.plex.snapshot() == before
    assert house.outcome(copy) == "item_taken"
    assert "summary" not in item.fields


# -- pins -------------------------------------------------------------------------------------


def once_read(house: House, act: Callable[[], object]) -> None:
    """Do something at the first look at the clock after an item was read."""
    before = house.plex.requests.count("GET", "/library/metadata/")

    def look() -> None:
        if house.plex.requests.count("GET", "/library/metadata/") > before:
            act()
        else:
            house.clock.after(0, look)

    look()


def pinned(house: House) -> tuple[int, Item]:
    scene = house.scene_at("/x/Pier.mp4", details="Chosen.")
    chosen = house.item_at("/media/videos/b/Other.mp4")
    run(house, "pin", scene=scene, item=chosen.rating_key)
    house.settle()
    assert chosen.fields["summary"] == "Chosen."
    return scene, chosen


def test_a_pin_says_nothing_of_another_film_under_its_key(house: House) -> None:
    scene, chosen = pinned(house)
    house.next_day()
    house.plex.library.remove(chosen)
    newcomer = house.stranger(in_plex("New.mp4"), chosen.rating_key)
    new = house.scene_at(in_stash("New.mp4"), size=5_000, details="New.")
    house.saved(new)
    assert newcomer.fields.get("summary") == "New."
    assert house.outcome(new) == "synced"
    house.sync_all()
    assert newcomer.fields.get("summary") == "New."
    assert house.outcome(scene) == "ambiguous"


def test_a_pin_does_not_follow_its_file_into_another_scenes_pin(house: House) -> None:
    scene, chosen = pinned(house)
    made = house.rebuild()[chosen.files[0]]
    other = house.scene_at("/x/Quay.mp4", details="Chosen later.")
    run(house, "pin", scene=other, item=made.rating_key)
    house.sync_all()
    assert made.fields["summary"] == "Chosen later."
    assert house.outcome(scene) != "synced"


def test_a_user_who_ignores_a_scene_while_it_is_written_is_heard(house: House) -> None:
    scene, _ = pinned(house)
    house.edit(scene, details="Edited.")
    heard = []

    def ignore() -> None:
        heard.append(True)
        with house.manager.transaction():
            house.manager.scenes.ignore(scene)

    once_read(house, ignore)
    house.run()
    assert heard
    assert house.manager.scenes.is_ignored(scene)
