"""A batch: the jobs that were claimed together, and all that is read for them. Nothing changes.

One batch has one configuration, one answer of Stash for its scenes and one listing of Plex, so
that no decision is made of parts from different moments.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from plex.client import READ_MANY_LIMIT, PlexClient
from plex.exceptions import PlexTemporaryError, UnreadableItem
from plex.index import Ask, FileIndex
from plex.items import PlexItem, PlexSection
from plex.rivals import Namesakes
from stash.client import StashClient
from stash.exceptions import StashQueryFailed
from sync_queue.models import SYNC_ALL, ClaimedJob
from sync_queue.state import Restored
from validation.config import PlexSyncConfig
from validation.errors import InvalidScene
from validation.metadata import SceneFile, SyncMetadata, parse_scene
from validation.paths import basename
from worker.servers import Servers, SettingsRead, Store

RawScene = Mapping[str, Any]

# The index is refreshed first for so many scenes: it then replaces one search for each.
MANY = 20
# An item that was read so many seconds ago is read again before anything is decided by it.
FRESH_SECONDS = 30.0
# Rows of the index at one path that are worth reading.
_HINTS = 10

log = logging.getLogger("plexsync.batch")


class Listing:
    """Plex's chosen libraries as this batch sees them.

    The index proves nothing until it was refreshed for the batch, or for the batch's *Sync All*.
    ``since`` is the time from which a whole listing is recent enough (epoch seconds, infinity for
    none).
    """

    def __init__(
        self,
        index: FileIndex,
        libraries: Sequence[str],
        clock: Callable[[], float],
        since: float = float("inf"),
    ) -> None:
        self._index = index
        self._libraries = libraries
        self._clock = clock
        self._since = since
        self._sections: tuple[PlexSection, ...] | None = None
        self._refreshed = False

    @property
    def is_current(self) -> bool:
        """Whether the index shows the files that Plex has in this run."""
        if not self._refreshed:
            self._refreshed = self._index.listed_since(self._since, self._libraries)
        return self._refreshed

    def refresh(self) -> None:
        """Make it current: at most once a batch, and once in a *Sync All*."""
        if not self.is_current:
            ask = Ask.CHANGES if self._since == float("inf") else Ask.EVERYTHING
            self._sections = self._index.refresh(self._clock(), self._libraries, ask)
            self._refreshed = True

    def sections(self) -> tuple[PlexSection, ...]:
        """The chosen libraries."""
        if self._sections is None:
            self._sections = self._index.sections(self._libraries)
        return self._sections


class ReadAhead:
    """Items that are read together with another scene's, fifty in one request.

    ``expected`` are the items that the batch will probably read, in its order; it is asked when
    the first of them is needed. A read item serves every scene of the batch, until it is written or
    the reading is old.
    """

    def __init__(
        self, plex: PlexClient, clock: Callable[[], float], expected: Callable[[], Iterable[int]]
    ) -> None:
        self._plex = plex
        self._clock = clock
        self._expected = expected
        self._waiting: dict[int, None] | None = None
        self._items: dict[int, PlexItem | None] = {}
        self._read_at = float("-inf")

    def read(self, keys: Sequence[int]) -> tuple[PlexItem, ...]:
        """The items of ``keys``, at most ``FRESH_SECONDS`` old; those that are gone are absent."""
        if not 0 <= self._clock() - self._read_at < FRESH_SECONDS:
            self._items.clear()
        wanted = list(dict.fromkeys(keys))
        missing = [key for key in wanted if key not in self._items]
        for start in range(0, len(missing), READ_MANY_LIMIT):
            self._fetch(missing[start : start + READ_MANY_LIMIT])
        for key in wanted:
            self._ahead().pop(key, None)
        found = [self._items[key] for key in wanted]
        return tuple(item for item in found if item is not None)

    def forget(self, rating_key: int) -> None:
        """An item was written: the earlier reading of it is no longer true."""
        self._items.pop(rating_key, None)

    def _ahead(self) -> dict[int, None]:
        """The expected items that no scene has needed yet."""
        if self._waiting is None:
            self._waiting = dict.fromkeys(self._expected())
        return self._waiting

    def _fetch(self, missing: Sequence[int]) -> None:
        known = {*missing, *self._items}
        room = READ_MANY_LIMIT - len(missing)
        others = list(islice((key for key in self._ahead() if key not in known), room))
        try:
            read = self._read(missing, others)
        except PlexTemporaryError:
            self._waiting = {}  # one of them may be what Plex fails at: then one scene at a time
            raise
        others = [key for key in others if key in self._ahead()]
        if not self._items:
            self._read_at = self._clock()
        self._items.update(dict.fromkeys((*missing, *others)))
        self._items.update({item.rating_key: item for item in read})

    def _read(self, missing: Sequence[int], others: Sequence[int]) -> tuple[PlexItem, ...]:
        """The items of both; of ``missing`` alone, from now on, where one cannot be read."""
        try:
            return self._plex.read_many((*missing, *others))
        except UnreadableItem:
            if not others:
                raise
            self._waiting = {}
            return self._plex.read_many(missing)


class StashNames:
    """Stash's files by name. The names of a batch are asked for in one request."""

    def __init__(self, stash: StashClient, expected: Callable[[], Iterable[str]]) -> None:
        self._stash = stash
        self._expected = expected
        self._files: dict[str, tuple[tuple[int, SceneFile], ...]] = {}
        self._arranged: dict[str, Namesakes] = {}

    def files(self, name: str) -> tuple[tuple[int, SceneFile], ...]:
        """Scene and file of each file in Stash that has this name."""
        if name not in self._files:
            expected = self._expected() if not self._files else ()
            self._files |= self._stash.namesakes((name, *expected))
        return self._files[name]

    def of(self, name: str) -> Namesakes:
        """The same files, arranged for matching."""
        if name not in self._arranged:
            self._arranged[name] = Namesakes.of(self.files(name))
        return self._arranged[name]


