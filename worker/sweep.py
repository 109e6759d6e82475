"""The sweep: finds what no hook told (a killed hook, auto-tag, merges, covers), hourly at most."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from stash.client import StashClient
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from validation.metadata import updated_time

PAGE = 500
SWEEP_SECONDS = 3600.0
# A scene that we never saw counts as changed when it changed after PlexSync was installed.
INSTALL_MARGIN_SECONDS = 300.0

log = logging.getLogger("plexsync.sweep")


def changed_scenes(
    page: Iterable[tuple[int, str]], known: Mapping[int, str], baseline: float
) -> list[int]:
    """The scenes of one page that changed since we last synced them. Pure.

    ``page`` has (id, ``updated_at``) as Stash tells them, ``known`` the ``updated_at`` of the
    state that we synced; times are parsed, since Stash's texts do not sort. A scene that we never
    saw counts when it changed after ``baseline`` (epoch seconds).
    """
    changed = []
    for scene_id, text in page:
        seen = known.get(scene_id)
        since = updated_time(seen) if seen else baseline
        if updated_time(text) > since:
            changed.append(scene_id)
    return changed


def sweep(manager: QueueManager, stash: StashClient, now: float) -> int:
    """Enqueue every scene that changed without our knowing; returns how many."""
    state = manager.state.get("sweep")
    baseline = float(str(state.get("baseline", now - INSTALL_MARGIN_SECONDS)))
    number, found = 1, 0
    while True:
        total, page = stash.page(number, PAGE)
        ids = changed_scenes(
            page, manager.ledger.updated_at(scene_id for scene_id, _ in page), baseline
        )
        manager.enqueue_all([scene_job(scene_id, "sweep", now) for scene_id in ids])
        found += len(ids)
        if not page or number * PAGE >= total:
            break
        number += 1
    with manager.transaction():
        manager.state.put("sweep", {"at": now, "baseline": baseline, "found": found})
    if found:
        log.info("The sweep found %d scenes that changed without a hook.", found)
    return found


def sweep_due(manager: QueueManager, now: float) -> bool:
    """Whether an hour has passed since the last sweep (or the clock jumped)."""
    last = float(str(manager.state.get("sweep").get("at", 0.0)))
    return not 0 <= now - last < SWEEP_SECONDS
