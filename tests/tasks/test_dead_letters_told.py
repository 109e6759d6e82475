"""Dead letters can be named: Status and reports give their numbers."""

from __future__ import annotations

import time
from typing import Any

from sync_queue.dlq import DeadLetter
from sync_queue.models import SyncJob
from sync_queue.shared import shared_queue
from tests.tasks.conftest import Library


def bury(library: Library, *jobs: SyncJob) -> list[int]:
    """Dead letters for jobs, oldest first; returns their numbers."""
    now = time.time()
    with (
        shared_queue(library.request("retry").resolve()) as manager,
        manager.transaction(),
    ):
        return [
            manager.letters.add(
                DeadLetter(job, "refused_by_plex", "X", "No.", "", 5, failed_at=now + place)
            )
            for place, job in enumerate(jobs)
        ]


def scenes(count: int) -> list[SyncJob]:
    return [SyncJob(n, "x", job_key=f"scene:{n}") for n in range(1, count + 1)]


def test_status_names_the_newest_with_number_and_scene(library: Library) -> None:
    numbers = bury(library, *scenes(2))
    result = library.run("status")
    said = f"Newest dead letter: no. {numbers[1]}, scene 2, refused_by_plex: No."
    assert said in result.lines
    letters: Any = result.output["letters"]
    newest, oldest = letters
    at = newest.pop("at")
    assert 0 <= at - oldest["at"] <= 2
    assert newest == {
        "job": numbers[1],
        "scene": 2,
        "reason": "refused_by_plex",
        "message": "No.",
        "attempts": 5,
        "title": "",
    }


def test_a_dead_letter_of_no_scene_has_a_number_only(library: Library) -> None:
    (number,) = bury(library, SyncJob(0, "x", job_key="tag:3"))
    lines = library.run("status").lines
    assert f"Newest dead letter: no. {number}, refused_by_plex: No." in lines


def test_status_names_no_more_than_a_hundred(library: Library) -> None:
    bury(library, *scenes(130))
    result = library.run("status")
    assert len(result.output["letters"]) == 100  # type: ignore[arg-type]
    assert result.output["failed"] == 130


def test_a_whole_report_names_dead_letters_by_reason(library: Library) -> None:
    first, second = bury(library, *scenes(2))
    report = library.run("process_queue").report
    said = f"refused_by_plex: dead letters no. {second} (scene:2), no. {first} (scene:1)."
    assert said in report
