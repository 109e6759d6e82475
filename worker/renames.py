"""A renamed or deleted performer, studio, tag or group: its scenes, enqueued page by page."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from stash.client import StashClient
from sync_queue.manager import QueueManager
from sync_queue.models import MANY_PRIO, SyncJob, scene_job
from validation.config import PlexSyncConfig

PAGE = 500
# Job key -> what Stash calls the scenes' list of it.
LISTS = {
    **{"performer": "performers", "studio": "studios", "tag": "tags", "group": "groups"},
    "performer_tags": "performers",
}

log = logging.getLogger("plexsync.renames")


def matters(job: SyncJob, config: PlexSyncConfig) -> bool:
    """Whether scenes show what has changed: the tags of a performer only by a setting."""
    return config.performer_tags or not job.job_key.startswith("performer_tags:")


def expand(job: SyncJob, stash: StashClient, manager: QueueManager, now: float) -> int:
    """Enqueue every scene that shows the renamed, merged or deleted thing; returns how many.

    Coalescing makes a repeat after a kill harmless. The scenes are read when their jobs run,
    so a scene that shows the same as before costs nothing in Plex.
    """
    kind, _, number = job.job_key.partition(":")
    scenes = sorted({*stash.scenes_of(LISTS[kind], int(number)), *remembered(job.job_key, manager)})
    for start in range(0, len(scenes), PAGE):
        page = scenes[start : start + PAGE]
        jobs = [scene_job(scene_id, job.update_type, now) for scene_id in page]
        manager.jobs.put_all(jobs, prio=MANY_PRIO)
    log.info("%s: %d scenes are looked at.", job.update_type, len(scenes))
    return len(scenes)


def remembered(key: str, manager: QueueManager) -> Iterator[int]:
    """The scenes that showed the thing when they were last looked at: once it is deleted, Stash
    does not know them any more."""
    after = 0
    while page := manager.scenes.showing(key, after, PAGE):
        yield from page
        after = page[-1]
