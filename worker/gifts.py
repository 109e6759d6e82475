"""Giving Stash the views and star ratings of items that are certainly a scene's now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from plex.client import PlexClient
from plex.items import PlexItem
from plex.plays import Gift, Known, Pair, View, gift_of, is_certain, is_open
from stash.activity import FIELDS, read_activity
from stash.exceptions import StashQueryFailed
from sync_queue.manager import QueueManager
from validation.config import PlexSyncConfig
from validation.errors import InvalidScene
from validation.filters import skip_reason
from validation.metadata import SyncMetadata, parse_scene
from validation.records import LedgerEntry
from validation.words import count
from worker.batch import RawScene, read_scenes
from worker.servers import Servers
from worker.verify import read_back

# An item that is not certain is read again when its pairing changed, and once a day.
AGAIN_SECONDS = 86_400.0
# Scenes that the first look names in the log.
_MOST_NAMED = 50

log = logging.getLogger("plexsync.from_plex")


@dataclass(frozen=True, slots=True)
class Kinds:
    """What the two settings ask for."""

    plays: bool
    ratings: bool

    @classmethod
    def of(cls, config: PlexSyncConfig) -> Kinds:
        return cls(config.plays_from_plex, config.ratings_from_plex)

    def __bool__(self) -> bool:
        return self.plays or self.ratings


@dataclass(slots=True)
class Tally:
    """What one look gave, or would give: ``scenes`` counts those with plays or resume
    positions."""

    plays: int = 0
    resumes: int = 0
    ratings: int = 0
    scenes: int = 0


class Gifts:
    """The giving part of one look at one server. ``only_shows``: plays are counted, and neither
    they nor resume positions are given."""

    def __init__(
        self,
        manager: QueueManager,
        servers: Servers,
        plex: PlexClient,
        now: float,
        *,
        kinds: Kinds,
        only_shows: bool,
    ) -> None:
        self.manager = manager
        self.servers = servers
        self.plex = plex
        self.now = now
        self.kinds = kinds
        self.only_shows = only_shows
        self.tally = Tally()
        self._server = plex.server

    def give(self, waiting: Sequence[tuple[int, str]]) -> bool:
        """Give what waits for some items (number, and the mark of the last try). Returns whether
        the settings still allow more."""
        entries = list(self._entries(waiting))
        if not entries:
            return True
        items, _unreadable = read_back(self.plex, [entry.rating_key for entry in entries])
        self.plex.confirm()
        wanted = {entry.scene_id for entry in entries}
        raw, failed = read_scenes(self.servers, wanted, FIELDS)
        for scene_id, error in failed.items():
            log.info("Scene %d got nothing from Plex: %s", scene_id, error)
        settings = self.servers.settings
        may_write = settings.enabled and settings.config.enabled
        if not may_write or Kinds.of(settings.config) != self.kinds:
            return False
        chosen = self.servers.file_index(self.plex).sections(settings.config.libraries)
        sections = {section.section_id for section in chosen}
        for scene_id in sorted(wanted):
            own = [entry for entry in entries if entry.scene_id == scene_id]
            try:
                scene = self._scene(raw[scene_id], settings.config) if scene_id in raw else None
                pairs = self._pairs(scene, own, items, sections)
                if scene is not None and pairs:
                    self._give_scene(scene, raw[scene_id], pairs)
            except StashQueryFailed as error:
                log.info("Scene %d got nothing from Plex: %s", scene_id, error)
                self._try_later(own)
        return True

    def _entries(self, waiting: Iterable[tuple[int, str]]) -> Iterator[LedgerEntry]:
        """Our memory of the items that are worth a try."""
        for key, tried in waiting:
            entry = self.manager.ledger.entry(self._server, key)
            if entry is not None and tried != self._mark(entry):
                yield entry

    def _mark(self, entry: LedgerEntry) -> str:
        """A text that changes when another try may end differently."""
        pairing = (entry.scene_id, entry.added_at, entry.part_ids, entry.scene_file, entry.file)
        day = int(self.now // AGAIN_SECONDS)
        return sha256(repr((day, self.kinds, is_open(entry), pairing)).encode()).hexdigest()[:16]

    def _scene(self, raw: RawScene, config: PlexSyncConfig) -> SyncMetadata | None:
        """The scene; ``None`` for one that is not synced."""
        try:
            scene = parse_scene(raw)
        except InvalidScene:
            return None
        ignored = self.manager.scenes.is_ignored(scene.scene_id)
        return None if ignored or skip_reason(scene, config, known=True) else scene

    def _pairs(
        self,
        scene: SyncMetadata | None,
        entries: Sequence[LedgerEntry],
        items: Mapping[int, PlexItem],
        sections: set[int],
    ) -> list[Pair]:
        """The items that are certainly the scene's now. The others are tried later."""
        pairs, others = [], []
        for entry in entries:
            item = items.get(entry.rating_key)
            if scene is None or item is None or not self._is_its(scene, item, entry, sections):
                others.append(entry)
                continue
            rows = self.manager.plays.views(self._server, item.rating_key, self.now)
            views = tuple(View(number, moment, item.rating_key) for number, moment in rows)
            rated = self.manager.plays.stars_wait(self._server, item.rating_key)
            pairs.append(Pair(item, entry, views, rated))
        self._try_later(others)
        return pairs

    def _is_its(
        self, scene: SyncMetadata, item: PlexItem, entry: LedgerEntry, sections: set[int]
    ) -> bool:
        """Whether the item is certainly the scene's, and no choice of the user says otherwise."""
        scenes, key = self.manager.scenes, item.rating_key
        own = scenes.pin_of_scene(self._server, scene.scene_id)
        other = scenes.pin_of_item(self._server, key)
        if own is not None and own.rating_key != key:
            return False
        if other is not None and other.scene_id != scene.scene_id:
            return False
        return is_certain(entry, item, [file.path for file in scene.files], sections)

    def _try_later(self, entries: Sequence[LedgerEntry]) -> None:
        if not entries:
            return
        with self.manager.transaction():
            for entry in entries:
                mark = self._mark(entry)
                self.manager.plays.tried(self._server, entry.rating_key, self.now, mark)

    def _give_scene(self, scene: SyncMetadata, raw: RawScene, pairs: Sequence[Pair]) -> None:
        """Give one scene what is new, and note that it has it."""
        activity = read_activity(raw)
        known = Known(activity.plays, activity.resume, scene.rating100)
        plays, ratings = self.kinds.plays, self.kinds.ratings
        found = gift_of(pairs, known, self.now, plays=plays, ratings=ratings)
        gift = found.without_plays() if self.only_shows else found
        self._send(scene.scene_id, gift)
        self._count(scene.scene_id, found)
        with self.manager.transaction():
            self.manager.plays.settle_views(self._server, gift.views)
            for pair in pairs if self.kinds.plays and not self.only_shows else ():
                self.manager.plays.settle_begun(self._server, pair.item.rating_key)
            for key, stars in gift.stars.items():
                self.manager.plays.settle_stars(self._server, key, stars)
        if not self.only_shows:
            self._try_later([pair.entry for pair in pairs])

    def _count(self, scene_id: int, gift: Gift) -> None:
        self.tally.plays += len(gift.times)
        self.tally.resumes += bool(gift.resume)
        self.tally.ratings += gift.rating100 is not None
        self.tally.scenes += bool(gift.times or gift.resume)
        if self.only_shows and gift.times and self.tally.scenes <= _MOST_NAMED:
            plays = count(len(gift.times), "play", "plays")
            log.info("Scene %d: %s would be added from Plex.", scene_id, plays)

    def _send(self, scene_id: int, gift: Gift) -> None:
        """Write to Stash. What a worker wrote that died here is found in Stash by the next."""
        stash = self.servers.stash()
        if gift.times:
            stash.add_plays(scene_id, gift.times)
        if gift.resume:
            stash.save_resume(scene_id, gift.resume)
        if gift.rating100 is not None:
            stash.rate(scene_id, gift.rating100)
