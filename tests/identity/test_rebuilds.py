"""Libraries are made anew, items come back under new keys: everything is written, nothing else.

The texts of scenes are named after their files, so that a value on a wrong item shows.
"""

from __future__ import annotations

import pytest

from simulators.stash.pictures import png
from tests.identity.conftest import MakeHouse
from tests.identity.house import NAMES, House, films, in_plex, in_stash, shown

RED = png(4, 4, (200, 0, 0))
SOON = pytest.mark.parametrize("soon", [True, False], ids=["soon", "next day"])


@pytest.mark.parametrize("keys", ["new", "same", "shifted"])
@pytest.mark.parametrize("part_ids", ["new", "same"])
@pytest.mark.parametrize("library", ["same", "new"])
@SOON
def test_a_rebuilt_library_is_written_again(
    house: House, keys: str, part_ids: str, library: str, soon: bool
) -> None:
    films(house, NAMES)
    house.synced(soon=soon)
    house.rebuild(keys=keys, part_ids=part_ids, library=library)
    house.sync_all()
    assert shown(house, NAMES) == NAMES
    house.settle()
    assert house.writes(house.sync_all) == []


@pytest.mark.parametrize("preserve", [False, True], ids=["default", "keep edits"])
def test_keys_given_again_to_the_same_files_are_like_new_items(
    make_house: MakeHouse, preserve: bool
) -> None:
    house = make_house(skip_posters=False, preserve_plex_edits=preserve)
    house.add("Pier.mp4", details="Docks.", studio="Northlight", tags=["Noir"], cover=RED)
    house.synced()
    first = house.holder(in_plex("Pier.mp4"))
    poster = first.selected_poster
    house.rebuild(keys="same")
    house.sync_all()
    item = house.holder(in_plex("Pier.mp4"))
    assert item is not first
    assert item.fields["summary"] == "Docks."
    assert (item.tags["genre"], item.tags["collection"]) == (["Noir"], ["Northlight"])
    assert (item.selected_poster, poster is not None) == (poster, True)


def test_another_film_under_an_old_key_keeps_its_texts(house: House) -> None:
    """The old file is gone from Plex; a film that Stash does not know has the key now."""
    scene, old = house.add("Old.mp4", details="Old.mp4", tags=["Noir"])
    house.synced()
    house.plex.library.remove(old)
    stranger = house.stranger(in_plex("New.mp4"), old.rating_key)
    house.plex.edit(stranger, {"summary": "A user's."}, {"genre": ["Noir", "Mine"]})
    before = house.plex.snapshot()
    house.edit(scene, details="Changed in Stash.", tags=[])
    house.sync_all()
    house.settle()
    assert house.plex.snapshot() == before
    assert house.outcome(scene) == "not_in_plex"


def test_another_film_under_an_old_key_loses_nothing_when_the_scene_is_emptied(
    house: House,
) -> None:
    """No job of Sync All: one edit of the scene, by the resident worker."""
    scene, old = house.add("Old.mp4", details="Old.mp4", rating100=80)
    house.synced()
    house.plex.library.remove(old)
    stranger = house.stranger(in_plex("New.mp4"), old.rating_key)
    before = house.plex.snapshot()
    house.edit(scene, details="", rating100=None)
    house.settle()
    assert house.plex.snapshot() == before
    assert stranger.rating_key == old.rating_key


# -- items come back under new keys, files move -----------------------------------------------


@SOON
def test_an_item_that_is_removed_and_scanned_again_is_written(house: House, soon: bool) -> None:
    films(house, NAMES[:5])
    house.synced(soon=soon)
    house.plex.disk.scan_again(house.holder(in_plex(NAMES[2])))
    house.sync_all()
    assert shown(house, NAMES[:5]) == NAMES[:5]


@SOON
@pytest.mark.parametrize("keys", ["kept", "new"])
@pytest.mark.parametrize("edited", [True, False], ids=["edited", "not edited"])
def test_items_of_a_renamed_folder_are_written(
    house: House, keys: str, edited: bool, soon: bool
) -> None:
    old, new = [f"2026/{n}" for n in NAMES[:5]], [f"2027/{n}" for n in NAMES[:5]]
    scenes = {name: house.add(name, details=name)[0] for name in old}
    house.synced(soon=soon)
    for before, after in zip(old, new, strict=True):
        house.rename_in_stash(scenes[before], in_stash(after))
        if edited:
            house.stash.library.touch(scenes[before], details=after)
    house.plex.disk.rename_folder(in_plex("2026"), in_plex("2027"), keep_items=keys == "kept")
    house.sync_all()
    assert shown(house, new) == (new if edited else old)


