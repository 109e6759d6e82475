"""The weekly copy of the database: what a rescue fills gaps of the ledger from."""

from __future__ import annotations

import logging
import os
import shutil
import time

from sync_queue import datadir
from sync_queue.manager import QueueManager
from sync_queue.trouble import TRANSLATED, DatabaseBusy, DatabaseFull, DatabaseUnwritable

WEEK_SECONDS = 7 * 24 * 3600.0
# Free space that a copy must leave to everybody else.
SPARE_BYTES = 100_000_000

log = logging.getLogger("plexsync.queue")


def weekly_path(database_path: str) -> str:
    """Where the copy of a database is kept."""
    return database_path + ".weekly"


def copy_date(copy: str) -> str:
    """The day of a copy, as ``2026-11-21`` in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(os.stat(copy).st_mtime))


def copy_weekly(manager: QueueManager, now: float) -> bool:
    """Copy the database when the last copy is a week old, space allows, and there is a ledger to
    be kept. True when a copy was made.

    A copy from the future was made by a clock that jumped: it is replaced. Raises
    ``DatabaseDamaged`` when the copying found damage; all other trouble waits for another day.
    """
    try:
        return copy_if_due(manager, now)
    except (DatabaseFull, DatabaseUnwritable, DatabaseBusy) as error:
        log.warning("There is no weekly copy of the database this time. %s", error)
        return False


def copy_if_due(manager: QueueManager, now: float) -> bool:
    """``copy_weekly`` with all troubles."""
    path = manager.queue.file
    target = weekly_path(path)
    with TRANSLATED:
        if os.path.exists(target) and 0 <= now - os.stat(target).st_mtime < WEEK_SECONDS:
            return False
        if manager.connection.execute("SELECT 1 FROM ledger LIMIT 1").fetchone() is None:
            return False
        needed = sum(os.path.getsize(each) for each in (path, path + "-wal"))
        if shutil.disk_usage(os.path.dirname(path)).free < needed + SPARE_BYTES:
            log.warning("No weekly copy of the database: the disk has too little free space.")
            return False
        temporary = target + datadir.UNFINISHED
        if os.path.exists(temporary):
            os.remove(temporary)
        # SQLite fills an empty file that is there, and leaves its mode (0600) alone.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            manager.connection.execute("VACUUM INTO ?", (temporary,))
            sync_file(temporary)
            os.utime(temporary, (now, now))
            os.replace(temporary, target)
        except BaseException:
            os.remove(temporary)
            raise
        datadir.sync_directory(os.path.dirname(target))
    log.info("The weekly copy of the database was made.")
    return True


def sync_file(path: str) -> None:
    """Make a file's content durable."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
