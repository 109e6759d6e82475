"""Posters and backgrounds: addressed by their content, never deleted."""

from __future__ import annotations

from simulators.plex.answers import Refused
from simulators.plex.items import Item, Picture, Shelf, sha1
from simulators.plex.library import Library

LIMIT = 10 * 1024 * 1024  # bytes; above it Plex answers 500
LOCKS = {"posters": "thumb", "arts": "art"}


def shelf_of(item: Item, kind: str) -> Shelf:
    """The shelf for ``posters`` or ``arts``."""
    return item.poster_shelf if kind == "posters" else item.art_shelf


def upload(library: Library, item: Item, kind: str, data: bytes, url: str = "") -> None:
    """Keep a picture, select it and lock the field. The same bytes are kept once.

    With ``url`` Plex would fetch the picture itself; the simulator only notes the address.
    Raises ``Refused``: 500 above the limit, 400 for nothing at all.
    """
    if len(data) > LIMIT:
        raise Refused(500, "the picture is above 10 MB")
    if not data and not url:
        raise Refused(400, "no picture")
    digest = sha1(data) if data else ""
    key = f"upload://{kind}/{digest}" if data else url
    shelf_of(item, kind).pictures.setdefault(key, Picture(key, "", digest, data))
    select(library, item, kind, key)


def select(library: Library, item: Item, kind: str, key: str) -> None:
    """Show the picture of that rating key. Raises ``Refused`` (404) when there is none."""
    shelf = shelf_of(item, kind)
    if key not in shelf.pictures:
        raise Refused(404, "no such picture")
    shelf.selected = key
    item.locked.add(LOCKS[kind])
    library.touch(item, _stamps(library, item))


def deselect(library: Library, item: Item, kind: str) -> None:
    """Show no picture; the file stays."""
    shelf_of(item, kind).selected = ""
    library.touch(item, _stamps(library, item))


def _stamps(library: Library, item: Item) -> bool:
    return item.type in ("movie", "collection") or library.show_art_moves_updated_at
