"""What a preview adds up: the scenes that would change are told, however many are left out."""

from __future__ import annotations

from typing import Any

import pytest

from sync_queue.snapshot import Snapshot
from tasks import tally
from tasks.desk import ready_servers
from tasks.preview import Previewer
from tests.tasks.conftest import Library
from validation.reasons import Reason


def skipped(number: int) -> tally.Seen:
    return tally.Seen(number, reason=Reason.NOT_IN_PLEX)


@pytest.fixture
def changed(library: Library) -> tally.Seen:
    """One scene that would be written, looked at as a preview does."""
    scene, _ = library.add("Quay.mp4", details="Docks.")
    request = library.request("preview")
    with Snapshot(request.resolve(), {}) as memory:
        (seen,) = Previewer(memory, ready_servers(request, memory)).look_at([scene])
    return seen


def test_scenes_left_out_first_do_not_hide_what_would_be_written(changed: tally.Seen) -> None:
    sums = tally.Tally()
    for number in range(tally.MOST_SCENES + 7):
        sums.add(skipped(number))
    sums.add(changed)
    assert any("“” → “Docks.”" in line for line in sums.lines("Preview"))
    report = sums.report()
    assert "“” → “Docks.”" in report[0]
    assert report[-1] == "And 7 more scenes would not be synced."
    doc: Any = sums.as_doc()
    assert doc["samples"][0]["scene"] == changed.scene_id
    assert doc["not_shown"] == 7


def test_the_list_of_scenes_to_write_has_its_own_cap(changed: tally.Seen) -> None:
    sums = tally.Tally()
    for _ in range(tally.MOST_SCENES + 3):
        sums.add(changed)
    assert "And 3 more scenes would be written." in sums.report()
    assert len(sums.lines("Preview")) < 15
    assert any("more scenes would be written" in line for line in sums.lines("Preview"))
