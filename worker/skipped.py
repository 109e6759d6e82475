"""Why a scene is not synced, whatever Plex has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync_queue.scenes import Undone
from validation.config import PlexSyncConfig
from validation.filters import filtered_by, skip_reason
from validation.metadata import SyncMetadata
from validation.reasons import Reason
from worker.servers import Store

# Why an undone scene is not synced.
LEFT_ALONE: Final[Mapping[Undone, str]] = {
    Undone.ALONE: "You undid its sync. It is left alone until you save it in Stash, or sync it.",
    Undone.TOGETHER: (
        "You undid its sync. It is left alone until you save it in Stash, sync it, or run Sync All"
        " Scenes."
    ),
}


def why_skipped(
    store: Store, scene: SyncMetadata, config: PlexSyncConfig, takes_up: Undone
) -> tuple[Reason | None, str]:
    """The reason against syncing the scene, ``None`` for none, with a sentence where the reason
    alone does not say enough. ``takes_up`` names the undone scenes that are synced again."""
    if store.scenes.is_ignored(scene.scene_id):
        return Reason.FILTERED, ""
    known = store.ledger.knows_scene(scene.scene_id)
    reason = skip_reason(scene, config, known=known)
    if reason is Reason.FILTERED:
        return reason, filtered_by(scene, config)
    undone = store.scenes.undone(scene.scene_id)
    if reason is None and undone > takes_up:
        return Reason.FILTERED, LEFT_ALONE[undone]
    return reason, ""
