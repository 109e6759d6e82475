"""Odd items, odd servers, and the memory of version 1.0."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import Kind
from sync_queue.scenes import Undone
from tests.identity.house import House
from tests.identity.old_house import OldHouse
from tests.identity.operations import run
from tests.undo.before import before
from tests.undo.test_undo_task import GREEN, RED, film, left, undo

__all__ = ["films"]


@pytest.fixture
def films(house: House) -> House:
    house.stash.settings |= {"skip_posters": False, "sync_background": True}
    return house


@pytest.fixture
def old(tmp_path: Path) -> Iterator[OldHouse]:
    made = OldHouse(tmp_path / "old")
    yield made
    made.close()


def why(answer: dict[str, Any]) -> dict[str, str]:
    return {row["field"]: row["why"] for row in answer["rows"] if row["why"]}


def test_the_memory_of_version_1_is_undone_and_its_posters_are_listed(old: OldHouse) -> None:
    posters = {item: item.selected_poster for item in old.plex.items()}
    assert undo(old, since=1_000_000_000)["items"] == 0
    old.stash.settings["paused"] = False
    shown = dict(run(old, "undo", all=True).output)
    answer = undo(old, all=True)
    assert answer["rows"] == shown["rows"]
    assert answer["items"] > 3
    assert answer["back"] > 3
    assert {item: item.selected_poster for item in old.plex.items()} == posters
    for row in answer["rows"]:
        assert row["field"] != "poster" or "not known" in row["why"]
    again = undo(old, all=True)
    assert again["back"] == 0


def test_a_picture_that_plex_does_not_deselect_stops_nothing_else(films: House) -> None:
    scene, item = films.add(details="Stash's.", cover=RED)
    films.saved(scene)
    ours = item.selected_poster
    films.plex.faults.add(Kind.STATUS, method="DELETE", status=404, times=None)
    answer = undo(films, scene=scene)
    assert item.fields.get("summary", "") == ""
    assert item.selected_poster == ours
    assert "Plex keeps" in why(answer)["poster"]
    films.plex.faults.clear()
    undo(films, scene=scene)
    assert item.selected_poster is None
    assert "thumb" not in item.locked


def test_a_field_that_plex_does_not_put_back_is_listed_and_remembered(films: House) -> None:
    pairs = [film(films, name) for name in ("Quiet Orchard.mp4", "Winter Ferry.mp4")]
    earlier = [before(item) for _, item in pairs]
    for scene, _item in pairs:
        films.saved(scene)
    films.plex.library.ignored_edits = {"summary"}
    answer = undo(films, all=True)
    assert [row["why"] for row in answer["rows"] if row["field"] == "summary"] == [
        "Plex keeps our value"
    ] * 2
    films.plex.library.ignored_edits = set()
    undo(films, all=True)
    assert [left(item, was) for (_, item), was in zip(pairs, earlier, strict=True)] == [[], []]


def test_a_star_rating_that_edits_ignore_goes_back(films: House) -> None:
    pairs = [film(films, name) for name in ("Quiet Orchard.mp4", "Winter Ferry.mp4")]
    films.plex.library.ignored_edits = {"userRating"}
    for scene, _item in pairs:
        films.saved(scene)
    assert pairs[0][1].fields["userRating"] == "8.0"
    undo(films, all=True)
    assert [item.fields.get("userRating", "") for _, item in pairs] == ["", ""]


def test_the_next_rename_writes_nothing_back(films: House) -> None:
    scene, item = film(films)
    was = before(item)
    films.saved(scene)
    undo(films, scene=scene)
    performer = films.stash.library.scenes[scene].performers[0]
    performer.name = "Another Name"
    films.hook(0, "Performer.Update.Post", f"performer:{performer.id}")
    films.later()
    assert left(item, was) == []
    assert films.manager.scenes.undone(scene) is Undone.ALONE


def test_the_preview_of_an_undone_scene_is_what_its_sync_would_write(films: House) -> None:
    scene, _item = film(films)
    films.saved(scene)
    undo(films, scene=scene)
    answer: Any = run(films, "preview", scene=scene).output
    assert not answer.get("reason")
    assert "summary" in {change["field"] for one in answer["items"] for change in one["changes"]}
    listed: Any = run(films, "preview").output
    assert listed["would_write"] == 0


def test_an_episode_goes_back(films: House) -> None:
    section = films.plex.add_section("Shows", "show", locations=["/media/videos/shows"])
    path = "/media/videos/shows/Harbour S01E01.mp4"
    item = films.plex.add_episode(section, path, show="Harbour", summary="The agent's.")
    was = before(item)
    path = path.replace("/media/videos", "/data/scenes")
    scene = films.scene_at(path, size=500_000_000, details="Stash's.", tags=["Sea"], cover=RED)
    films.saved(scene)
    assert item.fields["summary"] == "Stash's."
    undo(films, scene=scene)
    assert left(item, was) == []


def test_a_users_own_poster_is_selected_again_with_its_lock(films: House) -> None:
    scene, item = film(films)
    films.plex.user.upload_poster(item, GREEN)
    was = before(item)
    films.saved(scene)
    undo(films, scene=scene)
    assert left(item, was) == []
    assert "thumb" in item.locked


def test_a_second_undo_finds_nothing(films: House) -> None:
    scene, _item = film(films)
    films.saved(scene)
    undo(films, scene=scene)
    assert films.writes(lambda: undo(films, scene=scene)) == []
    assert undo(films, all=True)["items"] == 0


def test_a_synced_scene_that_was_undone_can_be_undone_again(films: House) -> None:
    scene, item = film(films)
    was = before(item)
    for number in range(3):
        films.saved(scene, details=f"Edit {number}.")
        undo(films, scene=scene)
        assert left(item, was) == []


def test_long_lists_go_back(films: House) -> None:
    scene, item = film(films)
    names = [f"A rather long agent's genre, number {n} – Zoë" for n in range(120)]
    films.plex.user.edit(item, tags={"genre": names})
    films.plex.user.set_locks(item, False, "genre")
    was = before(item)
    films.saved(scene, details="Docks.")
    assert len(item.tags["genre"]) == 2
    undo(films, scene=scene)
    assert left(item, was) == []


def test_an_update_of_pause_keeps_the_other_settings(films: House) -> None:
    scene, _item = film(films)
    films.saved(scene)
    films.stash.settings["unknown_key"] = "kept"
    known = dict(films.stash.settings)
    undo(films, all=True)
    assert films.stash.settings == {**known, "paused": True}


def test_a_paused_plugin_undoes_one_scene(films: House) -> None:
    scene, item = film(films)
    was = before(item)
    films.saved(scene)
    films.stash.settings["paused"] = True
    undo(films, scene=scene)
    assert left(item, was) == []


def test_an_interrupted_sync_all_begins_anew_after_an_undo(films: House) -> None:
    scene, item = film(films)
    films.saved(scene)
    films.stash.settings["paused"] = True
    run(films, "sync_all")
    undo(films, all=True)
    films.stash.settings["paused"] = False
    films.clock.now += 60
    run(films, "sync_all")
    assert item.fields["summary"] == "Stash's."


def test_locks_that_a_user_took_off_keep_nothing_of_ours(films: House) -> None:
    scene, item = film(films)
    was = before(item)
    films.saved(scene)
    films.plex.user.set_locks(item, False, *item.locked)
    answer = undo(films, scene=scene)
    assert left(item, was) == []
    assert why(answer) == {}


def test_an_item_without_our_locks_and_texts_is_undone_as_far_as_it_is_certain(
    films: House,
) -> None:
    scene, item = film(films)
    films.saved(scene)
    texts = {"summary", "studio", "originallyAvailableAt", "year"}
    films.plex.user.edit(item, dict.fromkeys(texts, ""))
    films.plex.user.set_locks(item, False, *item.locked)
    answer = undo(films, scene=scene)
    assert "locks" in why(answer)["poster"]
    assert "locks" in why(answer)["collection"]


def test_an_item_that_plex_fails_at_keeps_no_other_from_going_back(films: House) -> None:
    pairs = [film(films, name) for name in ("Quiet Orchard.mp4", "Winter Ferry.mp4", "Rain.mp4")]
    earlier = [before(item) for _, item in pairs]
    for scene, _item in pairs:
        films.saved(scene)
    films.plex.faults.add(Kind.STATUS, method="PUT", status=500, times=1)
    its_edit = rf"(^|&)id={pairs[0][1].rating_key}(&|$)"
    films.plex.faults.add(Kind.STATUS, method="PUT", body=its_edit, status=500, times=None)
    answer = undo(films, all=True)
    assert [row["item"] for row in answer["rows"] if not row["field"]] == [pairs[0][1].rating_key]
    assert "HTTP 500" in why(answer)[""]
    assert (answer["items"], answer["items_left"], answer["stays"]) == (3, 1, 0)
    assert any("1 item left: run it again" in said for said in answer["sentences"])
    assert [left(item, was) for (_, item), was in zip(pairs, earlier, strict=True)][1:] == [[], []]
    films.plex.faults.clear()
    undo(films, all=True)
    assert left(pairs[0][1], earlier[0]) == []


@pytest.mark.parametrize("status", [500, 503])
def test_an_outage_ends_the_undo_and_says_how_many_items_are_left(
    films: House, status: int
) -> None:
    pairs = [film(films, f"Reel {name}.mp4") for name in ("A", "B", "C", "D", "E", "F")]
    for scene, _item in pairs:
        films.saved(scene)
    films.plex.faults.add(Kind.STATUS, method="PUT", status=status, times=None)
    answer = undo(films, all=True)
    assert (answer["back"], answer["items_left"]) == (0, len(pairs))
    assert any("run it again" in said for said in answer["sentences"])
