"""Memory never decides: what happens to files, libraries and scenes, and what must follow.

Each situation goes the whole way: simulated Stash, worker, simulated Plex. The texts of scenes
are named after their files, so that a value on a wrong item shows.
"""

from __future__ import annotations

import pytest

from simulators.plex.items import Item
from simulators.stash.pictures import png
from tests.identity.conftest import MakeHouse
from tests.identity.house import MINUTE, House, in_plex, in_stash
from tests.identity.operations import run

NAMES = [f"Film {n}.mp4" for n in range(30)]
RED = png(4, 4, (200, 0, 0))


def films(house: House, names: list[str], **fields: object) -> dict[str, int]:
    """Files that both servers know; each scene's details are its file's name."""
    return {name: house.add(name, details=name, **fields)[0] for name in names}


def shown(house: House, names: list[str]) -> list[str]:
    """What the items of these files show as their summaries."""
    return house.summaries(map(in_plex, names))


# -- a library is made anew -------------------------------------------------------------------


@pytest.mark.parametrize("keys", ["new", "same", "shifted"])
@pytest.mark.parametrize("part_ids", ["new", "same"])
@pytest.mark.parametrize("library", ["same", "new"])
@pytest.mark.parametrize("soon", [True, False], ids=["soon", "next day"])
def test_a_library_made_anew_is_written_anew(
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


@pytest.mark.parametrize("soon", [True, False], ids=["soon", "next day"])
def test_an_item_that_is_removed_and_scanned_again_is_written(house: House, soon: bool) -> None:
    films(house, NAMES[:5])
    house.synced(soon=soon)
    house.plex.disk.scan_again(house.holder(in_plex(NAMES[2])))
    house.sync_all()
    assert shown(house, NAMES[:5]) == NAMES[:5]


@pytest.mark.parametrize("soon", [True, False], ids=["soon", "next day"])
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


@pytest.mark.parametrize("soon", [True, False], ids=["soon", "next day"])
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


@pytest.mark.parametrize("soon", [True, False], ids=["soon", "next day"])
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


@pytest.mark.parametrize("soon", [True, False], ids=["soon", "next day"])
def test_a_file_whose_library_alone_changed_is_written(house: House, soon: bool) -> None:
    """The folder belongs to another library now: same path, new key, nothing changed in Stash."""
    films(house, NAMES[:3])
    house.synced(soon=soon)
    other = house.plex.add_section("More", locations=["/media/videos"], agent="none")
    moved = house.plex.disk.move(house.holder(in_plex(NAMES[0])), other)
    house.sync_all()
    assert moved.fields.get("summary") == NAMES[0]


@pytest.mark.parametrize("soon", [True, False], ids=["soon", "next day"])
def test_the_same_file_in_a_second_library_is_written_there_too(house: House, soon: bool) -> None:
    films(house, NAMES[:3])
    house.synced(soon=soon)
    other = house.plex.add_section("More", locations=["/media/videos"], agent="none")
    second = house.item_at(in_plex(NAMES[1]), section=other)
    house.sync_all()
    assert second.fields.get("summary") == NAMES[1]
    assert house.plex.items(house.section)[1].fields.get("summary") == NAMES[1]


def test_a_second_item_is_written_with_the_next_edit_alone(house: House) -> None:
    films(house, NAMES[:3])
    house.synced()
    other = house.plex.add_section("More", locations=["/media/videos"], agent="none")
    second = house.item_at(in_plex(NAMES[1]), section=other)
    house.edit(2, details="Edited.")
    house.run()
    assert second.fields.get("summary") == "Edited."


@pytest.mark.parametrize("soon", [True, False], ids=["soon", "next day"])
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


def test_a_scene_deleted_and_scanned_again_takes_over_what_was_ours(house: House) -> None:
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


# -- names are exchanged ----------------------------------------------------------------------


@pytest.mark.parametrize("rules", [True, False], ids=["rules", "no rules"])
@pytest.mark.parametrize("how", ["items follow the files", "items stay at the paths"])
@pytest.mark.parametrize(
    ("one", "two"),
    [("a/One.mp4", "a/Two.mp4"), ("Monday/Interview.mp4", "Friday/Interview.mp4")],
    ids=["files", "folders"],
)
@pytest.mark.parametrize("edited", [True, False], ids=["edited", "not edited"])
def test_two_files_that_swap_names_are_each_written_to_their_own(
    make_house: MakeHouse, rules: bool, how: str, one: str, two: str, edited: bool
) -> None:
    house = make_house(**({} if rules else {"path_map": ""}))
    first = house.scene_at(in_stash(one), size=1_000_001, details="one")
    second = house.scene_at(in_stash(two), size=2_000_002, details="two")
    house.item_at(in_plex(one), size=1_000_001)
    house.item_at(in_plex(two), size=2_000_002)
    house.synced()
    house.rename_in_stash(first, in_stash(two))
    house.rename_in_stash(second, in_stash(one))
    now = ["one, edited", "two, edited"] if edited else ["one", "two"]
    for scene, text in zip((first, second), now, strict=True):
        house.stash.library.touch(scene, details=text)
    if how == "items follow the files":
        house.plex.disk.swap_names(in_plex(one), in_plex(two))
    else:
        house.swap_contents(in_plex(one), in_plex(two))
    house.sync_all()
    assert house.summaries([in_plex(two), in_plex(one)]) == now
    assert house.outcomes() == {first: "synced", second: "synced"}


@pytest.mark.parametrize("how", ["items follow the files", "items stay at the paths"])
def test_a_series_that_is_renumbered_is_healed_by_one_sync_all(house: House, how: str) -> None:
    """Each file gets its neighbour's name, the last one the first's."""
    names = [f"s01e{n:02}.mp4" for n in range(1, 9)]
    sizes = {name: 1_000 + number for number, name in enumerate(names)}
    scenes = [house.scene_at(in_stash(name), size=sizes[name], details=name) for name in names]
    for name in names:
        house.item_at(in_plex(name), size=sizes[name])
    house.synced()
    after = [*names[1:], names[0]]
    for name in names[:-1]:
        if how == "items follow the files":
            house.plex.disk.swap_names(in_plex(name), in_plex(names[-1]))
        else:
            house.swap_contents(in_plex(name), in_plex(names[-1]))
    for scene, name in zip(scenes, after, strict=True):
        house.rename_in_stash(scene, in_stash(name))
        house.stash.library.touch(scene, details=f"Now {name}")
    house.sync_all()
    assert house.summaries(map(in_plex, after)) == [f"Now {name}" for name in after]
    assert set(house.outcomes().values()) == {"synced"}


def test_a_file_given_to_another_scene_takes_its_item_with_it(house: House) -> None:
    first, item = house.add("Pier.mp4", details="First.")
    second, other = house.add("Lock.mp4", details="Second.")
    house.synced()
    scenes = house.stash.library.scenes
    scenes[second].files = (*scenes[second].files, *scenes[first].files)
    scenes[first].files = ()
    house.stash.library.touch(first)
    house.stash.library.touch(second)
    house.sync_all()
    house.sync_all()
    assert [item.fields["summary"], other.fields["summary"]] == ["Second.", "Second."]
    assert house.outcomes() == {first: "no_file", second: "synced"}


@pytest.mark.parametrize("order", ["old first", "new first"])
def test_a_file_that_moved_away_and_the_one_in_its_place_are_each_their_own(
    house: House, order: str
) -> None:
    """A -> B, and another file takes its place in A."""
    scene, item = house.add("A/Pier.mp4", details="The first.")
    house.synced()
    house.plex.disk.rename_file(in_plex("A/Pier.mp4"), in_plex("B/Pier.mp4"))
    newcomer = house.item_at(in_plex("A/Pier.mp4"), size=123_456)
    house.rename_in_stash(scene, in_stash("B/Pier.mp4"))
    house.stash.library.touch(scene, details="Moved to B.")
    second = house.scene_at(in_stash("A/Pier.mp4"), size=123_456, details="The second.")
    for one in (scene, second) if order == "old first" else (second, scene):
        house.edit(one)
        house.run()
    house.sync_all()
    assert [item.fields.get("summary"), newcomer.fields.get("summary")] == [
        "Moved to B.",
        "The second.",
    ]
    assert house.outcomes() == {scene: "synced", second: "synced"}


def test_a_file_whose_item_stays_in_place_gives_it_up(house: House) -> None:
    """A -> B, where Plex makes a new item for B and the old item holds the file now in A."""
    scene, item = house.add("A/Pier.mp4", details="The first.")
    house.synced()
    moved = house.item_at(in_plex("B/Pier.mp4"))
    house.rename_in_stash(scene, in_stash("B/Pier.mp4"))
    second = house.scene_at(in_stash("A/Pier.mp4"), size=123_456, details="The second.")
    house.sync_all()
    house.sync_all()
    assert [item.fields.get("summary"), moved.fields.get("summary")] == [
        "The second.",
        "The first.",
    ]
    assert house.outcomes() == {scene: "synced", second: "synced"}


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


# -- what is not certain ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["GOPR0001.MP4", "CIMG0001.AVI", "MOVI0001.AVI", "Channel 1.ts", "Aufnahme 001.mp4",
     "clip01.mov", "VTS_01_1.VOB", "00001.MTS"],
)  # fmt: skip
def test_a_chunk_of_another_card_is_not_written(make_house: MakeHouse, name: str) -> None:
    """Recorders cut chunks of equal size and count from one on every card."""
    house = make_house(path_map="")
    scene = house.scene_at(f"/cards/1/{name}", size=4_294_967_295, details="Card one.")
    item = house.item_at(f"/plex/2/{name}", size=4_294_967_295)
    house.sync_all()
    assert "summary" not in item.fields
    assert house.outcome(scene) in ("ambiguous", "not_in_plex")


