"""What a real Stash makes of plays, resume positions and ratings from Plex."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from simulators.plex.items import Item
from sync_queue.manager import QueueManager
from tests.e2e.real_road import MakeRealRoad, RealRoad, clip, make_road
from tests.from_plex.house import LOOK
from tests.installed_plugin import eventually
from tests.resident.bench import Clock
from worker.processor import SyncWorker

__all__ = ["clip", "make_road"]

pytestmark = [pytest.mark.stash, pytest.mark.timeout(300)]

FIELDS = "id play_count play_history resume_time rating100"


def shown(road: RealRoad, scene: int) -> Mapping[str, Any]:
    """What Stash has of a scene."""
    query = f"query($id:ID!){{findScene(id:$id){{{FIELDS}}}}}"
    found: Mapping[str, Any] = road.stash.graphql(query, id=scene)["findScene"]
    return found


def moments(road: RealRoad, scene: int) -> list[int]:
    """The moments of a scene's plays, oldest first."""
    history = shown(road, scene)["play_history"]
    return sorted(int(datetime.fromisoformat(text).timestamp()) for text in history)


def look(road: RealRoad, clock: Clock) -> None:
    """A worker of this process makes its next look, ten minutes later by its own clock."""
    clock.now += LOOK + 1
    with QueueManager(str(road.plugin.data_dir)) as manager:
        worker = SyncWorker(manager, plugin_dir=str(road.plugin.directory), environ={}, clock=clock)
        while worker.loop.step() == 0:
            pass
        worker.loop.news.close()


def synced(road: RealRoad) -> tuple[int, Item]:
    """A scene that the plugin's own worker has synced and read back; then that worker ends."""
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Harbour")
    road.drain()
    road.stop_worker()
    return scene, item


def test_plays_and_resume_positions_arrive_once(make_road: MakeRealRoad) -> None:
    road = make_road()
    scene, item = synced(road)
    road.stash.settings = {**road.stash.settings, "plays_from_plex": True}
    clock = Clock(time.time() + 3600)
    views = [road.plex.user.watch(item, item.added_at + n).viewed_at for n in (5, 60, 600)]
    road.plex.user.stop_at(item, 600_500)
    hooks = len(road.stash.hook_runs(0))
    look(road, clock)
    assert moments(road, scene) == []
    look(road, clock)
    assert moments(road, scene) == views
    found = shown(road, scene)
    assert (found["play_count"], found["resume_time"]) == (3, 600.5)
    with QueueManager(str(road.plugin.data_dir)) as manager, manager.transaction():
        manager.connection.execute("UPDATE plex_views SET done = 0")  # a kill between two writes
    look(road, clock)
    assert moments(road, scene) == views
    assert len(road.stash.hook_runs(0)) == hooks
    assert road.stash.complaints() == []


def test_a_rating_arrives_and_does_not_return(make_road: MakeRealRoad) -> None:
    road = make_road(ratings_from_plex=True)
    scene, item = synced(road)
    road.plex.user.rate(item, 7)
    road.plex.requests.clear()
    look(road, Clock(time.time() + 3600))
    assert shown(road, scene)["rating100"] == 70
    road.drain()  # the hook of our own write started the plugin's worker
    eventually(lambda: "userRating" not in item.locked, timeout=5)
    assert road.plex.requests.count("PUT") == 0
    assert item.fields["userRating"] == "7.0"
    assert road.stash.complaints() == []
