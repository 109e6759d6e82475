"""A renamed or deleted performer, studio, tag or group: its scenes, enqueued page by page."""

from __future__ import annotations

import itertools
import logging

from stash.client import StashClient
from sync_queue.manager import QueueManager
from sync_queue.models import SyncJob, scene_job

PAGE = 500
# Job key -> what Stash calls the scenes' list of it.
LISTS = {"performer": "performers", "studio": "studios", "tag": "tags", "group": "groups"}

log = logging.getLogger("plexsync.renames")


def expand(job: SyncJob, stash: StashClient, manager: QueueManager, now: float) -> int:
    """Enqueue every scene that shows the renamed thing; returns how many.

    Coalescing makes a repeat after a kill harmless. The scenes are read anew when their jobs run,
    so a scene that shows the same as before costs nothing in Plex.
    """
    kind, _, number = job.job_key.partition(":")
    scenes = stash.scenes_of(LISTS[kind], int(number))
    count = 0
    while page := tuple(itertools.islice(scenes, PAGE)):
        manager.enqueue_all([scene_job(scene_id, job.update_type, now) for scene_id in page])
        count += len(page)
    log.info("%s: %d scenes are looked at.", job.update_type, count)
    return count
