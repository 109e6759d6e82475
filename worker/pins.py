"""A user's choice of an item, verified as any memory is: a pin is an item and a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from plex.identity import has_part_of, holds, is_chosen
from plex.items import TYPE_NUMBERS, PlexItem, PlexSection
from validation.errors import SetupError
from validation.paths import same_path
from validation.records import Pin
from worker.batch import Batch
from worker.servers import Store

# Rows of the index at the pinned file's path; more than one item there leaves the user's choice
# open.
_FOLLOWED = 3


def pin_to(
    scene_id: int,
    rating_key: int,
    read: Sequence[PlexItem],
    server: str,
    sections: Sequence[PlexSection],
) -> Pin:
    """The pin of a scene to an item; ``read`` is what Plex gave for it just now.

    Raises ``SetupError`` for an item that cannot be synced: a season, a trailer, one of a library
    that is not chosen, or none at all.
    """
    found = [one for one in read if one.rating_key == rating_key and one.kind in TYPE_NUMBERS]
    if not found or not found[0].parts:
        raise SetupError(
            f"Plex has no movie, video or episode {rating_key} with a file; choose another item."
        )
    item = found[0]
    if item.section_id not in {section.section_id for section in sections}:
        raise SetupError(
            f"Item {rating_key} is in a library that is not chosen in Plex libraries"
            " (plex_library); choose another item, or add the library."
        )
    return _renewed(Pin(server, item.rating_key, scene_id, item.parts[0].file), item)


def pinned_item(store: Store, batch: Batch, pin: Pin) -> tuple[Pin, PlexItem] | None:
    """The item that a pin stands for now, with the pin as it is then; ``None``: ask the user.

    The pin follows its file to a new key, but not to an item that was chosen for another scene.
    An item that holds another file under the same key is the chosen one only if its part is the
    very same.
    """
    for item in batch.ahead.read((pin.rating_key,)):
        if holds(item, pin.file):
            return _renewed(pin, item), item
        if has_part_of(item, pin):
            return _renewed(replace(pin, file=item.parts[0].file), item), item
    if not pin.file:
        return None
    batch.listing.refresh()
    chosen = {section.section_id for section in batch.listing.sections()}
    rows = [
        row.rating_key
        for row in store.index.at(batch.plex.server, pin.file, _FOLLOWED)
        if row.section_id in chosen and same_path(row.file, pin.file)
    ]
    items = [
        item
        for item in batch.ahead.read(rows)
        if holds(item, pin.file) and chosen_for(store, batch, item) in (0, pin.scene_id)
    ]
    return (_renewed(pin, items[0]), items[0]) if len(items) == 1 else None


def chosen_for(store: Store, batch: Batch, item: PlexItem) -> int:
    """The scene for which a user chose this very item; 0 for none."""
    pin = store.scenes.pin_of_item(batch.plex.server, item.rating_key)
    if pin is None or not is_chosen(item, pin) or batch.others.get(pin.scene_id) is None:
        return 0
    return pin.scene_id


def _renewed(pin: Pin, item: PlexItem) -> Pin:
    return replace(pin, rating_key=item.rating_key, added_at=item.added_at, part_ids=item.part_ids)
