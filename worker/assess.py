"""Assess one scene: the writes to Plex, or the reason against them. Nothing is changed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from plex.edit_plan import EditPlan, confirm, plan
from plex.evidence import ScoredCandidate, chosen_by_a_user
from plex.exceptions import PlexNotFound
from plex.items import PlexItem
from plex.matcher import MatchConfidence, MatchResult, find_plex_items_with_confidence
from plex.questions import ImageSlot
from plex.recollection import believed, for_scene
from sync_queue.scenes import Undone
from validation.metadata import SyncMetadata
from validation.reasons import Reason
from validation.records import LedgerEntry, Pin
from worker.batch import Batch
from worker.covers import stale_slots
from worker.owners import taken_by_other
from worker.pins import pinned_item
from worker.servers import Store
from worker.skipped import why_skipped
from worker.sources import PlexSources

log = logging.getLogger("plexsync.scene")


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One Plex item with what would be written to it.

    ``item`` is full and fresh, ``entry`` our memory of it, as far as it is credible. ``pair`` are
    the paths, Stash's and Plex's, by which it was matched. ``slots`` are the images for which the
    cover has to be fetched from Stash and compared.
    """

    item: PlexItem
    entry: LedgerEntry | None
    edits: EditPlan
    pair: tuple[str, str]
    slots: tuple[ImageSlot, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The result of an assessment.

    ``reason`` is why nothing is to be written, ``sentence`` adds details that the reason alone does
    not give. ``match`` is ``None`` where Plex was not asked. ``chosen`` is the user's choice as it
    was stored, ``pin`` as it is to be kept from now on; ``detail`` goes into the outcome as JSON.
    """

    scene: SyncMetadata
    reason: Reason | None = None
    sentence: str = ""
    match: MatchResult | None = None
    items: tuple[PlannedItem, ...] = ()
    chosen: Pin | None = None
    pin: Pin | None = None
    detail: Mapping[str, object] = field(default_factory=dict)

    def unmapped_pair(self) -> tuple[str, str] | None:
        """Stash's and Plex's path of one file that was found for certain, but not by its path:
        from such pairs path rules are learnt."""
        for one in self.match.matches if self.match and self.reason is None else ():
            if one.scene_file and not one.identical:
                return one.scene_file, one.plex_file
        return None


def assess(
    store: Store,
    batch: Batch,
    scene: SyncMetadata,
    claimed: Mapping[int, int],
    takes_up: Undone = Undone.NO,
) -> Assessment:
    """Assess one scene of a batch. ``claimed`` are a preview's owners by item, and ``takes_up``
    names the undone scenes that its run would sync again.

    Raises the errors of ``validation.errors``.
    """
    skipped, sentence = why_skipped(store, scene, batch.config, takes_up)
    if skipped is not None:
        return Assessment(
            scene, skipped, sentence, detail={"sentence": sentence} if sentence else {}
        )
    pin = store.scenes.pin_of_scene(batch.plex.server, scene.scene_id)
    if pin is not None:
        return _pinned(store, batch, scene, pin)
    sources = PlexSources(store, batch)
    match = find_plex_items_with_confidence(scene, batch.config, sources)
    if log.isEnabledFor(logging.DEBUG):
        log.debug("Scene %d: %s", scene.scene_id, match.explain(paths=True))
    if match.reason is not None:
        return Assessment(scene, match.reason, match=match, detail=match.as_evidence())
    taken = {
        one.item.rating_key: taken_by_other(store, batch, scene, one, claimed)
        for one in match.matches
    }
    own = [one for one in match.matches if taken[one.item.rating_key] is None]
    if not own:
        first = next(filter(None, taken.values()))
        detail = {**match.as_evidence(), "item": first.item, "owner": first.owner}
        sentence = f"Item {first.item} belongs to scene {first.owner}."
        return Assessment(scene, Reason.ITEM_TAKEN, sentence, match, detail=detail)
    planned = tuple(
        _planned(store, batch, scene, item, (one.scene_file, one.plex_file))
        for one, item in _in_full(batch, own)
    )
    return Assessment(scene, None, match=match, items=planned, detail=match.as_evidence())


def _pinned(store: Store, batch: Batch, scene: SyncMetadata, pin: Pin) -> Assessment:
    found = pinned_item(store, batch, pin)
    if found is None:
        sentence = (
            f"The item that was chosen for scene {scene.scene_id} is gone, and no other item has"
            " its file; choose again with pin."
        )
        match = MatchResult(MatchConfidence.LOW, (), (), Reason.AMBIGUOUS)
        detail = {"sentence": sentence}
        return Assessment(scene, Reason.AMBIGUOUS, sentence, match, detail=detail)
    renewed, item = found
    candidate = chosen_by_a_user(item)
    match = MatchResult(MatchConfidence.HIGH, (candidate,), (candidate,), None)
    pair = (scene.files[0].path, renewed.file)
    planned = _planned(store, batch, scene, item, pair)
    return Assessment(scene, None, match=match, items=(planned,), chosen=pin, pin=renewed)


def _in_full(
    batch: Batch, candidates: Sequence[ScoredCandidate]
) -> Iterator[tuple[ScoredCandidate, PlexItem]]:
    """Each candidate with its full item; a search shows abridged ones. An item that is gone since
    is not Plex's last word about the scene."""
    abridged = [one.item.rating_key for one in candidates if not one.item.full]
    read = {item.rating_key: item for item in batch.ahead.read(abridged)} if abridged else {}
    for one in candidates:
        item = one.item if one.item.full else read.get(one.item.rating_key)
        if item is None:
            raise PlexNotFound(f"Plex does not have item {one.item.rating_key} any more.")
        yield one, item


def _planned(
    store: Store, batch: Batch, scene: SyncMetadata, item: PlexItem, pair: tuple[str, str]
) -> PlannedItem:
    """The writes to one item."""
    stored = store.ledger.entry(batch.plex.server, item.rating_key)
    entry = believed(stored, item, holds_scene=True) if stored is not None else None
    if entry is not None:
        entry = for_scene(confirm(entry, item)[0], scene.scene_id)
    slots = stale_slots(scene, item, entry, batch.config)
    edits = plan(scene, item, entry, batch.config, restored=item.added_at < batch.restored_at)
    return PlannedItem(item, entry, edits, pair, slots)
