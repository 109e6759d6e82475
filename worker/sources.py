"""Where match candidates come from: the ledger, Plex itself, the file index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from plex.candidates import Remembered, choose_sections
from plex.client import PlexClient
from plex.items import PlexItem, PlexSection
from validation.config import PlexSyncConfig
from validation.records import IndexedFile, Owner
from worker.memory import Memory
from worker.read_ahead import ReadAhead


class PlexSources:
    """The sources of one scene's match. Items read in full are kept for the plan.

    ``claims`` are owners that the ledger does not know (yet), by rating key; ``index_first``: the
    index was brought up to date for the batch at hand, so that it is asked before Plex.
    ``scene_id`` is the scene that asks, ``has_scene`` whether Stash has another one.
    """

    def __init__(
        self,
        plex: PlexClient,
        memory: Memory,
        config: PlexSyncConfig,
        ahead: ReadAhead,
        claims: Mapping[int, Owner] | None = None,
        *,
        index_first: bool = False,
        scene_id: int = 0,
        has_scene: Callable[[int], bool] = lambda _scene_id: True,
    ) -> None:
        self.plex = plex
        self.memory = memory
        self.server = plex.server
        self.config = config
        self.ahead = ahead
        self.claims = claims or {}
        self.index_first = index_first
        self.scene_id = scene_id
        self.has_scene = has_scene
        self.full: dict[int, PlexItem] = {}

    def sections(self) -> tuple[PlexSection, ...]:
        """The chosen libraries; a name that is unknown may belong to a library made since."""
        known = {section.title.casefold() for section in self.plex.sections()}
        fresh = any(name.casefold() not in known for name in self.config.libraries)
        return choose_sections(self.plex.sections(fresh=fresh), self.config.libraries)

    def remembered(self, scene_id: int) -> tuple[Remembered, ...]:
        """The ledger's items of this scene that still exist, freshly read."""
        entries = self.memory.ledger.entries_of_scene(self.server, scene_id)
        files = {entry.rating_key: entry.file for entry in entries}
        return tuple(Remembered(item, files[item.rating_key]) for item in self.read(tuple(files)))

    def owner(self, rating_key: int) -> Owner | None:
        """The scene that has the item, unless Stash has it no more: a merge takes its file without
        telling anybody.
        """
        owner = self.claims.get(rating_key) or self.memory.ledger.owner(self.server, rating_key)
        if owner is None or owner.scene_id == self.scene_id or self.has_scene(owner.scene_id):
            return owner
        return None

    def read(self, rating_keys: Sequence[int]) -> tuple[PlexItem, ...]:
        """The items, freshly read, in one request at most; those that are gone are absent."""
        items = self.ahead.read(self.plex, rating_keys)
        self.full.update({item.rating_key: item for item in items})
        return items

    def by_file(self, section: PlexSection, needle: str) -> tuple[PlexItem, ...]:
        """Items of which a file's path contains ``needle``."""
        return self.plex.find_by_file(section, needle)

    def by_title(self, section: PlexSection, title: str) -> tuple[PlexItem, ...]:
        """Items whose title contains ``title``."""
        return self.plex.find_by_title(section, title)

    def indexed(self, path: str) -> tuple[IndexedFile, ...]:
        """What the file index has under the file name of ``path``: hints, never proof."""
        return self.memory.index.lookup(self.server, path)

    def indexed_at(self, path: str) -> tuple[IndexedFile, ...]:
        """What the file index has at the full path of Plex: hints, never proof."""
        return self.memory.index.files_at(self.server, path)

    def index_is_complete(self) -> bool:
        """Whether the index shows what Plex has at this moment."""
        return self.index_first
