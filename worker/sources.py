"""The sources of match candidates: ledger, index, Plex itself, and Stash's other files."""

from __future__ import annotations

from collections.abc import Sequence

from plex.items import PlexItem, PlexSection
from plex.rivals import ROWS_SHOWN, Namesakes
from validation.metadata import SceneFile
from validation.records import IndexedFile, LedgerEntry
from worker.batch import Batch
from worker.servers import Store

# Rows at one path: one file may be sixty episodes.
_AT_A_PATH = 500
# Rows of each kind that look like a file: 10,000 files may have one name.
_ALIKE = 20


class PlexSources:
    """The sources of one scene's match, within a batch."""

    def __init__(self, store: Store, batch: Batch) -> None:
        self._index = store.index
        self._ledger = store.ledger
        self._batch = batch
        self._server = batch.plex.server

    def sections(self) -> tuple[PlexSection, ...]:
        """The chosen libraries."""
        return self._batch.listing.sections()

    def known(self, scene_id: int) -> tuple[LedgerEntry, ...]:
        """The ledger's entries of this scene."""
        return tuple(self._ledger.entries_of_scene(self._server, scene_id))

    def hints(self, path: str) -> tuple[IndexedFile, ...]:
        """Index rows of whatever age at a full path of Plex, under folding."""
        return self._index.at(self._server, path, _AT_A_PATH)

    def read(self, rating_keys: Sequence[int]) -> tuple[PlexItem, ...]:
        """The items in full, freshly read together; those that are gone are absent."""
        return self._batch.ahead.read(rating_keys)

    def by_file(self, section: PlexSection, needle: str) -> tuple[PlexItem, ...]:
        """Items of which a file's path contains ``needle``, as Plex has them now."""
        return self._batch.plex.find_by_file(section, needle)

    def is_listed(self) -> bool:
        """Whether the index shows what Plex has in this batch."""
        return self._batch.listing.is_current

    def list_libraries(self) -> None:
        """Bring the index up to date, at most once in a batch."""
        self._batch.listing.refresh()

    def rows_at(self, path: str) -> tuple[IndexedFile, ...]:
        """Rows at a full path of Plex under folding."""
        return self.hints(path)

    def rows_like(self, file: SceneFile, title: str) -> tuple[IndexedFile, ...]:
        """Rows that look like a file of a scene called ``title``, a bounded number of each kind."""
        server, path, index = self._server, file.path, self._index
        sized = index.sized(server, file.size, _ALIKE) if file.size else ()
        rows = (
            *index.in_folder(server, path, _ALIKE),
            *index.named(server, path, _ALIKE, file.size),
            *sized,
            *index.titled(server, title, _ALIKE),
            *index.named(server, path, _ALIKE),
        )
        return tuple(dict.fromkeys(rows))

    def plex_files(self, *, size: int = 0, name: str = "") -> tuple[IndexedFile, ...]:
        """Rows with exactly this size, or with this name."""
        if size:
            return self._index.sized(self._server, size, ROWS_SHOWN)
        return self._index.named(self._server, name, ROWS_SHOWN)

    def stash_namesakes(self, name: str) -> Namesakes:
        """Every file of Stash with this name."""
        return self._batch.names.of(name)
