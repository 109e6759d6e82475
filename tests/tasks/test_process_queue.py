"""Process Queue: what it says of the scenes that it settled."""

from __future__ import annotations

import pytest

from sync_queue.models import scene_job
from sync_queue.shared import shared_queue
from tasks import outcomes
from tests.tasks.conftest import PLEX_FOLDER, STASH_FOLDER, Library


def enqueue(library: Library, *scenes: int) -> None:
    with shared_queue(library.request("process_queue").resolve()) as manager:
        manager.jobs.put_all([scene_job(scene, "Scene.Update.Post", 1.0) for scene in scenes])


def ambiguous(library: Library) -> int:
    """A scene that could be either of two items; returns its number."""
    for folder in ("a", "b"):
        library.add_item(f"{folder}/Harbour Lights.mp4")
    return library.add_scene("Harbour Lights.mp4", details="Docks.")


def test_a_scene_that_needs_the_user_is_a_problem_with_its_reason(library: Library) -> None:
    scene = ambiguous(library)
    good, _ = library.add("Quay.mp4")
    enqueue(library, scene, good)
    result = library.run("process_queue")
    assert (result.done, result.left, result.problems, result.exit_code) == (2, 0, 1, 1)
    assert result.output == {}
    assert result.details["outcomes"] == {"ambiguous": 1, "synced": 1}
    assert any("2 scenes, 1 in step with Plex" in line for line in result.lines)
    assert any(line.startswith("ambiguous: 1 scene. ") for line in result.lines)
    assert f"ambiguous: scenes {scene}." in result.report
    assert library.run("status").output["for_person"] == {"ambiguous": [scene]}


def test_the_edit_of_a_deleted_scene_is_done(library: Library) -> None:
    enqueue(library, 4711)
    result = library.run("process_queue")
    assert (result.done, result.left, result.problems, result.exit_code) == (1, 0, 0, 0)


def test_an_empty_queue_is_no_problem(library: Library) -> None:
    result = library.run("process_queue")
    assert (result.done, result.left, result.problems, result.exit_code) == (0, 0, 0, 0)


def test_its_report_is_kept_in_the_log_file(library: Library) -> None:
    scene, _ = library.add("Quay.mp4")
    enqueue(library, scene)
    outcomes.keep_report(library.request("process_queue"), library.run("process_queue"))
    assert "Process Queue: 1 scene," in (library.data_dir / "plexsync.log").read_text("utf-8")


def test_status_shows_the_last_run_of_each_task(library: Library) -> None:
    scene, _ = library.add("Quay.mp4")
    for mode in ("sync_all", "process_queue", "process_queue", "sync_changed"):
        library.run(mode)
    library.run("preview")
    library.run("check_setup")
    library.run("process_queue", dry_run=True)
    library.run("sync", scene=scene)
    runs = library.run("status").output["runs"]
    assert isinstance(runs, list)
    titles = [run["task"] for run in runs]
    assert titles == ["Sync Changed Scenes", "Process Queue", "Sync All Scenes"]


@pytest.mark.parametrize(
    "mode",
    [
        *("process_queue", "sync_all", "sync_changed", "retry_failed", "preview", "check_setup"),
        *("status", "sync", "pin", "ignore"),
    ],
)
def test_every_report_names_the_data_directory_last(library: Library, mode: str) -> None:
    scene, item = library.add("Quay.mp4")
    arguments = {"sync": {"scene": scene}, "ignore": {"scene": scene}}
    arguments["pin"] = {"scene": scene, "item": item.rating_key}
    result = library.run(mode, **arguments.get(mode, {}))
    end = f"Data directory: {library.data_dir}"
    assert result.lines[-1] == end
    assert result.report[-1:] in ((), (end,))
    assert {**result.output, **result.details}["data_dir"] == str(library.data_dir)
    assert sum(end in line for line in result.lines) == 1


def test_a_preview_of_a_scene_that_needs_the_user_exits_with_1(library: Library) -> None:
    library.add("Quay.mp4")
    assert library.run("preview").exit_code == 0
    scene = ambiguous(library)
    result = library.run("preview")
    assert (result.problems, result.exit_code) == (1, 1)
    assert library.run("preview", scene=scene).exit_code == 1


def test_a_scene_left_out_on_purpose_is_no_problem_of_a_preview(library: Library) -> None:
    library.stash.library.add_scene(
        "", files=[{"path": f"{STASH_FOLDER}/Bare.mp4", "size": 1, "duration": 1.0}]
    )
    library.plex.add_movie(library.section, f"{PLEX_FOLDER}/Bare.mp4")
    result = library.run("preview")
    assert result.output["reasons"] == {"nothing_to_sync": 1}
    assert (result.problems, result.exit_code) == (0, 0)
