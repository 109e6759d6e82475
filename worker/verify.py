"""Reading back what was written, many items in one request."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from plex.client import READ_MANY_LIMIT, PlexClient
from plex.edit_plan import Difference, confirm
from plex.fields import STARS
from plex.items import PlexItem
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from validation.reasons import Reason
from validation.records import LedgerEntry

log = logging.getLogger("plexsync.verify")


def verify_batch(manager: QueueManager, plex: PlexClient, now: float) -> int:
    """Read back up to 50 written items; returns how many entries were looked at.

    A first difference re-queues its scene once; a second in a row is Plex's last word and becomes
    the outcome ``plex_kept_other_value``. An item that is gone is forgotten.
    """
    entries = manager.ledger.unread_entries(plex.server, READ_MANY_LIMIT)
    if not entries:
        return 0
    items = {item.rating_key: item for item in plex.read_many([e.rating_key for e in entries])}
    settled = [(entry, *settle_one(entry, items.get(entry.rating_key), plex)) for entry in entries]
    with manager.transaction():
        for entry, after, differences in settled:
            if after is None:
                manager.ledger.forget_item(entry.server, entry.rating_key)
                manager.enqueue_in(scene_job(entry.scene_id, "item gone", now))
                continue
            manager.ledger.put(after)
            updated_at = items[entry.rating_key].updated_at
            manager.index.note_update(entry.server, entry.rating_key, updated_at)
            speak_of(manager, after, differences, now)
    return len(entries)


def settle_one(
    entry: LedgerEntry, item: PlexItem | None, plex: PlexClient
) -> tuple[LedgerEntry | None, tuple[Difference, ...]]:
    """The entry after its item was read back, ``None`` for an item that is gone.

    A server that ignores the star rating in an edit is asked the way a Plex client asks.
    """
    if item is None:
        return None, ()
    after, differences = confirm(entry, item)
    for difference in differences:
        if difference.field == STARS and not difference.final and isinstance(difference.sent, str):
            plex.rate(item.rating_key, float(difference.sent) if difference.sent else None)
            return confirm(entry, plex.read(item.rating_key))
    return after, differences


def speak_of(
    manager: QueueManager, entry: LedgerEntry, differences: Sequence[Difference], now: float
) -> None:
    """What follows from values that Plex gave back differently."""
    if not differences:
        return
    names = ", ".join(difference.field for difference in differences)
    if any(not difference.final for difference in differences):
        log.info(
            "Item %d: Plex shows other values for %s; trying once more.", entry.rating_key, names
        )
        manager.enqueue_in(scene_job(entry.scene_id, "verify", now))
        return
    log.warning("Item %d: Plex keeps its own values for %s.", entry.rating_key, names)
    manager.ledger.set_outcome(
        entry.scene_id,
        Reason.PLEX_KEPT_OTHER_VALUE,
        {"item": entry.rating_key, "fields": [difference.field for difference in differences]},
        scene_updated_at=_scene_updated_at(manager, entry.scene_id),
        files=(),
        now=now,
    )


def _scene_updated_at(manager: QueueManager, scene_id: int) -> str:
    """Stash's text of the state that the scene's last outcome was about."""
    before = manager.ledger.outcome(scene_id)
    return before.scene_updated_at if before is not None else ""
