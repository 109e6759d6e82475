"""The rule for scenes that are not synced, the same for an edit, a task and a preview."""

from __future__ import annotations

from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.reasons import Reason
from validation.sanitizers import name_key


def skip_reason(
    scene: SyncMetadata, config: PlexSyncConfig, *, known: bool = False
) -> Reason | None:
    """Return why *scene* is not to be synced under *config*; ``None`` = it is.

    The first that applies of: ``no_file``; ``nothing_to_sync``, a scene that has nothing but a
    file; ``filtered``. A *known* scene, one that was synced before, is never ``nothing_to_sync``:
    when it was emptied since, the written values have to be cleared.
    """
    if not scene.files:
        return Reason.NO_FILE
    if not known and _is_bare(scene):
        return Reason.NOTHING_TO_SYNC
    return Reason.FILTERED if _is_filtered(scene, config) else None


def _is_filtered(scene: SyncMetadata, config: PlexSyncConfig) -> bool:
    """Do the settings leave *scene* out?

    Tags and studios choose scenes and not genres: a tag that is in ``exclude_tags`` keeps its
    scenes out of Plex, so it needs no hiding there. Names compare without case and Unicode form;
    a studio stands for its sub-studios too. Excluding wins over including. A path leaves a scene
    out only when all its files lie there, so that a copy in an excluded folder hides nothing.
    """
    if config.only_organized and not scene.organized:
        return True
    tags = frozenset(map(name_key, scene.tags))
    studios = frozenset(map(name_key, (scene.studio, *scene.studio_ancestors)))
    return (
        not tags.isdisjoint(config.excluded_tags)
        or not studios.isdisjoint(config.excluded_studios)
        or bool(config.included_tags and tags.isdisjoint(config.included_tags))
        or bool(config.included_studios and studios.isdisjoint(config.included_studios))
        or all(config.excluded_paths.match(file.path) for file in scene.files)
    )


def _is_bare(scene: SyncMetadata) -> bool:
    """Has *scene* nothing that a user or a scraper put there?"""
    texts = (scene.title, scene.details, scene.date, scene.studio)
    lists = (scene.performers, scene.tags, scene.groups)
    return not (any(texts) or any(lists) or scene.rating100 is not None or scene.organized)
