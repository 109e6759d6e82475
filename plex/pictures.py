"""The posters and backgrounds that Plex keeps for an item, one of which is selected."""

from __future__ import annotations

from dataclasses import dataclass

from plex import questions
from plex.connection import PlexConnection
from plex.questions import ImageSlot
from plex.xml import parse_pictures


@dataclass(frozen=True, slots=True)
class Shelf:
    """The pictures of one slot by Plex's keys. ``selected`` is the one that the item shows, "" for
    none."""

    keys: tuple[str, ...]
    selected: str

    def shows_upload(self, sha1: str) -> bool:
        """Whether the item shows the upload of bytes with that SHA-1 (hex).

        Plex names it ``upload://posters/<sha1>``; older servers put more words into the middle.
        """
        return self.selected.startswith("upload://") and self.selected.endswith(f"/{sha1}")


class Pictures:
    """The requests about pictures, over the client's connection. Each costs one."""

    def __init__(self, connection: PlexConnection) -> None:
        self._plex = connection

    def shelf(self, rating_key: int, slot: ImageSlot) -> Shelf:
        """List the pictures of a slot."""
        keys, selected = parse_pictures(self._plex.get(questions.images_of(rating_key, slot)))
        return Shelf(keys, selected)

    def upload(self, rating_key: int, slot: ImageSlot, data: bytes) -> None:
        """Upload a picture; Plex selects and locks it. The same bytes never make a second one."""
        self._plex.send("post", questions.images_of(rating_key, slot), data=data)

    def select(self, rating_key: int, slot: ImageSlot, key: str) -> None:
        """Show the picture of that key; Plex locks it. An empty key shows none."""
        if not key:
            self._plex.send("delete", questions.shown_image(rating_key, slot))
            return
        self._plex.send("put", questions.choice_of(rating_key, slot, key), plain=True)