class OtherScenes:
    """Scenes beside the one at hand, as Stash has them in this batch."""

    def __init__(
        self, stash: StashClient, parsed: Mapping[int, SyncMetadata | InvalidScene]
    ) -> None:
        self._stash = stash
        self._parsed = dict(parsed)

    def get(self, scene_id: int) -> SyncMetadata | None:
        """The scene; ``None`` when it is gone, or cannot be read."""
        if scene_id not in self._parsed:
            read = self._stash.read_scenes((scene_id,)).scenes
            gone = InvalidScene(f"Scene {scene_id} is gone.")
            self._parsed[scene_id] = _parse(read[scene_id]) if scene_id in read else gone
        scene = self._parsed[scene_id]
        return None if isinstance(scene, InvalidScene) else scene


class SamePlex:
    """Whether the Plex of a batch still answers at its address."""

    def __init__(self, plex: PlexClient) -> None:
        self._plex = plex
        self._changes = plex.changes
        self._failures = -1

    @property
    def holds(self) -> bool:
        """Whether no other Plex has been found at the address."""
        return self._plex.changes == self._changes

    def confirm(self) -> None:
        """Before the first write of a batch, and after each failure, see that it still answers.

        Raises PlexTemporaryError.
        """
        if self._plex.failures != self._failures:
            self._plex.confirm()
            self._failures = self._plex.failures
        if not self.holds:
            raise PlexTemporaryError("Another Plex answers at plex_url; the scene is tried again.")


