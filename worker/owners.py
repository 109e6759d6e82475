"""The owner of an item. Asked of Stash before a scene is kept from an item that matches it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plex.evidence import ScoredCandidate
from plex.identity import Claim, claim_of
from plex.items import PlexItem
from validation.metadata import SyncMetadata
from validation.paths import PathRules, basename, same_path
from worker.batch import Batch
from worker.pins import chosen_for
from worker.servers import Store

# A claim, and whether the scene has the file by its very path: that wins against a resemblance.
Strength = tuple[Claim, bool]


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
    mine = _claim(scene, item, batch.config.path_rules, candidate.plex_file)
    for owner, claim in _claims(store, batch, candidate, mine, claimed):
        other_item = store.scenes.pin_of_scene(server, owner)
        if owner != scene.scene_id and claim >= mine and other_item is None:
            return Taken(item.rating_key, owner)
    return None


def _claims(
    store: Store,
    batch: Batch,
    candidate: ScoredCandidate,
    mine: Strength,
    claimed: Mapping[int, int],
) -> Iterator[tuple[int, Strength]]:
    """Other scenes with their claims.

    They are the owner as far as it still holds a file of the item, and the scenes that have
    the first part, where that is not ours. Also the scenes whose very path it is, where ours
    only resembles it.
    """
    item = candidate.item
    rules = batch.config.path_rules
    if item.rating_key in claimed:
        yield claimed[item.rating_key], (Claim.PINNED, True)
    entry = store.ledger.entry(batch.plex.server, item.rating_key)
    owner = batch.others.get(entry.scene_id) if entry is not None and entry.scene_id else None
    if entry is not None and owner is not None:
        remembered = any(same_path(entry.scene_file, file.path) for file in owner.files)
        yield owner.scene_id, _claim(owner, item, rules, entry.file if remembered else "")
    is_first = mine[0] is Claim.FIRST_PART
    if is_first and candidate.identical:
        return
    for file in dict.fromkeys((item.parts[0].file, candidate.plex_file)):
        for scene_id, by_path in _scenes_with(file, item, batch):
            if by_path or not is_first:
                yield scene_id, (claim_of(item, [file]), by_path)


def _claim(scene: SyncMetadata, item: PlexItem, rules: PathRules, alike: str) -> Strength:
    """A scene's claim by the item's files at its paths and by a file ``alike`` ("" for none).

    The file ``alike`` was found to be like one of the scene's own.
    """
    held = [
        part.file
        for file in scene.files
        for path in rules.to_plex(file.path)
        for part in item.parts
        if same_path(part.file, path)
    ]
    claim = claim_of(item, [*held, alike])
    return claim, claim_of(item, held) is claim


def _scenes_with(plex_file: str, item: PlexItem, batch: Batch) -> Iterator[tuple[int, bool]]:
    """The scenes of Stash that have a file of Plex: by its path, else by its name and size."""
    size = next(part.size for part in item.parts if part.file == plex_file)
    rules = batch.config.path_rules
    namesakes = batch.names.files(basename(plex_file))
    by_path = [
        (scene_id, True)
        for scene_id, file in namesakes
        if any(same_path(path, plex_file) for path in rules.to_plex(file.path))
    ]
    sized = ((scene_id, False) for scene_id, file in namesakes if size and file.size == size)
    yield from by_path or sized
