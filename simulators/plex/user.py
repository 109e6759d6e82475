"""A user's acts in Plex's own page. Each locks what it changes, but for star ratings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulators.plex import images
from simulators.plex.edits import Edit, TagEdit, apply_edit
from simulators.plex.items import Item
from simulators.plex.library import Library
from simulators.plex.tags import TagSpec


class User:
    """Somebody who edits items of a library without regard to its other clients."""

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

    def recase(self, item: Item, field: str) -> str:
        """Change nothing but the capitals of a text; returns the new one."""
        text = item.fields[field].swapcase()
        self.edit(item, {field: text})
        return text

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

    def upload_poster(self, item: Item, data: bytes) -> None:
        with self._library.lock:
            images.upload(self._library, item, "posters", data)

    def choose_poster(self, item: Item, key: str) -> None:
        """Select one of the posters that the item has, by its key on the shelf."""
        with self._library.lock:
            images.select(self._library, item, "posters", key)

    def _apply(self, item: Item, edit: Edit, replaces: bool = True) -> None:
        with self._library.lock:
            apply_edit(self._library, [item], edit, one=replaces)


def set_rating(library: Library, item: Item, stars: float | None) -> None:
    """Store a star rating with its moment; None takes it away."""
    if stars is None:
        item.fields.pop("userRating", None)
        item.fields.pop("lastRatedAt", None)
    else:
        item.fields["userRating"] = f"{stars:.1f}"
        item.fields["lastRatedAt"] = str(library.now())
    library.touch(item, library.tags_move_updated_at)


def _added(specs: Sequence[TagSpec]) -> dict[int, dict[str, str]]:
    pairs = [spec if isinstance(spec, tuple) else (spec, "") for spec in specs]
    return {n: {"name": name, "role": role} for n, (name, role) in enumerate(pairs)}
