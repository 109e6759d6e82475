"""A user's acts in Plex's own page, with the code that requests share: stars and pictures.

Each act locks the fields that it changes, except star ratings. Pictures are addressed by their
content and never deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulators.plex.answers import Refused
from simulators.plex.edits import Edit, TagEdit, apply_edit
from simulators.plex.items import Item, Picture, PlayRow, Shelf, sha1
from simulators.plex.library import Library
from simulators.plex.tags import TagSpec

LIMIT = 10 * 1024 * 1024  # bytes; above it Plex answers 500
LOCKS = {"posters": "thumb", "arts": "art"}


class User:
    """A user who edits items of a library without regard to its other clients."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def edit(
        self,
        item: Item,
        fields: Mapping[str, str] | None = None,
        tags: Mapping[str, Sequence[TagSpec]] | None = None,
        lock: bool = True,
    ) -> None:
        """Set values and whole tag lists; an empty value clears."""
        edit = Edit(values=dict(fields or {}))
        for kind, specs in (tags or {}).items():
            edit.tags[kind] = TagEdit(clear=True, add=_added(specs))
        if lock:
            edit.locks = dict.fromkeys([*edit.values, *edit.tags], True)
        self._apply(item, edit)

    def add_tag(self, item: Item, kind: str, tag: TagSpec) -> None:
        """Add one tag after the others; a collection's tag joins the collection."""
        self._apply(item, Edit(locks={kind: True}, tags={kind: TagEdit(add=_added([tag]))}), False)

    def remove_tag(self, item: Item, kind: str, name: str) -> None:
        self._apply(item, Edit(locks={kind: True}, tags={kind: TagEdit(remove=[name])}))

    def leave_collection(self, item: Item, title: str) -> None:
        """Take the item out of a collection; one that is empty then vanishes."""
        self.remove_tag(item, "collection", title)

    def set_locks(self, item: Item, locked: bool, *names: str) -> None:
        """Lock or unlock fields, whose values stay."""
        self._apply(item, Edit(locks=dict.fromkeys(names, locked)))

    def rate(self, item: Item, stars: float | None) -> None:
        """Give up to ten points, two a star; None takes the rating away. Nothing is locked."""
        with self._library.lock:
            set_rating(self._library, item, stars)

    def select_poster(self, item: Item, key: str) -> None:
        """Choose one of the item's posters by Plex's key."""
        with self._library.lock:
            select_picture(self._library, item, "posters", key)

    def watch(self, item: Item, at: float | None = None, account: int = 1) -> PlayRow:
        """Watch to the end, at a moment that the device may report late."""
        with self._library.lock:
            return watch(self._library, item, at, account)

    def mark_watched(self, item: Item, watched: bool = True) -> None:
        """The menu's entry: it leaves the history alone."""
        with self._library.lock:
            item.fields.pop("viewOffset", None)
            item.fields["viewCount"] = "1"
            if not watched:
                del item.fields["viewCount"]

    def stop_at(self, item: Item, milliseconds: int) -> None:
        """Watch a part of it."""
        with self._library.lock:
            item.fields["viewOffset"] = str(milliseconds)

    def upload_poster(self, item: Item, data: bytes) -> None:
        with self._library.lock:
            upload_picture(self._library, item, "posters", data)

    def _apply(self, item: Item, edit: Edit, replaces: bool = True) -> None:
        with self._library.lock:
            apply_edit(self._library, [item], edit, one=replaces)


def select_picture(library: Library, item: Item, kind: str, key: str) -> None:
    """Show a picture that the item has and lock the field; an empty key shows none.

    Raises ``Refused`` (404) for a picture that the item does not have.
    """
    shelf = shelf_of(item, kind)
    if key and key not in shelf.pictures:
        raise Refused(404, "no such picture")
    shelf.selected = key
    if key:
        item.locked.add(LOCKS[kind])
    library.touch(item, item.type == "movie" or library.show_art_moves_updated_at)


def set_rating(library: Library, item: Item, stars: float | None) -> None:
    """Store a star rating with its moment; None takes it away."""
    if stars is None:
        item.fields.pop("userRating", None)
        item.fields.pop("lastRatedAt", None)
    else:
        item.fields["userRating"] = f"{stars:.1f}"
        item.fields["lastRatedAt"] = str(library.now())
    library.touch(item, library.tags_move_updated_at)


def watch(library: Library, item: Item, at: float | None, account: int) -> PlayRow:
    """Store a view with the next number."""
    moment = library.now() if at is None else int(at)
    library.last_view += 1
    row = PlayRow(library.last_view, item.guid, item.title, item.type, moment, account)
    library.history.append(row)
    if account == 1:
        item.fields.pop("viewOffset", None)
        item.fields["viewCount"] = str(int(item.fields.get("viewCount", "0")) + 1)
        item.fields["lastViewedAt"] = str(moment)
    return row


def _added(specs: Sequence[TagSpec]) -> dict[int, dict[str, str]]:
    pairs = [spec if isinstance(spec, tuple) else (spec, "") for spec in specs]
    return {n: {"name": name, "role": role} for n, (name, role) in enumerate(pairs)}


def shelf_of(item: Item, kind: str) -> Shelf:
    """The shelf for ``posters`` or ``arts``."""
    return item.poster_shelf if kind == "posters" else item.art_shelf


def upload_picture(library: Library, item: Item, kind: str, data: bytes) -> None:
    """Keep a picture, select it and lock the field. The same bytes are kept once.

    Raises ``Refused``: 500 above the limit, 400 for nothing at all.
    """
    if len(data) > LIMIT:
        raise Refused(500, "the picture is above 10 MB")
    if not data:
        raise Refused(400, "no picture")
    digest, shelf = sha1(data), shelf_of(item, kind)
    key = f"upload://{kind}/{digest}"
    shelf.pictures.setdefault(key, Picture(key, "", digest, data))
    shelf.selected = key
    item.locked.add(LOCKS[kind])
    library.touch(item, item.type == "movie" or library.show_art_moves_updated_at)