@dataclass(frozen=True, slots=True)
class Batch:
    """The jobs that were claimed together.

    ``parsed`` are its scenes, an error for one that is invalid; ``restored_at`` is when our memory
    was lost or came from a copy (epoch seconds, 0 = never).
    """

    jobs: tuple[ClaimedJob, ...]
    raw: Mapping[int, RawScene]
    parsed: Mapping[int, SyncMetadata | InvalidScene]
    settings: SettingsRead
    plex: PlexClient
    stash: StashClient
    listing: Listing
    ahead: ReadAhead
    names: StashNames
    others: OtherScenes
    restored_at: float
    same_plex: SamePlex

    @property
    def config(self) -> PlexSyncConfig:
        """The settings of this batch."""
        return self.settings.config

    def scene(self, scene_id: int) -> SyncMetadata:
        """One of the batch's scenes. Raises ``InvalidScene``."""
        scene = self.parsed[scene_id]
        if isinstance(scene, InvalidScene):
            raise scene
        return scene


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch, and the jobs that Stash failed at: they are tried again later, and alone."""

    batch: Batch
    failed: tuple[tuple[ClaimedJob, StashQueryFailed], ...] = ()


def read_batch(
    store: Store,
    servers: Servers,
    jobs: Sequence[ClaimedJob],
    clock: Callable[[], float],
    *,
    listed_since: float = float("inf"),
) -> Claimed:
    """Read what a batch needs. ``listed_since``: when the *Sync All* of its jobs began.

    Raises ``StashUnavailable`` and ``SetupError``.
    """
    raw, failed = read_scenes(servers, [job.job.scene_id for job in jobs if job.job.scene_id])
    kept = tuple(job for job in jobs if job.job.scene_id not in failed)
    batch = make_batch(store, servers, raw, clock, jobs=kept, listed_since=listed_since)
    return Claimed(batch, tuple((job, failed[job.job.scene_id]) for job in jobs if job not in kept))


def make_batch(
    store: Store,
    servers: Servers,
    raw: Mapping[int, RawScene],
    clock: Callable[[], float],
    *,
    jobs: tuple[ClaimedJob, ...] = (),
    listed_since: float = float("inf"),
) -> Batch:
    """A batch of scenes that were just read; a task makes one without jobs."""
    settings = servers.settings
    plex = servers.plex(settings.config)
    same_plex = SamePlex(plex)
    in_library = any(job.job.update_type == SYNC_ALL for job in jobs) or not jobs
    since = listed_since if in_library else float("inf")
    listing = Listing(servers.file_index(plex), settings.config.libraries, clock, since)
    if since < float("inf") or len(raw) >= MANY:
        try:
            listing.refresh()
        except PlexTemporaryError as error:  # known items can be synced all the same
            log.debug("The libraries could not be listed: %s", error)
    parsed = {scene_id: _parse(scene) for scene_id, scene in raw.items()}
    scenes = [scene for scene in parsed.values() if isinstance(scene, SyncMetadata)]
    stash = servers.stash()
    return Batch(
        jobs=jobs,
        raw=raw,
        parsed=parsed,
        settings=settings,
        plex=plex,
        stash=stash,
        listing=listing,
        ahead=ReadAhead(plex, clock, lambda: _items_ahead(store, plex, settings.config, scenes)),
        names=StashNames(stash, lambda: _new_names(store, scenes)),
        others=OtherScenes(stash, parsed),
        restored_at=store.state.load(Restored).at,
        same_plex=same_plex,
    )


def read_scenes(
    servers: Servers, ids: Iterable[int], also: str = ""
) -> tuple[Mapping[int, RawScene], Mapping[int, StashQueryFailed]]:
    """The scenes as Stash has them now, with the fields *also*, and those that Stash fails at,
    which others do not wait for. Raises ``StashUnavailable``, also when Stash fails at each of
    them."""
    wanted = tuple(dict.fromkeys(ids))
    try:
        return servers.read_scenes(wanted, also).scenes, {}
    except StashQueryFailed:
        if len(wanted) < 2:
            raise
    scenes: dict[int, RawScene] = {}
    failed: dict[int, StashQueryFailed] = {}
    for scene_id in wanted:
        try:
            scenes |= servers.read_scenes((scene_id,), also).scenes
        except StashQueryFailed as error:
            failed[scene_id] = error
            if len(failed) == len(wanted):
                raise
    return scenes, failed


def _items_ahead(
    store: Store, plex: PlexClient, config: PlexSyncConfig, scenes: Iterable[SyncMetadata]
) -> Iterator[int]:
    """The items that a batch will probably ask for, in its order."""
    for scene in scenes:
        pin = store.scenes.pin_of_scene(plex.server, scene.scene_id)
        if pin is not None:
            yield pin.rating_key
        yield from store.ledger.items_of_scene(plex.server, scene.scene_id)
        for file in scene.files:
            for path in config.path_rules.to_plex(file.path):
                yield from (row.rating_key for row in store.index.at(plex.server, path, _HINTS))


def _new_names(store: Store, scenes: Iterable[SyncMetadata]) -> Iterator[str]:
    """The file names of the scenes that no item was written for yet."""
    for scene in scenes:
        if not store.ledger.knows_scene(scene.scene_id):
            yield from (basename(file.path) for file in scene.files)


def _parse(raw: RawScene) -> SyncMetadata | InvalidScene:
    try:
        return parse_scene(raw)
    except InvalidScene as error:
        return error
