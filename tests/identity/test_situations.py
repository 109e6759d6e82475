"""Memory never decides: files swap names, move and are given away, and what is not certain.

Each situation goes the whole way: simulated Stash, worker, simulated Plex.
"""

from __future__ import annotations

import pytest

from tests.identity.conftest import MakeHouse
from tests.identity.house import MINUTE, House, in_plex, in_stash

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
