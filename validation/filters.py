"""The rule for scenes that are not synced, the same for an edit, a task and a preview."""

from __future__ import annotations

from collections.abc import Iterator

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
    return Reason.FILTERED if filtered_by(scene, config) else None


def filtered_by(scene: SyncMetadata, config: PlexSyncConfig) -> str:
    """Return a sentence about the setting that leaves *scene* out, "" = none does.

    Tags and studios choose scenes and not genres: a tag that is in ``exclude_tags`` keeps its
    scenes out of Plex, so it needs no hiding there. Names compare without case and Unicode form;
    a studio stands for its sub-studios too. Excluding wins over including. A path leaves a scene
    out only when all its files lie there, so that a copy in an excluded folder hides nothing.
    """
    return next((sentence for applies, sentence in _filters(scene, config) if applies), "")


def _filters(scene: SyncMetadata, config: PlexSyncConfig) -> Iterator[tuple[bool, str]]:
    tags = frozenset(map(name_key, scene.tags))
    studios = frozenset(map(name_key, (scene.studio, *scene.studio_ancestors)))
    paths = config.excluded_paths
    yield config.only_organized and not scene.organized, "The scene is not marked as organized."
    yield config.only_with_stash_id and not scene.has_stash_id, "The scene has no Stash ID."
    yield config.only_with_url and not scene.has_url, "The scene has no URL."
    yield not tags.isdisjoint(config.excluded_tags), "The scene has an excluded tag."
    yield not studios.isdisjoint(config.excluded_studios), "The scene is of an excluded studio."
    included, chosen = config.included_tags, config.included_studios
    yield (
        bool(included) and tags.isdisjoint(included),
        "The scene has none of the tags that are synced.",
    )
    yield (
        bool(chosen) and studios.isdisjoint(chosen),
        "The scene is of none of the studios that are synced.",
    )
    yield (
        all(paths.match(file.path) for file in scene.files),
        "All files of the scene lie in excluded paths.",
    )


def _is_bare(scene: SyncMetadata) -> bool:
    """Has *scene* nothing that a user or a scraper put there?"""
    texts = (scene.title, scene.details, scene.date, scene.studio)
    lists = (scene.performers, scene.tags, scene.groups)
    return not (any(texts) or any(lists) or scene.rating100 is not None or scene.organized)
