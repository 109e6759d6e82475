"""What Stash changed since each scene's last sync, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stash.client import StashClient
from sync_queue.scenes import Scenes
from sync_queue.state import StateStore, SweepNote
from tasks.runs import PAGE
from worker.sweep import INSTALL_MARGIN_SECONDS, changed_scenes


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """The scenes of one page that changed; ``unknown`` counts those that were never synced and
    did not change since PlexSync was installed."""

    changed: tuple[int, ...]
    unknown: int


def changed_pages(
    stash: StashClient, scenes: Scenes, state: StateStore, now: float
) -> Iterator[ChangedPage]:
    """Compare the whole library with the ledger, scene by scene, on parsed times."""
    installed = state.load(SweepNote).baseline or now - INSTALL_MARGIN_SECONDS
    for page in stash.pages(PAGE):
        known = scenes.updated_at(scene_id for scene_id, _ in page.scenes)
        changed = tuple(changed_scenes(page.scenes, known, installed))
        unknown = [scene_id for scene_id, _ in page.scenes if scene_id not in known]
        yield ChangedPage(changed, len(set(unknown) - set(changed)))
