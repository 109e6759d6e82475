"""Reading the items of the next scenes together: fifty in one request instead of one each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from plex.client import READ_MANY_LIMIT, PlexClient
from plex.exceptions import PlexTemporaryError
from plex.items import PlexItem

# An item read so long ago is read again before anything is decided by it.
FRESH_SECONDS = 30.0


class ReadAhead:
    """Items that were read with another scene's. Each is used once. ``clock``: epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._expected: Callable[[], Iterable[int]] = tuple
        self._waiting: dict[int, None] | None = None
        self._items: dict[int, PlexItem | None] = {}
        self._read_at = float("-inf")

    def begin(self, expected: Callable[[], Iterable[int]]) -> None:
        """A new batch begins. ``expected`` gives the items that it will probably read, in its
        order; it is asked when the first of them is needed."""
        self._expected = expected
        self._waiting = None
        self._items.clear()

    def read(self, plex: PlexClient, keys: Sequence[int]) -> tuple[PlexItem, ...]:
        """The items of ``keys``, at most ``FRESH_SECONDS`` old; those that are gone are absent."""
        if not 0 <= self.clock() - self._read_at < FRESH_SECONDS:
            self._items.clear()
        missing = [key for key in keys if key not in self._items]
        if missing:
            self._fetch(plex, missing)
        found = [self._items.pop(key, None) for key in dict.fromkeys(keys)]
        return tuple(item for item in found if item is not None)

    def forget(self, rating_key: int) -> None:
        """An item was written: what was read of it is no longer true."""
        self._items.pop(rating_key, None)

    def _fetch(self, plex: PlexClient, missing: Sequence[int]) -> None:
        if self._waiting is None:
            self._waiting = dict.fromkeys(self._expected())
        for key in missing:
            self._waiting.pop(key, None)
        room = max(0, READ_MANY_LIMIT - len(missing))
        others = [key for key in self._waiting if key not in self._items][:room]
        try:
            read = plex.read_many((*missing, *others))
        except PlexTemporaryError:
            self._waiting = {}  # one of them may be what Plex fails at: then one scene at a time
            raise
        now = self.clock()
        if not self._items:
            self._read_at = now
        for key in others:
            del self._waiting[key]
        self._items.update(dict.fromkeys((*missing, *others)))
        self._items.update({item.rating_key: item for item in read})
