"""Dead letters, in the queue's own file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_queue.dlq import DeadLetter
from sync_queue.manager import QueueManager
from sync_queue.models import SyncJob, scene_job

NOW = 1_800_000_000.0


def letter(scene: int, at: float = NOW, reason: str = "refused_by_plex") -> DeadLetter:
    job = SyncJob(scene, "Scene.Update.Post", at - 60, f"scene:{scene}")
    return DeadLetter(
        job=job,
        reason=reason,
        error_type="PlexPermanentError",
        message=f"Plex refused scene {scene}: „zu lang“",
        stack_trace="Traceback …",
        attempts=5,
        evidence={"status": 400, "candidates": [{"ratingKey": "7"}]},
        failed_at=at,
    )


def add(manager: QueueManager, *letters: DeadLetter) -> list[int]:
    with manager.transaction():
        return [manager.letters.add(one) for one in letters]


def test_a_letter_is_read_whole_by_its_number_and_by_its_jobs_key(manager: QueueManager) -> None:
    (number,) = add(manager, letter(7))
    written = replace(letter(7), id=number)
    assert manager.letters.get(number) == written
    assert manager.letters.get_by_key("scene:7") == written
    assert manager.letters.get(number + 1) is None
    assert manager.letters.get_by_key("scene:8") is None


def test_a_scene_has_one_letter_and_it_is_the_newest(manager: QueueManager) -> None:
    add(manager, letter(7), letter(8), letter(7, NOW + 5, "invalid"))
    assert manager.letters.count() == 2
    assert [(one.job.scene_id, one.reason) for one in manager.letters.recent()] == [
        (7, "invalid"),
        (8, "refused_by_plex"),
    ]


def test_the_newest_letters_come_first_and_no_more_than_asked_for(manager: QueueManager) -> None:
    add(manager, *(letter(scene, NOW + scene % 3) for scene in range(1, 10)))
    found = [one.job.scene_id for one in manager.letters.recent(5)]
    assert found == [8, 5, 2, 7, 4]


def test_old_letters_go_and_younger_ones_stay(manager: QueueManager) -> None:
    add(manager, letter(1, NOW - 100), letter(2, NOW), letter(3, NOW + 100))
    with manager.transaction():
        assert manager.letters.delete_older_than(NOW) == 1
        assert manager.letters.delete_older_than(NOW) == 0
    assert {one.job.scene_id for one in manager.letters.recent()} == {2, 3}


def test_a_letter_is_dismissed_once(manager: QueueManager) -> None:
    (number,) = add(manager, letter(1))
    with manager.transaction():
        assert manager.letters.dismiss(number)
        assert not manager.letters.dismiss(number)
    assert manager.letters.count() == 0


def test_a_job_and_its_letter_change_together_or_not_at_all(manager: QueueManager) -> None:
    manager.jobs.put(scene_job(1, "Scene.Update.Post", NOW))
    (leased,) = manager.jobs.claim(NOW)
    with pytest.raises(ZeroDivisionError), manager.transaction():
        manager.jobs.bury(leased)
        manager.letters.add(letter(1))
        _ = 1 / 0
    assert manager.letters.count() == 0
    assert manager.get_stats(NOW).in_progress == 1
    manager.bury(leased, letter(1), "")
    assert manager.get_stats(NOW).failed == manager.letters.count() == 1


def test_a_lease_that_was_given_back_is_neither_buried_nor_settled(manager: QueueManager) -> None:
    add(manager, letter(1))
    manager.jobs.put(scene_job(1, "Scene.Update.Post", NOW))
    (leased,) = manager.jobs.claim(NOW)
    manager.jobs.release_all()
    assert manager.bury(leased, letter(1, NOW + 5, "invalid"), "") == 0
    assert not manager.complete(leased)
    assert [one.reason for one in manager.letters.recent()] == ["refused_by_plex"]
    assert manager.get_stats(NOW).pending == 1
