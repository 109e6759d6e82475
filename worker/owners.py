"""Whose is an item? Asked of Stash before a scene is kept from an item that matches it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from plex.evidence import ScoredCandidate
from plex.identity import Claim, claim_of
from plex.items import PlexItem
from validation.metadata import SyncMetadata
from validation.paths import PathRules, basename, same_path
from worker.batch import Batch
from worker.pins import chosen_for
from worker.servers import Store


@dataclass(frozen=True, slots=True)
class Taken:
    """An item that belongs to another scene."""

    item: int
    owner: int


def taken_by_other(
    store: Store,
    batch: Batch,
    scene: SyncMetadata,
    candidate: ScoredCandidate,
    claimed: Mapping[int, int],
) -> Taken | None:
    """The scene that the item belongs to, if that is not ``scene``.

    The better claim wins, also against an earlier write; of two equal claims the written one stays.
    A remembered owner counts only for the files that it has in Stash now. ``claimed`` are owners
    by item that are not in the ledger: those of a preview.
    """
    item, server = candidate.item, batch.plex.server
    chooser = chosen_for(store, batch, item)
    if chooser:
        return None if chooser == scene.scene_id else Taken(item.rating_key, chooser)
    mine = claim_of(item, [candidate.plex_file, *_held(scene, item, batch.config.path_rules)])
    for owner, claim in _claims(store, batch, item, mine, claimed):
        other_item = store.scenes.pin_of_scene(server, owner)
        if owner != scene.scene_id and claim >= mine and other_item is None:
            return Taken(item.rating_key, owner)
    return None


def _claims(
    store: Store, batch: Batch, item: PlexItem, mine: Claim, claimed: Mapping[int, int]
) -> Iterator[tuple[int, Claim]]:
    """Other scenes with their claims: the owner as far as it still holds a file of the item, and
    the scenes that have the first part, where that is not ours."""
    if item.rating_key in claimed:
        yield claimed[item.rating_key], Claim.PINNED
    entry = store.ledger.entry(batch.plex.server, item.rating_key)
    owner = batch.others.get(entry.scene_id) if entry is not None and entry.scene_id else None
    if entry is not None and owner is not None:
        held = list(_held(owner, item, batch.config.path_rules))
        if any(same_path(entry.scene_file, file.path) for file in owner.files):
            held.append(entry.file)
        yield owner.scene_id, claim_of(item, held)
    if mine is Claim.OTHER_PART:
        for scene_id in _scenes_with(item.parts[0].file, item, batch):
            yield scene_id, Claim.FIRST_PART


def _held(scene: SyncMetadata, item: PlexItem, rules: PathRules) -> Iterator[str]:
    """The item's files that a scene has by its paths."""
    for file in scene.files:
        for path in rules.to_plex(file.path):
            yield from (part.file for part in item.parts if same_path(part.file, path))


def _scenes_with(plex_file: str, item: PlexItem, batch: Batch) -> Iterable[int]:
    """The scenes of Stash that have a file of Plex: by its path, else by its name and size."""
    size = next(part.size for part in item.parts if part.file == plex_file)
    rules = batch.config.path_rules
    namesakes = batch.names.files(basename(plex_file))
    by_path = [
        scene_id
        for scene_id, file in namesakes
        if any(same_path(path, plex_file) for path in rules.to_plex(file.path))
    ]
    return by_path or [scene_id for scene_id, file in namesakes if size and file.size == size]