@SOON
def test_a_folder_renamed_on_disk_alone_is_found_by_the_next_sync_all(
    house: House, soon: bool
) -> None:
    """Stash's rule leads to the old folder; the new key has to be found all the same."""
    house.stash.settings["path_map"] = f"{in_stash('')}=>{in_plex('')}"
    house.stash.settings["path_map"] += ";/data/scenes/2026 => /media/videos/2027"
    scene = house.scene_at(in_stash("2026/Pier.mp4"), details="Pier.")
    house.item_at(in_plex("2026/Pier.mp4"))
    house.stash.settings["path_map"] = "/data/scenes => /media/videos"
    house.synced(soon=soon)
    house.plex.disk.rename_folder(in_plex("2026"), in_plex("2027"), keep_items=False)
    house.rename_in_stash(scene, in_stash("2027/Pier.mp4"))
    house.sync_all()
    assert house.summaries([in_plex("2027/Pier.mp4")]) == ["Pier."]


@SOON
def test_an_item_that_moves_to_another_library_is_written(house: House, soon: bool) -> None:
    other = house.plex.add_section("More", locations=["/media/more"], agent="none")
    house.stash.settings["path_map"] += ";/data/scenes/more => /media/more"
    scene, item = house.add("Pier.mp4", details="Pier.")
    films(house, NAMES[:3])
    house.synced(soon=soon)
    moved = house.plex.disk.move(item, other, lambda _file: "/media/more/Pier.mp4")
    house.rename_in_stash(scene, in_stash("more/Pier.mp4"))
    house.sync_all()
    assert moved.fields.get("summary") == "Pier."


@SOON
def test_a_file_whose_library_alone_changed_is_written(house: House, soon: bool) -> None:
    """The folder belongs to another library now: same path, new key, nothing changed in Stash."""
    films(house, NAMES[:3])
    house.synced(soon=soon)
    other = house.plex.add_section("More", locations=["/media/videos"], agent="none")
    moved = house.plex.disk.move(house.holder(in_plex(NAMES[0])), other)
    house.sync_all()
    assert moved.fields.get("summary") == NAMES[0]


@SOON
def test_the_same_file_in_a_second_library_is_written_there_too(house: House, soon: bool) -> None:
    films(house, NAMES[:3])
    house.synced(soon=soon)
    other = house.plex.add_section("More", locations=["/media/videos"], agent="none")
    second = house.item_at(in_plex(NAMES[1]), section=other)
    house.sync_all()
    assert second.fields.get("summary") == NAMES[1]
    assert house.plex.items(house.section)[1].fields.get("summary") == NAMES[1]


@SOON
def test_both_items_of_two_merged_scenes_show_the_scene_that_stayed(
    house: House, soon: bool
) -> None:
    kept, first = house.add("First.mp4", details="Stays.", tags=["Kept"])
    gone, second = house.add("Second.mp4", details="Goes.", tags=["Gone"], performers=["Ada"])
    house.synced(soon=soon)
    house.stash.scene_merge([gone], kept)
    house.sync_all()
    house.settle()
    for item in (first, second):
        assert item.fields.get("summary") == "Stays."
        assert item.tags["genre"] == ["Kept"]
    assert second.tags["actor"] == []


def test_a_scene_deleted_and_scanned_again_takes_over_our_values(house: House) -> None:
    scene, item = house.add("Pier.mp4", details="First.", tags=["Old"], studio="Northlight")
    house.synced()
    house.plex.edit(item, {}, {"genre": ["Old", "A user's"]})
    del house.stash.library.scenes[scene]
    house.hook(scene, "Scene.Destroy.Post")
    house.run()
    again = house.scene_at(in_stash("Pier.mp4"), details="Second.", tags=["New"])
    house.edit(again)
    house.settle()
    assert item.fields["summary"] == "Second."
    assert sorted(item.tags["genre"]) == ["A user's", "New"]
    assert item.tags["collection"] == []
