"""Reading back what was written, many items in one request."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from plex.client import READ_MANY_LIMIT, PlexClient
from plex.edit_plan import Difference, confirm
from plex.exceptions import UnreadableItem
from plex.fields import STARS
from plex.items import PlexItem
from plex.recollection import believed
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from sync_queue.scenes import Outcome
from validation.reasons import Reason
from validation.records import LedgerEntry

log = logging.getLogger("plexsync.verify")


def verify_batch(manager: QueueManager, plex: PlexClient, now: float) -> None:
    """Read back up to 50 written items.

    A first difference re-queues its scene once; a second in a row is Plex's last word and becomes
    the outcome ``plex_kept_other_value``. The entry of an item that is gone is dropped. An item
    that holds another file now may be another one: the next sync of the scene, which knows the
    scene's files, finds that out and reads it back. So does an item that cannot be read.
    """
    entries = manager.ledger.unread_entries(plex.server, READ_MANY_LIMIT)
    if not entries:
        return
    plex.confirm()
    items, unreadable = read_back(plex, [entry.rating_key for entry in entries])
    for entry in entries:
        if entry.rating_key in unreadable:
            log.info("Item %d cannot be read back from Plex: skipped.", entry.rating_key)
    shown = [entry for entry in entries if entry.rating_key not in unreadable]
    settled = [(entry, _confirm(entry, items.get(entry.rating_key), plex)) for entry in shown]
    with manager.transaction():
        for key in unreadable:
            manager.ledger.put_off(plex.server, key)
        for entry, confirmed in settled:
            if confirmed is None:
                forget = entry.rating_key not in items
                drop = manager.ledger.forget_item if forget else manager.ledger.put_off
                drop(entry.server, entry.rating_key)
                if entry.scene_id:
                    manager.jobs.put(scene_job(entry.scene_id, "item gone", now))
                continue
            after, differences = confirmed
            manager.ledger.put(after)
            if differences and after.scene_id:
                tell_of(manager, after, differences, now)


def read_back(plex: PlexClient, keys: Sequence[int]) -> tuple[dict[int, PlexItem], set[int]]:
    """The items by number, and the numbers of those that cannot be read: they are not gone."""
    try:
        return {item.rating_key: item for item in plex.read_many(keys)}, set()
    except UnreadableItem:
        if len(keys) == 1:
            return {}, set(keys)
    items: dict[int, PlexItem] = {}
    unreadable: set[int] = set()
    for key in keys:
        found, failed = read_back(plex, [key])
        items |= found
        unreadable |= failed
    return items, unreadable


def _confirm(
    entry: LedgerEntry, item: PlexItem | None, plex: PlexClient
) -> tuple[LedgerEntry, tuple[Difference, ...]] | None:
    """The entry after its item was read back; ``None`` when the item is gone, or not known to be
    the same.

    A server that ignores the star rating in an edit is asked the way a Plex client asks.
    """
    current = believed(entry, item, holds_scene=False) if item is not None else None
    if item is None or current is None:
        return None
    after, differences = confirm(current, item)
    for difference in differences:
        if difference.field == STARS and not difference.final and isinstance(difference.sent, str):
            plex.rate(item.rating_key, float(difference.sent) if difference.sent else None)
            return confirm(current, plex.read(item.rating_key))
    return after, differences


def tell_of(
    manager: QueueManager, entry: LedgerEntry, differences: Sequence[Difference], now: float
) -> None:
    """Re-queue the scene of values that Plex gave back differently, or list it for the user."""
    fields = [difference.field for difference in differences]
    names = ", ".join(fields)
    if any(not difference.final for difference in differences):
        log.info(
            "Item %d: Plex shows other values for %s; trying once more.", entry.rating_key, names
        )
        manager.jobs.put(scene_job(entry.scene_id, "verify", now))
        return
    log.warning("Item %d: Plex keeps its own values for %s.", entry.rating_key, names)
    before = manager.scenes.outcome(entry.scene_id)
    detail = {"item": entry.rating_key, "fields": fields}
    updated_at = before.scene_updated_at if before else ""
    manager.scenes.set_outcome(
        Outcome(entry.scene_id, Reason.PLEX_KEPT_OTHER_VALUE, detail, updated_at, now), files=()
    )
