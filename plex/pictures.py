"""The posters and backgrounds that Plex keeps for an item, one of which is selected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from plex.connection import PlexConnection
from plex.xml import parse_pictures

ImageSlot = Literal["poster", "background"]

# The list of a slot's pictures, the address that selects one, and the one that selects none.
_LISTS: Mapping[ImageSlot, str] = {"poster": "posters", "background": "arts"}
_CHOICES: Mapping[ImageSlot, str] = {"poster": "poster", "background": "art"}
# Plex's name of the field that a slot's picture locks, and of the picture that the item shows.
LOCKS: Mapping[ImageSlot, str] = {"poster": "thumb", "background": "art"}


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
        keys, selected = parse_pictures(self._plex.get(_address(rating_key, _LISTS[slot])))
        return Shelf(keys, selected)

    def upload(self, rating_key: int, slot: ImageSlot, data: bytes) -> None:
        """Upload a picture; Plex selects and locks it. The same bytes never make a second one."""
        self._plex.send("post", _address(rating_key, _LISTS[slot]), data=data)

    def select(self, rating_key: int, slot: ImageSlot, key: str) -> None:
        """Show the picture of that key; Plex locks it. An empty key shows none."""
        if not key:
            self._plex.send("delete", _address(rating_key, LOCKS[slot]))
            return
        path = f"{_address(rating_key, _CHOICES[slot])}?url={quote(key, safe='')}"
        self._plex.send("put", path, plain=True)


def _address(rating_key: int, what: str) -> str:
    if rating_key <= 0:
        raise ValueError("not the id of a Plex item")
    return f"/library/metadata/{rating_key}/{what}"
