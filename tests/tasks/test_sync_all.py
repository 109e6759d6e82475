"""Sync All: the whole library, resumable, and nothing for what has not changed."""

from __future__ import annotations

import logging
import time

import pytest

from sync_queue.manager import QueueManager
from sync_queue.models import LIBRARY_PRIO, scene_job
from sync_queue.schema import SCHEMA_VERSION
from sync_queue.shared import shared_queue
from sync_queue.state import LibraryRun
from tests.tasks.conftest import Library
from validation.config import fingerprint, validate_config
from validation.reasons import Reason


def test_the_whole_library_is_synced_with_few_requests(library: Library) -> None:
    pairs = library.fill(120, details="Docks.", tags=["Noir"])
    result = library.run("sync_all")
    assert {item.fields["summary"] for _, item in pairs} == {"Docks."}
    assert sorted(library.edits()) == [item.rating_key for _, item in pairs]
    assert len(library.plex.requests) <= 1.1 * len(pairs)
    assert (result.done, result.left, result.problems, result.exit_code) == (120, 0, 0, 0)
    assert result.output["written"] == 120
    assert library.moves[0] == 0.0
    assert library.moves == sorted(library.moves)


def test_a_second_run_writes_nothing_and_reads_fifty_items_at_once(library: Library) -> None:
    library.fill(60, details="Docks.")
    library.run("sync_all")
    library.plex.requests.clear()
    result = library.run("sync_all")
    read = library.plex.requests.matching("GET", "^/library/metadata/")
    assert [request.path.count(",") + 1 for request in read] == [50, 10]
    assert library.plex.requests.count("GET", "/all$") == 1
    assert len(library.plex.requests) <= 6  # two more name the server and its libraries
    assert result.output["outcomes"] == {"synced": 60}
    assert result.output["written"] == 0


def test_scenes_that_plex_does_not_have_cost_nothing_again(library: Library) -> None:
    library.fill(3)
    absent = [library.add_scene(f"Absent {n}.mp4") for n in range(30)]
    library.run("sync_all")
    library.plex.requests.clear()
    library.clock.skip()
    library.add_item("Absent 7.mp4")
    result = library.run("sync_all")
    assert result.output["outcomes"] == {"synced": 4, "not_in_plex": 29}
    assert library.outcomes()[absent[7]] == "synced"
    assert len(library.plex.requests) <= 6


def test_an_edit_of_a_user_in_plex_is_noticed(library: Library) -> None:
    pairs = library.fill(5, details="Docks.")
    library.run("sync_all")
    library.clock.skip()
    library.plex.edit(pairs[2][1], {"summary": "Mine."})
    library.plex.requests.clear()
    library.run("sync_all")
    assert library.edits() == [pairs[2][1].rating_key]
    assert pairs[2][1].fields["summary"] == "Docks."


def test_a_scene_that_was_not_synced_has_one_reason_from_the_list(library: Library) -> None:
    library.stash.settings = {**library.stash.settings, "exclude_tags": "Private"}
    good, _ = library.add("Good.mp4")
    bare = library.add_scene("Bare.mp4", title="")
    private = library.add_scene("Private.mp4", tags=["Private"])
    absent = library.add_scene("Absent.mp4")
    fileless = library.stash.library.add_scene("No file")
    result = library.run("sync_all")
    assert library.outcomes() == {
        good: "synced",
        bare: Reason.NOTHING_TO_SYNC,
        private: Reason.FILTERED,
        absent: Reason.NOT_IN_PLEX,
        fileless: Reason.NO_FILE,
    }
    told = [line.partition(":")[0] for line in result.lines]
    assert {"nothing_to_sync", "filtered", "not_in_plex", "no_file"} <= set(told)
    assert len(result.lines) <= 15


