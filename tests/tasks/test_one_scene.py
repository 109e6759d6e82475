"""The ways out for one scene: sync, pin, ignore; and for one dead letter: retry, dismiss."""

from __future__ import annotations

import pytest

from sync_queue.dlq import DeadLetter
from sync_queue.models import scene_job
from sync_queue.shared import shared_queue
from tests.tasks.conftest import PLEX_FOLDER, Library
from validation.errors import PlexSyncError, SetupError


def bury(library: Library, scene_id: int) -> int:
    """A dead letter of a scene; returns its number."""
    with shared_queue(library.request("retry").resolve()) as manager:
        manager.jobs.put(scene_job(scene_id, "Scene.Update.Post", 1.0), prio=100)
        (leased,) = manager.jobs.claim(2.0, 1)
        letter = DeadLetter(
            leased.job,
            "refused_by_plex",
            "PlexPermanentError",
            "Plex refused.",
            "",
            1,
            {},
            2.0,
        )
        return manager.bury(leased, letter, "")


def two_alike(library: Library) -> int:
    """A scene that could be either of two items; returns its number."""
    for folder in ("a", "b"):
        library.add_item(f"{folder}/Harbour Lights.mp4")
    return library.add_scene("Harbour Lights.mp4", details="Docks.")


@pytest.mark.parametrize("form", [str, int])
def test_one_scene_is_synced_and_its_outcome_reported(library: Library, form: type) -> None:
    pairs = library.fill(3, details="Docks.")
    result = library.run("sync", scene=form(pairs[1][0]))
    assert library.edits() == [pairs[1][1].rating_key]
    assert (result.done, result.problems, result.exit_code) == (1, 0, 0)
    assert result.output["outcome"] == "synced"


def test_a_scene_that_cannot_be_synced_says_why(library: Library) -> None:
    scene = library.add_scene("Absent.mp4")
    result = library.run("sync", scene=scene)
    assert (result.output["outcome"], result.problems, result.exit_code) == ("not_in_plex", 1, 1)
    assert any("not_in_plex" in line for line in result.lines)


@pytest.mark.parametrize("given", ["", "twelve", "-1", "1.5", True, None])
def test_an_argument_that_is_no_number_is_refused(library: Library, given: object) -> None:
    with pytest.raises(SetupError, match="scene"):
        library.run("sync", scene=given)


def test_a_pin_decides_between_two_items_and_stays(library: Library) -> None:
    scene = two_alike(library)
    library.run("sync_all")
    assert library.outcomes()[scene] == "ambiguous"
    first, second = library.plex.items(library.section)
    result = library.run("pin", scene=str(scene), item=str(second.rating_key))
    assert result.output["outcome"] == "synced"
    assert library.edits() == [second.rating_key]
    assert "summary" not in first.fields
    library.stash.library.touch(scene, details="Night.")
    library.run("sync", scene=scene)
    assert second.fields["summary"] == "Night."


def test_a_pin_frees_the_item_that_was_wrong(library: Library) -> None:
    wrong, item = library.add("Harbour.mp4", details="Docks.")
    right = library.plex.add_movie(library.section, f"{PLEX_FOLDER}/Other.mp4")
    library.run("sync_all")
    other = library.add_scene("Other name.mp4", details="Night.")
    library.run("pin", scene=wrong, item=right.rating_key)
    result = library.run("pin", scene=other, item=item.rating_key)
    assert result.output["outcome"] == "synced"
    assert (item.fields["summary"], right.fields["summary"]) == ("Night.", "Docks.")
    library.plex.requests.clear()
    library.run("sync_all")
    assert library.edits() == []


def test_a_pin_of_an_item_that_is_not_there_is_refused(library: Library) -> None:
    scene, _ = library.add("Harbour.mp4")
    with pytest.raises(PlexSyncError):
        library.run("pin", scene=scene, item=999)


def test_an_ignored_scene_is_left_alone_until_that_is_taken_back(library: Library) -> None:
    scene, item = library.add("Harbour.mp4", details="Docks.")
    ignored = library.run("ignore", scene=scene)
    assert ignored.output["outcome"] == "filtered"
    assert ignored.exit_code == 0
    library.run("sync_all")
    assert library.edits() == []
    library.run("pin", scene=scene, item=0)
    assert library.edits() == [item.rating_key]


def test_a_dead_letter_is_tried_again(library: Library) -> None:
    scene, item = library.add("Harbour.mp4", details="Docks.")
    library.run("retry_failed")
    number = bury(library, scene)
    assert library.run("status").problems == 1
    result = library.run("retry", job=str(number))
    assert library.edits() == [item.rating_key]
    assert result.exit_code == 0
    assert library.query("SELECT count(*) FROM dead_letters") == [(0,)]


def test_a_dead_letter_is_dismissed_for_good(library: Library) -> None:
    scene, _ = library.add("Harbour.mp4", details="Docks.")
    number = bury(library, scene)
    library.run("dismiss", job=number)
    assert library.query("SELECT count(*) FROM dead_letters") == [(0,)]
    assert library.edits() == []
    for mode in ("retry", "dismiss"):
        with pytest.raises(SetupError, match=f"no dead letter {number}"):
            library.run(mode, job=number)


def test_retry_failed_brings_back_letters_and_scenes_that_need_the_user(library: Library) -> None:
    scene, item = library.add("Harbour.mp4", details="Docks.")
    ambiguous = two_alike(library)
    library.run("sync_all")
    assert library.outcomes()[ambiguous] == "ambiguous"
    bury(library, scene)
    library.stash.library.touch(scene, details="Night.")
    library.add_item("Harbour Lights.mp4")
    result = library.run("retry_failed")
    assert result.output["scenes"] == 2
    assert set(library.outcomes().values()) == {"synced"}
    assert item.fields["summary"] == "Night."
    assert library.query("SELECT count(*) FROM dead_letters") == [(0,)]


def test_retry_failed_accepts_what_was_too_much_at_once(library: Library) -> None:
    pairs = library.fill(53, details="Docks.")
    library.run("sync_all")
    for scene, _ in pairs:
        library.stash.library.touch(scene, details="")
    assert library.run("sync_all").output["outcomes"]["too_many_removals"] == 3  # type: ignore[index]
    assert library.run("retry_failed").output["outcomes"] == {"synced": 3}
