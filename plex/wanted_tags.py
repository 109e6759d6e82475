"""The lists of names that Plex should show for one scene: which names become which tags. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from plex.tag_ownership import ListRule
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.sanitizers import name_key, sanitize_names

Names = tuple[str, ...]

_RULES: Mapping[str, ListRule] = {
    "actor": ListRule(ordered=True),
    "director": ListRule(),
    "genre": ListRule(),
    "collection": ListRule(membership=True),
    "label": ListRule(membership=True),
}


@dataclass(frozen=True, slots=True)
class WantedTags:
    """The names of each tag field, and its rule."""

    names: Mapping[str, Names]
    rules: Mapping[str, ListRule]


@dataclass(frozen=True, slots=True)
class _Divided:
    """The names of one list, and Stash's that are in it only as far as the settings let them."""

    wanted: Names
    of_stash: Names = ()


def wanted_tags(scene: SyncMetadata, config: PlexSyncConfig) -> WantedTags:
    """Every tag field of a movie for *scene* under the settings *config*.

    With *Tags of performers*, these count as the scene's, after its own.
    """
    tags = scene.tags
    if config.performer_tags:
        tags = sanitize_names((*tags, *scene.performer_tags))
    lists = {
        "actor": _Divided(scene.performers),
        "director": _Divided((scene.director,) if scene.director else ()),
        "genre": _genres(scene, tags, config),
        "collection": _collections(scene, tags, config),
        "label": _labels(tags, config),
    }
    rules = {
        name: replace(_RULES[name], of_stash=divided.of_stash) for name, divided in lists.items()
    }
    # A label that is neither Stash's tag any more nor chosen was removed by a setting.
    rules["label"] = replace(rules["label"], losses=config.labelled_tags)
    return WantedTags({name: divided.wanted for name, divided in lists.items()}, rules)


def makes_collections(config: PlexSyncConfig) -> bool:
    """Whether any collection is made under these settings."""
    others = (config.sync_groups, config.collect_performers, config.collect_parent_studios)
    return not config.skip_studio_collections or any(others) or bool(config.collected_tags)


def makes_labels(config: PlexSyncConfig) -> bool:
    """Whether any label is given under these settings."""
    return bool(config.labelled_tags or config.fixed_labels)


def _genres(scene: SyncMetadata, tags: Names, config: PlexSyncConfig) -> _Divided:
    moved = config.collected_tags | config.labelled_tags
    genres = tuple(name for name in tags if name_key(name) not in moved) if moved else tags
    return _Divided(genres[: config.max_tags or None], (*tags, *scene.performer_tags))


def _collections(scene: SyncMetadata, tags: Names, config: PlexSyncConfig) -> _Divided:
    """The collections of all kinds in the order of their settings.

    A collection of what the scene has is left because of a setting, whatever its prefix was.
    """
    kinds: tuple[tuple[str, Names, bool], ...] = (
        ("studio", (scene.studio,) if scene.studio else (), not config.skip_studio_collections),
        ("parent_studio", scene.studio_ancestors, config.collect_parent_studios),
        ("group", scene.groups, config.sync_groups),
        ("performer", scene.performers, config.collect_performers),
        ("tag", _chosen(tags, config.collected_tags), True),
    )
    wanted = (config.prefixes.named(kind, names) for kind, names, is_on in kinds if is_on)
    of_stash = (*(name for _, names, _ in kinds for name in names), *tags)
    return _Divided(sanitize_names(name for names in wanted for name in names), of_stash)


def _labels(tags: Names, config: PlexSyncConfig) -> _Divided:
    chosen = _chosen(tags, config.labelled_tags)
    return _Divided(sanitize_names((*chosen, *config.fixed_labels)))


def _chosen(tags: Names, keys: frozenset[str]) -> Names:
    """The tags that a setting names."""
    return tuple(name for name in tags if name_key(name) in keys) if keys else ()
