"""The daily copy of the database, which a rescue restores."""

from __future__ import annotations

import logging
import os
import shutil

from sync_queue import datadir
from sync_queue.database import whole_file
from sync_queue.manager import QueueManager
from sync_queue.trouble import TRANSLATED, DatabaseBusy, DatabaseFull, DatabaseUnwritable

# A little less than a day: a worker that looks once a day may look a moment earlier.
BETWEEN_SECONDS = 23 * 3600.0
# Free space that a copy must leave to everybody else.
SPARE_BYTES = 100_000_000
# The second is the weekly copy of version 1.0.
SUFFIXES = (".daily", ".weekly")

log = logging.getLogger("plexsync.queue")


def daily_path(database_path: str) -> str:
    """Where the copy of a database is kept."""
    return database_path + SUFFIXES[0]


def newest_copy(database_path: str) -> str:
    """The copy that there is of a database, "" without one."""
    paths = (database_path + suffix for suffix in SUFFIXES)
    return next((path for path in paths if os.path.exists(path)), "")


def copy_daily(manager: QueueManager, now: float) -> bool:
    """Copy the database when the last copy is a day old, space allows, and there is anything worth
    keeping. True when a copy was made.

    A copy from the future was made by a clock that jumped: it is replaced. Raises
    ``DatabaseDamaged`` when the copying found damage; after any other error the next day's copy
    has to do.
    """
    try:
        return copy_if_due(manager, now)
    except (DatabaseFull, DatabaseUnwritable, DatabaseBusy) as error:
        log.warning("There is no daily copy of the database this time. %s", error)
        return False


def copy_if_due(manager: QueueManager, now: float) -> bool:
    """``copy_daily`` with all errors."""
    path = manager.jobs.file
    target = daily_path(path)
    with TRANSLATED:
        if os.path.exists(target) and 0 <= now - os.stat(target).st_mtime < BETWEEN_SECONDS:
            return False
        if manager.connection.execute("SELECT 1 FROM scenes LIMIT 1").fetchone() is None:
            return False
        needed = sum(os.path.getsize(each) for each in (path, path + "-wal"))
        if shutil.disk_usage(os.path.dirname(path)).free < needed + SPARE_BYTES:
            log.warning("No daily copy of the database: the disk has too little free space.")
            return False
        make_copy(manager, target, now)
        remove(path + SUFFIXES[1])
    log.info("The daily copy of the database was made.")
    return True


def make_copy(manager: QueueManager, target: str, now: float) -> None:
    """Write the copy, whole or not at all."""
    with whole_file(target) as temporary:
        # As bytes: a file name need not be UTF-8.
        name = os.fsencode(temporary)
        manager.connection.execute("VACUUM INTO CAST(? AS TEXT)", (name,))
        os.utime(temporary, (now, now))


def remove(path: str) -> None:
    """Delete a file if it is there."""
    if os.path.exists(path):
        datadir.remove(path)