def test_an_exact_file_wins_against_a_namesake_that_was_listed_before(
    make_house: MakeHouse,
) -> None:
    """Twenty jobs make the worker ask its index first: it is older than the exact file."""
    house = make_house(path_map="")
    house.section.locations = house.plex.add_section("x", locations=["/media"]).locations
    scenes = [house.scene_at(f"/media/{n}.mp4", details="Other.") for n in range(25)]
    for n in range(25):
        house.item_at(f"/media/{n}.mp4")
    namesake = house.item_at("/media/backup/Pier.mp4")
    house.sync_all()
    house.settle()
    exact = house.item_at("/media/Pier.mp4")
    scene = house.scene_at("/media/Pier.mp4", details="Exact.")
    house.enqueue(*scenes, scene)
    house.run()
    assert exact.fields.get("summary") == "Exact."
    assert "summary" not in namesake.fields


def test_an_ambiguous_scene_is_woken_by_its_exact_file(make_house: MakeHouse) -> None:
    house = make_house(path_map="")
    scene = house.scene_at("/media/Pier.mp4", details="Exact.")
    house.item_at("/media/a/Pier.mp4")
    house.item_at("/media/b/Pier.mp4")
    house.edit(scene)
    house.settle()
    assert house.outcome(scene) == "ambiguous"
    exact = house.item_at("/media/Pier.mp4")
    house.pass_time(5 * MINUTE)
    assert exact.fields.get("summary") == "Exact."
    assert house.outcome(scene) == "synced"


