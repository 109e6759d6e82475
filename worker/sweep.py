"""The sweep: finds changes without a hook (killed hooks, auto-tag, merges, covers), hourly."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping

from stash.client import StashClient
from sync_queue.manager import QueueManager
from sync_queue.models import MANY_PRIO, scene_job
from sync_queue.state import SweepNote
from validation.metadata import updated_time
from worker import deaths

PAGE = 500
SWEEP_SECONDS = 3600.0
# A scene that we never saw counts as changed when it changed after PlexSync was installed. The
# worker's first start comes a moment after the first edit.
INSTALL_MARGIN_SECONDS = 300.0

log = logging.getLogger("plexsync.sweep")


def changed_scenes(
    page: Iterable[tuple[int, str]], known: Mapping[int, str], baseline: float
) -> list[int]:
    """The scenes of one page that changed since we last synced them. Pure.

    ``page`` has (id, ``updated_at``) as Stash sends them, ``known`` the ``updated_at`` of the state
    that we synced; times are parsed, because Stash's texts do not sort. A known scene counts also
    when it is older than what we saw: clocks are set back, backups restored. A scene that we never
    saw counts when it changed after ``baseline`` (epoch seconds).
    """
    changed = []
    for scene_id, text in page:
        now, seen = updated_time(text), known.get(scene_id)
        if now != updated_time(seen) if seen else now > baseline:
            changed.append(scene_id)
    return changed


def last_sweep(manager: QueueManager, now: float) -> float:
    """When the last sweep began (epoch seconds, 0 = never). The first call notes ``now`` as the
    time of the installation.
    """
    stored = manager.state.load(SweepNote)
    if stored == SweepNote():
        with manager.transaction():
            manager.state.save(SweepNote(baseline=now - INSTALL_MARGIN_SECONDS))
    return stored.at


def sweep(manager: QueueManager, stash: StashClient, now: float, *, first: bool) -> Iterator[int]:
    """Enqueue every scene that changed without our knowing. After each page it yields how many were
    found so far.

    The time of a sweep that found nothing is kept only when it is the ``first`` of its worker: an
    idle worker writes nothing to disk.
    """
    deaths.try_once_more(manager, now)
    baseline = manager.state.load(SweepNote).baseline or now
    found = 0
    for page in stash.pages(PAGE):
        known = manager.scenes.updated_at(scene_id for scene_id, _ in page.scenes)
        ids = changed_scenes(page.scenes, known, baseline)
        jobs = [scene_job(scene_id, "sweep", now) for scene_id in ids]
        # A job that waits for its next try keeps its time and its count of tries.
        left_alone = manager.jobs.waiting([job.job_key for job in jobs])
        left_alone |= deaths.deadly_keys(manager)
        jobs = [job for job in jobs if job.job_key not in left_alone]
        manager.jobs.put_all(jobs, prio=MANY_PRIO)
        found += len(jobs)
        yield found
    if found:
        log.info("The sweep found %d scenes that changed without a hook.", found)
    if found or first:
        with manager.transaction():
            manager.state.save(SweepNote(now, baseline))
