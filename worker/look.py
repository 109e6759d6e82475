"""Looking at one scene: what would be written to Plex, or why nothing is. Nothing is changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plex.candidates import rows_at
from plex.client import ImageSlot
from plex.edit_plan import EditPlan, confirm, plan
from plex.items import PlexItem
from plex.matcher import MatchResult, find_plex_items_with_confidence
from validation.config import fingerprint
from validation.errors import InvalidScene, PlexSyncError, QueueError
from validation.filters import skip_reason
from validation.metadata import SyncMetadata, parse_scene
from validation.reasons import Reason
from validation.records import LedgerEntry, Owner
from worker.covers import stale_slots
from worker.memory import Memory
from worker.read_ahead import ReadAhead
from worker.session import Session
from worker.sources import PlexSources

# So many scenes at once are worth a refresh of the index, which then saves a search for each.
MANY = 20
# How old the index may be to be asked before Plex.
FRESH_SECONDS = 600.0

log = logging.getLogger("plexsync.scene")


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One Plex item with what would be written to it.

    ``item`` is full and fresh, ``entry`` what we remember of it; ``slots`` are the images for which
    the cover has to be fetched from Stash and compared.
    """

    item: PlexItem
    entry: LedgerEntry | None
    edits: EditPlan
    slots: tuple[ImageSlot, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a scene found.

    ``reason`` is why nothing is to be written. Without ``match`` Plex was not asked: with no
    reason either, ledger and index agree that Plex shows the scene. ``noted`` are entries to keep
    then: the cover has a new version, and the same bytes.
    """

    scene: SyncMetadata
    reason: Reason | None = None
    match: MatchResult | None = None
    items: tuple[PlannedItem, ...] = ()
    noted: tuple[LedgerEntry, ...] = ()

    @property
    def is_unchanged(self) -> bool:
        """Whether nothing had to be asked."""
        return self.reason is None and self.match is None

    def unmapped_pair(self) -> tuple[str, str] | None:
        """Stash's and Plex's path of one file that was found for certain, but not by its path:
        from such pairs path rules are learnt."""
        for one in self.match.matches if self.match and self.reason is None else ():
            if one.scene_file and not one.identical:
                return one.scene_file, one.plex_file
        return None


class Looker:
    """Looks at one scene at a time. Not thread-safe.

    The worker writes what it sees, a preview only tells it: this is the one road for both.
    ``clock`` returns epoch seconds.
    """

    def __init__(self, memory: Memory, session: Session, clock: Callable[[], float]) -> None:
        self.memory = memory
        self.session = session
        self.clock = clock
        self.ahead = ReadAhead(clock)
        self.index_first = False
        # Whose an item is for a preview, which keeps no ledger.
        self.claims: dict[int, Owner] = {}
        self.batch: dict[int, Mapping[str, Any]] = {}
        self.parsed: dict[int, SyncMetadata] = {}

    def expect(
        self, batch: Mapping[int, Mapping[str, Any]], *, newer_than: float = float("-inf")
    ) -> None:
        """These scenes are looked at next, by id: what they need of Plex is read together.

        ``newer_than``: the index must not be older (epoch seconds), since a person asked for the
        whole library then; else only many scenes are worth its refresh.
        """
        self.batch = dict(batch)
        self.parsed.clear()
        self.ahead.begin(self.items_ahead)
        self.index_first = False
        wanted = max(newer_than, self.clock() - FRESH_SECONDS)
        if len(batch) < MANY and newer_than == float("-inf"):
            return
        try:
            index = self.session.file_index()
            if index.refreshed_at < wanted:
                index.refresh(self.clock(), self.session.config.libraries, edits=True)
            self.index_first = True
        except QueueError:
            raise
        except PlexSyncError as error:
            log.debug("The index could not be refreshed: %s", error)

    def look(self, raw: Mapping[str, Any], *, always: bool = False) -> Look:
        """Look at one scene as Stash has it now; with ``always`` also where nothing has changed.

        Raises the errors of ``validation.errors``.
        """
        scene = self.parse(raw)
        self.batch.pop(scene.scene_id, None)
        skipped = self.skipped(scene)
        if skipped is not None:
            return Look(scene, skipped)
        plex = self.session.plex()
        if not always and self.is_still_parked(scene, plex.server):
            return Look(scene, Reason.NOT_IN_PLEX)
        sources = self.sources(scene.scene_id)
        match = self.find(scene, sources)
        if match.reason is Reason.NOT_IN_PLEX and self.refresh_index():
            match = self.find(scene, sources)
        if match.reason is not None:
            return Look(scene, match.reason, match)
        keys = [candidate.item.rating_key for candidate in match.matches]
        items = (sources.full.get(key) or plex.read(key) for key in keys)
        planned = tuple(self.plan(scene, item, sources.server) for item in items)
        return Look(scene, None, match, planned)

    def parse(self, raw: Mapping[str, Any]) -> SyncMetadata:
        """The scene, parsed once in a batch."""
        return self.parsed.pop(int(raw["id"]), None) or parse_scene(raw)

    def sources(self, scene_id: int = 0) -> PlexSources:
        """Where candidates come from in this batch, for one scene."""
        return PlexSources(
            self.session.plex(),
            self.memory,
            self.session.config,
            self.ahead,
            self.claims,
            index_first=self.index_first,
            scene_id=scene_id,
            has_scene=self.session.has_scene,
        )

    def skipped(self, scene: SyncMetadata) -> Reason | None:
        """Why the scene is not to be synced, whatever Plex has."""
        if self.memory.ledger.is_ignored(scene.scene_id):
            return Reason.FILTERED
        known = self.memory.ledger.knows_scene(scene.scene_id)
        return skip_reason(scene, self.session.config, known=known)

    def is_still_parked(self, scene: SyncMetadata, server: str) -> bool:
        """Whether an index that is up to date has no file for a scene that Plex did not have when
        it was searched in this state and under these settings: then nothing is asked."""
        before = self.memory.ledger.outcome(scene.scene_id) if self.index_first else None
        return (
            before is not None
            and before.outcome == Reason.NOT_IN_PLEX
            and before.scene_updated_at == scene.updated_at
            and before.detail.get("settings") == fingerprint(self.session.config)
            and not any(self.memory.index.lookup(server, file.path) for file in scene.files)
        )

    def find(self, scene: SyncMetadata, sources: PlexSources) -> MatchResult:
        """The scene's items, or the reason why there are none to write."""
        pinned = self.memory.ledger.pinned_item(scene.scene_id, sources.server)
        config = self.session.config
        match = find_plex_items_with_confidence(scene, config, sources, pinned=pinned)
        log.debug("Scene %d: %s", scene.scene_id, match.explain(paths=True))
        return match

    def plan(self, scene: SyncMetadata, item: PlexItem, server: str) -> PlannedItem:
        """What would be written to one item."""
        config = self.session.config
        entry = self.memory.ledger.entry(server, item.rating_key)
        if entry is not None:
            entry, _differences = confirm(entry, item)
        slots = stale_slots(scene, item, entry, config)
        return PlannedItem(item, entry, plan(scene, item, entry, config), slots)

    def refresh_index(self) -> bool:
        """Bring the file index up to date (asking at most once a minute): did it read anything?"""
        libraries = self.session.config.libraries
        return self.session.file_index().refresh(self.clock(), libraries) > 0

    def items_ahead(self) -> Iterator[int]:
        """The items that the rest of the batch will probably ask for, in its order."""
        sources = self.sources()
        ledger, rules = self.memory.ledger, self.session.config.path_rules
        for scene_id, raw in self.batch.items():
            try:
                scene = self.parsed[scene_id] = parse_scene(raw)
            except InvalidScene:
                continue
            if self.skipped(scene):
                continue
            yield from ledger.items_of_scene(sources.server, scene_id)
            if self.index_first:
                for file in scene.files:
                    yield from (row.rating_key for row in rows_at(file, rules, sources))