def test_two_rules_for_one_folder_lead_to_both_targets(make_house: MakeHouse) -> None:
    house = make_house(path_map="/data/scenes => /media/one; /data/scenes => /media/two")
    house.section.locations = house.plex.add_section("x", locations=["/media"]).locations
    scenes = [house.scene_at(in_stash(n), details=n) for n in ("One.mp4", "Two.mp4")]
    one = house.item_at("/media/one/One.mp4", size=1)
    two = house.item_at("/media/two/Two.mp4", size=1)
    for scene in scenes:
        house.edit(scene)
        house.run()
    assert [one.fields.get("summary"), two.fields.get("summary")] == ["One.mp4", "Two.mp4"]


def test_sixty_episodes_in_one_file_are_synced_twice(house: House) -> None:
    series = house.plex.add_section("Series", "show", locations=["/media/series"])
    path = "/media/series/All.mkv"
    items = [house.plex.add_episode(series, path, show="Tides", index=n) for n in range(1, 61)]
    house.stash.settings["path_map"] += "; /data/series => /media/series"
    scene = house.scene_at("/data/series/All.mkv", details="First.")
    house.edit(scene)
    house.pass_time(10 * MINUTE)
    assert house.outcome(scene) == "synced"
    house.edit(scene, details="Second.")
    house.pass_time(10 * MINUTE)
    assert house.outcome(scene) == "synced"
    assert {item.fields.get("summary") for item in items} == {"Second."}


# -- ownership --------------------------------------------------------------------------------


def test_the_scene_of_the_first_file_owns_an_item_of_two(house: House) -> None:
    """Who wrote first does not matter: the second scene was alone when the item was merged."""
    second, item = house.add("Second.mp4", details="Second.")
    house.synced()
    first = house.scene_at(in_stash("First.mp4"), details="First.")
    other = house.item_at(in_plex("First.mp4"))
    house.plex.disk.merge(other, item)
    house.sync_all()
    house.sync_all()
    assert other.fields.get("summary") == "First."
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
