"""Old dead letters go, but never because of a clock that jumped."""

from __future__ import annotations

import logging

from sync_queue.manager import QueueManager

# Before this product existed (the first of January 2026) no job of it can have failed.
EPOCH = 1_767_225_600.0
# Two looks so far apart have to find a letter too old.
CONFIRM_SECONDS = 3600.0
DAY_SECONDS = 24 * 3600.0

log = logging.getLogger("plexsync.letters")


def clean_letters(manager: QueueManager, now: float, keep: float) -> float:
    """Delete the dead letters that are older than ``keep`` seconds, and were already too old at a
    look at least an hour ago, as the database remembers it; returns the seconds until the next.

    The clock of a NAS may start in 1970, or be years ahead for a moment. Letters from before the
    product existed get the time of now. Writes only when there is something to write.
    """
    if now > EPOCH and manager.dlq.has_older_than(EPOCH):
        with manager.transaction():
            manager.dlq.date_anew(EPOCH, now)
    before = now - keep
    last = manager.state.get("old_letters")
    seen_at, seen_before = (float(str(last.get(name, now))) for name in ("at", "before"))
    if not manager.dlq.has_older_than(before):
        if last:
            with manager.transaction():
                manager.state.drop("old_letters")
        return DAY_SECONDS
    if 0 < now - seen_at < CONFIRM_SECONDS:
        return CONFIRM_SECONDS
    with manager.transaction():
        gone = manager.dlq.delete_older_than(min(before, seen_before)) if seen_at < now else 0
        manager.state.put("old_letters", {"at": now, "before": before})
    if gone:
        log.info("%d old dead letters were deleted.", gone)
    return CONFIRM_SECONDS
