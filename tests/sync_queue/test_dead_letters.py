"""Dead letters and the small facts beside them, in the queue's own file."""

from __future__ import annotations

import pytest

from sync_queue.dlq import DeadLetter
from sync_queue.manager import QueueManager
from sync_queue.models import SyncJob, scene_job
from sync_queue.trouble import DatabaseDamaged

NOW = 1_800_000_000.0


def letter(scene: int, at: float = NOW, reason: str = "refused_by_plex") -> DeadLetter:
    job = SyncJob(scene, "Scene.Update.Post", {"fields": ["title"]}, at - 60, f"scene:{scene}")
    return DeadLetter(
        job=job,
        reason=reason,
        error_type="PlexPermanentError",
        message=f"Plex refused scene {scene}: „zu lang“",
        stack_trace="Traceback …",
        attempts=5,
        evidence={"status": 400, "candidates": [{"ratingKey": "7"}]},
        enqueued_at=at - 60,
        failed_at=at,
    )


def add(manager: QueueManager, *letters: DeadLetter) -> list[int]:
    with manager.transaction():
        return [manager.dlq.add(one) for one in letters]


def test_a_letter_keeps_its_whole_story(manager: QueueManager) -> None:
    (number,) = add(manager, letter(7))
    found = manager.letters.get(number)
    assert found is not None
    assert found.id == number
    told = (found.job, found.reason, found.message, found.evidence, found.enqueued_at)
    asked = letter(7)
    assert told == (asked.job, asked.reason, asked.message, asked.evidence, asked.enqueued_at)
    assert manager.letters.get(number + 1) is None


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
        assert manager.dlq.delete_older_than(NOW) == 1
        assert manager.dlq.delete_older_than(NOW) == 0
    assert {one.job.scene_id for one in manager.letters.recent()} == {2, 3}


def test_a_letter_is_dismissed_once(manager: QueueManager) -> None:
    (number,) = add(manager, letter(1))
    with manager.transaction():
        assert manager.dlq.dismiss(number)
        assert not manager.dlq.dismiss(number)
    assert manager.letters.count() == 0


def test_a_job_and_its_letter_change_together_or_not_at_all(manager: QueueManager) -> None:
    manager.enqueue(scene_job(1, "Scene.Update.Post", NOW))
    (leased,) = manager.get_pending(NOW)
    with pytest.raises(ZeroDivisionError), manager.queue.transaction() as database:
        manager.queue.bury_in(database, leased.queue_id, NOW, "refused")
        manager.dlq.add(letter(1))
        _ = 1 / 0
    assert manager.letters.count() == 0
    assert manager.get_stats(NOW).in_progress == 1
    manager.fail_job(leased, letter(1), "")
    assert manager.get_stats(NOW).failed == manager.letters.count() == 1


def test_a_lease_that_was_given_back_is_neither_buried_nor_settled(manager: QueueManager) -> None:
    add(manager, letter(1))
    manager.enqueue(scene_job(1, "Scene.Update.Post", NOW))
    (leased,) = manager.get_pending(NOW)
    manager.queue.release_all()
    assert manager.fail_job(leased, letter(1, NOW + 5, "invalid"), "") == 0
    assert not manager.ack_job(leased, NOW)
    assert [one.reason for one in manager.letters.recent()] == ["refused_by_plex"]
    assert manager.get_stats(NOW).pending == 1


def test_a_fact_is_kept_until_it_is_replaced(manager: QueueManager) -> None:
    assert manager.state.get("breaker") == {}
    with manager.transaction():
        manager.state.put("breaker", {"state": "open", "failures": 5})
        manager.state.put("hold", {"reason": "setup"})
        manager.state.put("breaker", {"state": "closed"})
    with QueueManager(manager.data_dir) as other:
        assert other.state.get("breaker") == {"state": "closed"}
        assert other.state.get("hold") == {"reason": "setup"}


def test_a_fact_of_another_version_counts_as_none(manager: QueueManager) -> None:
    insert = "INSERT INTO state (name, doc) VALUES (?, ?)"
    manager.connection.execute(insert, ("breaker", '{"version": 2, "state": "open"}'))
    assert manager.state.get("breaker") == {}


def test_a_fact_that_cannot_be_read_is_damage(manager: QueueManager) -> None:
    manager.connection.execute("INSERT INTO state (name, doc) VALUES ('breaker', '{\"vers')")
    with pytest.raises(DatabaseDamaged):
        manager.state.get("breaker")


def test_a_fact_that_is_rolled_back_was_never_there(manager: QueueManager) -> None:
    with pytest.raises(ZeroDivisionError), manager.transaction():
        manager.state.put("hold", {"reason": "setup"})
        _ = 1 / 0
    assert manager.state.get("hold") == {}