def test_an_interrupted_run_goes_on_after_its_last_page(library: Library) -> None:
    pairs = library.fill(8, details="Docks.")
    library.run("process_queue")  # makes the database
    settings = fingerprint(validate_config(library.stash.settings, library.environ).config)
    interrupted = LibraryRun(time.time(), settings=settings, cursor=pairs[4][0], planned=5)
    with shared_queue(str(library.data_dir)) as manager, manager.transaction():
        manager.state.save(interrupted)
    result = library.run("sync_all")
    assert "Sync All Scenes continues where it was interrupted, after 5 scenes." in result.report
    assert set(library.outcomes()) == {scene for scene, _ in pairs[5:]}
    assert result.output["scenes"] == 8


@pytest.mark.parametrize(
    ("run", "due", "goes_on"),
    [
        (LibraryRun(1000.0, settings="s", cursor=5, planned=5), 0, True),
        (LibraryRun(1000.0, settings="s", cursor=5, planned=5, listed=True), 3, True),
        (LibraryRun(1000.0, settings="s", cursor=5, planned=5, listed=True), 0, False),
        (LibraryRun(1000.0, settings="other settings", cursor=5, planned=5), 3, False),
        (LibraryRun(1000.0 - 25 * 3600, settings="s", cursor=5, planned=5), 3, False),
        (LibraryRun(9000.0, settings="s", cursor=5, planned=5), 3, False),  # the clock jumped back
    ],
)
def test_a_run_goes_on_only_where_that_makes_sense(
    run: LibraryRun, due: int, goes_on: bool
) -> None:
    assert run.can_resume(2000.0, "s", due=due) is goes_on


def test_an_edit_goes_before_the_library(library: Library) -> None:
    library.fill(3)
    library.run("process_queue")
    with shared_queue(str(library.data_dir)) as manager:
        with manager.transaction():
            for scene in (1, 2, 3):
                manager.jobs.put(scene_job(scene, "x", 1.0), prio=LIBRARY_PRIO)
        manager.jobs.put(scene_job(3, "Scene.Update.Post", 2.0))
        edit = [leased.job.scene_id for leased in manager.jobs.claim(time.time(), 3)]
        library_jobs = [leased.job.scene_id for leased in manager.jobs.claim(time.time(), 3)]
        manager.jobs.release_all()
    assert (edit, library_jobs) == ([3], [1, 2])


def test_it_says_what_is_coming_until_a_preview_was_seen(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    library.fill(3)
    caplog.set_level(logging.INFO, "plexsync")
    result = library.run("sync_all")
    (said,) = [line for line in caplog.messages if "Preview Sync shows" in line]
    assert "checks 3 scenes" in said
    assert said in result.lines
    assert said in result.report
    caplog.clear()
    library.run("preview")
    library.run("sync_all")
    assert not [line for line in caplog.messages if "Preview Sync shows" in line]


def test_a_run_that_takes_away_too_much_stops_and_the_next_one_accepts(library: Library) -> None:
    pairs = library.fill(60, details="Docks.")
    library.run("sync_all")
    for scene, _ in pairs:
        library.stash.library.touch(scene, details="")
    first = library.run("sync_all")
    assert first.output["outcomes"] == {"synced": 50, "too_many_removals": 10}
    assert first.exit_code == 1
    assert sum("summary" in item.fields for _, item in pairs) == 10
    second = library.run("sync_all")
    assert second.output["outcomes"] == {"synced": 60}
    assert not any("summary" in item.fields for _, item in pairs)


def test_stash_is_asked_by_pages(library: Library) -> None:
    library.fill(250)
    library.run("sync_all")
    library.stash.requests.clear()
    library.run("sync_all")
    # One page of numbers; each hundred scenes; the settings, a few times; the client's own start.
    assert library.stash.requests.total <= 12


def test_without_plex_settings_it_says_which_and_changes_nothing(library: Library) -> None:
    library.fill(1)
    library.environ["PLEX_TOKEN"] = ""
    with pytest.raises(Exception, match="plex_token"):
        library.run("sync_all")


def test_a_missing_database_is_made_under_the_workers_lock(library: Library) -> None:
    library.run("preview")
    assert not library.database.exists()
    with shared_queue(str(library.data_dir)) as manager:
        assert isinstance(manager, QueueManager)
    assert library.query("PRAGMA user_version") == [(SCHEMA_VERSION,)]
