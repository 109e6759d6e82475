"""persist-queue's own class and ours, on one table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import persistqueue
import pytest
from persistqueue.serializers import json as json_serializer

from sync_queue import schema
from sync_queue.job_counts import QueueStats
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job

NOW = 1_800_000_000.0


@contextmanager
def stock(data_dir: Path | str, **options: Any) -> Iterator[Any]:
    """The stock queue with the JSON serializer on the database of ``data_dir``."""
    queue = persistqueue.SQLiteAckQueue(
        str(Path(data_dir) / "queue"), serializer=json_serializer, auto_resume=False, **options
    )
    try:
        yield queue
    finally:
        queue.close()


def test_the_stock_queue_opens_reads_and_puts_on_our_table(manager: QueueManager) -> None:
    manager.jobs.put(scene_job(1, "Scene.Update.Post", NOW))
    manager.jobs.put(scene_job(2, "Scene.Update.Post", NOW))
    with stock(manager.data_dir) as queue:
        assert queue.size == 2
        raw = queue.get(block=False, raw=True)
        assert raw["data"] == scene_job(1, "Scene.Update.Post", NOW).as_json()
        queue.ack(id=raw["pqid"])
        assert queue.acked_count() == 1
        queue.put(scene_job(3, "Scene.Update.Post", NOW).as_json())
        assert [row["data"]["scene_id"] for row in queue.queue()] == [1, 2, 3]
    assert manager.get_stats(NOW) == QueueStats(2, 0, 0, 1, 0)
    claimed = manager.jobs.claim(NOW, 10)
    assert [leased.job.scene_id for leased in claimed] == [2, 3]
    assert all(manager.complete(leased) for leased in claimed)


def test_a_stock_table_is_upgraded_in_place(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    with stock(tmp_path) as queue:
        for number in (1, 2, 3):
            queue.put(scene_job(number, "Scene.Update.Post", NOW).as_json())
        queue.put({"not": "ours"})
        queue.ack(id=queue.get(block=False, raw=True)["pqid"])
    with QueueManager(str(tmp_path)) as manager:
        assert manager.get_stats(NOW) == QueueStats(3, 0, 0, 1, 0)
        manager.jobs.put(scene_job(9, "Scene.Update.Post", NOW))
        claimed = manager.jobs.claim(NOW, 10)
        assert [leased.job.scene_id for leased in claimed] == [2, 3, 9]
        assert manager.jobs.retry(claimed[0], NOW + 5, charge=True)
        assert manager.jobs.stats(NOW) == QueueStats(0, 1, 2, 1, 1)  # "not ours" was set aside
        manager.jobs.release_all()
        for statement in schema.CREATE_INDEXES:
            name = statement.split(" ON ")[0].split()[-1]
            found = "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name = ?"
            assert manager.connection.execute(found, (name,)).fetchone() == (1,)
    with QueueManager(str(tmp_path)) as manager:  # and a second time
        assert manager.jobs.stats(NOW + 5) == QueueStats(3, 0, 0, 1, 1)


def test_a_stock_queue_of_pickles_is_set_aside_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    queue = persistqueue.SQLiteAckQueue(str(tmp_path / "queue"), auto_resume=False)
    queue.put({"scene_id": 1, "job_key": "scene:1"})
    queue.close()
    with QueueManager(str(tmp_path)) as manager:
        assert manager.jobs.claim(NOW, 10) == []
        assert manager.jobs.stats(NOW) == QueueStats(0, 0, 0, 0, 1)


def test_the_inherited_methods_follow_our_rules(manager: QueueManager) -> None:
    queue = manager.jobs
    with pytest.raises(persistqueue.Empty):
        queue.get(block=False)
    queue.put(scene_job(1, "Scene.Update.Post", NOW))
    queue.put(scene_job(2, "Scene.Update.Post", NOW), prio=1)
    queue.put(scene_job(3, "Scene.Update.Post", NOW), due=9e9)  # beyond every delay: due
    assert (queue.size, queue.qsize(), len(queue), queue.empty()) == (3, 3, 3, False)
    first = queue.get(block=False, raw=True)
    assert first["data"]["scene_id"] == 2
    with QueueManager(manager.data_dir) as other:
        assert [leased.job.scene_id for leased in other.jobs.claim(NOW, 9)] == [1, 3]
        assert (queue.size, queue.empty()) == (0, True)
    queue.ack(id=first["pqid"])
    queue.nack(id=first["pqid"])  # what is done stays done
    assert queue.stats(NOW) == QueueStats(0, 0, 2, 1, 0)
    queue.nack(id=first["pqid"] - 1)
    queue.put(scene_job(1, "Scene.Update.Post", NOW))  # folds: one waiting job per scene
    item = queue.get(block=False)
    assert item["scene_id"] == 1
    queue.ack_failed(item)
    assert queue.stats(NOW) == QueueStats(0, 0, 1, 1, 1)
    with pytest.raises(ValueError, match="order"):
        queue.get(block=False, id=1)
