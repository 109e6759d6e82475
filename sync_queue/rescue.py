"""Bringing back a database that is damaged, deleted or empty. Never silently emptied.

The damaged file goes to a directory of its own first, where it stays until a sound database with
all that could be read is ready to take its place: a kill at any moment only repeats the rescue.
Meanwhile there is no database, and hooks write spool files.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import time
from contextlib import closing

from sync_queue import datadir, schema
from sync_queue.damaged_file import SUFFIXES, move, open_damaged, remove
from sync_queue.database import empty_log, read_only
from sync_queue.manager import QueueManager
from sync_queue.rescue_report import STATE, Rescue
from sync_queue.salvage import Saved, salvage, salvaged_tables
from sync_queue.trouble import (
    TRANSLATED,
    DatabaseDamaged,
    DatabaseGone,
    DatabaseReplaced,
    damaged,
)
from sync_queue.weekly import copy_date, weekly_path
from validation.errors import QueueError

RESCUE_DIR = "rescue"
MARK = ".damaged-"
READY = "ready.db"
KEPT_DAMAGED_FILES = 3
# A hook that had the file open finishes within half a second; its event is then in the file.
GRACE_SECONDS = 1.0
BUSY_SECONDS = 10.0
# So long Status tells of a rescue.
NEWS_SECONDS = 30 * 24 * 3600.0

log = logging.getLogger("plexsync.queue")


def open_queue(data_dir: str, *, grace: float = GRACE_SECONDS) -> QueueManager:
    """Open the database, bringing it back first if it is damaged, empty or half rescued.

    Only for the holder of the worker's lock. Raises ``QueueError`` for all other trouble.
    """
    finish(data_dir)
    try:
        if is_lost(datadir.database_path(data_dir)):
            raise damaged("no file, or an empty one")
        manager = QueueManager(data_dir)
    except DatabaseDamaged as error:
        log.error("%s", error)
        rebuild(data_dir, grace=grace)
        manager = QueueManager(data_dir)
    forget_old_news(manager, time.time())
    return manager


def is_lost(path: str) -> bool:
    """Whether there was a database once, as its weekly copy shows, and nothing is left of it."""
    if not os.path.exists(weekly_path(path)):
        return False
    if not os.path.exists(path):
        return True
    with closing(read_only(path, BUSY_SECONDS)) as database:
        found = database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (schema.JOBS,))
        return found.fetchone() is None


def rebuild(data_dir: str, *, grace: float = GRACE_SECONDS) -> None:
    """Set the damaged database aside and put a sound one with its rows in its place.

    Nobody may have it open in this process. Raises ``QueueError`` when that is not possible now;
    ``open_queue`` then goes on with it.
    """
    place = os.path.join(data_dir, RESCUE_DIR)
    path = datadir.database_path(data_dir)
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    with TRANSLATED:
        datadir.make_private(place)
        move(path, os.path.join(place, datadir.DATABASE + MARK + now))
    time.sleep(grace)
    finish(data_dir)


def rewrite(manager: QueueManager) -> None:
    """Write a database that was deleted while open again from what is open, and close that.

    Raises ``QueueError`` when that is not possible now; then it is still open.
    """
    with TRANSLATED:
        datadir.make_private(os.path.join(manager.data_dir, RESCUE_DIR))
        build(manager.data_dir, manager.connection, "was deleted while it was in use")
        manager.queue.close()  # takes the -wal at the path with it: before a new file is there
    finish(manager.data_dir)


def finish(data_dir: str) -> None:
    """Go on with a rescue that was begun, now or before a kill; without one do nothing.

    Raises ``QueueError`` when that is not possible now.
    """
    place = os.path.join(data_dir, RESCUE_DIR)
    if not os.path.isdir(place):
        return
    path = datadir.database_path(data_dir)
    ready = os.path.join(place, READY)
    with TRANSLATED:
        aside = set_aside_in(place)
        if aside:
            move(path, os.path.join(place, aside))  # a kill may have come between its files
        if not os.path.exists(ready):
            if aside:
                with open_damaged(os.path.join(place, aside)) as source:
                    build(data_dir, source, "was damaged", aside)
            elif not os.path.exists(path):
                build(data_dir, None, "was missing")
        if os.path.exists(ready):
            if aside:
                move(os.path.join(place, aside), os.path.join(os.path.dirname(path), aside))
            put_in_place(ready, path)
        shutil.rmtree(place)


def put_in_place(ready: str, path: str) -> None:
    """Make ``ready`` the database, without leftovers of another that SQLite would mix in."""
    for suffix in SUFFIXES:
        remove(path + suffix)
    os.replace(ready, path)
    directory = os.path.dirname(path)
    datadir.sync_directory(directory)
    kept = sorted(name for name in os.listdir(directory) if is_damaged_file(name))
    for name in kept[:-KEPT_DAMAGED_FILES]:
        for suffix in SUFFIXES:
            remove(os.path.join(directory, name + suffix))


def build(data_dir: str, source: sqlite3.Connection | None, cause: str, kept: str = "") -> None:
    """A sound database with the rows of ``source``, the others from the weekly copy. It appears
    whole, under the name that ``finish`` looks for, or not at all.
    """
    place = os.path.join(data_dir, RESCUE_DIR)
    building = os.path.join(place, "building")
    if os.path.exists(building):
        shutil.rmtree(building)
    copy = weekly_path(datadir.database_path(data_dir))
    with QueueManager(building) as fresh:
        with fresh.transaction():
            rescue = take_over(fresh, source, copy, cause, kept)
            fresh.state.put(STATE, {"at": time.time(), **rescue.as_doc()})
            fresh.state.drop("woken")  # a place in the file index, which begins anew
            fresh.state.set_notice("")
            fresh.state.set_notice(rescue.sentence())
        empty_log(fresh.connection)  # closing would do it too, and not say that the disk is full
    os.replace(datadir.database_path(building), os.path.join(place, READY))
    log.error("%s", rescue.sentence())
    log.error("%s", rescue.details())


def take_over(
    fresh: QueueManager, source: sqlite3.Connection | None, copy: str, cause: str, kept: str
) -> Rescue:
    """Fill a fresh database within the caller's transaction, and say with what."""
    tables = salvaged_tables(fresh.connection)
    if source is None:
        saved = tuple(Saved(table, 0, False) for table in tables)
    else:
        saved = salvage(source, fresh.connection, tables)
    gaps = [each.table for each in saved if not each.whole]
    if not gaps or not os.path.exists(copy):
        return Rescue(cause, kept, saved, (), "")
    with closing(read_only(copy, BUSY_SECONDS)) as older:
        filled = salvage(older, fresh.connection, gaps)
    return Rescue(cause, kept, saved, filled, copy_date(copy))


def mend(manager: QueueManager, trouble: QueueError) -> None:
    """Put right what opening the database anew alone would not, and close it. Raises ``trouble``
    where there is nothing to be done, and ``QueueError`` when that is not possible now.
    """
    if isinstance(trouble, DatabaseGone):
        rewrite(manager)
    elif isinstance(trouble, DatabaseReplaced):
        make_way(manager)
    elif isinstance(trouble, DatabaseDamaged):
        manager.queue.close()
        rebuild(manager.data_dir)
    else:
        raise trouble


def make_way(manager: QueueManager) -> int:
    """Close a database whose place another file has taken. Its unsettled jobs go to spool files,
    which that other takes in; returns how many.

    Raises ``QueueError`` when that is not possible now; then it is still open.
    """
    count = spool_jobs(manager)
    empty_log(manager.connection)
    manager.queue.close()
    with TRANSLATED:
        for suffix in SUFFIXES[1:]:  # ours, and poison to the other
            remove(manager.queue.file + suffix)
    return count


def spool_jobs(manager: QueueManager) -> int:
    """Write every unsettled job to a spool file; returns how many."""
    directory = os.path.join(manager.data_dir, datadir.SPOOL_DIR)
    connection = manager.stash_connection()
    rows = manager.connection.execute(
        f"SELECT _id, CAST(data AS TEXT), version FROM {schema.JOBS} WHERE status < {schema.DONE}"
    ).fetchall()
    with TRANSLATED:
        datadir.make_private(directory)
        for number, job, version in rows:
            doc = {"version": 1, "job": json.loads(job), "code": version, "connection": connection}
            name = f"{time.time_ns():020d}-moved-{number}.json"
            datadir.write_private(os.path.join(directory, name), json.dumps(doc).encode())
    return len(rows)


def forget_old_news(manager: QueueManager, now: float) -> None:
    """Take back the notice of a rescue once it was said in Stash's log, and what Status tells of
    it after a month.
    """
    news = manager.state.get(STATE)
    if not news:
        return
    row = manager.connection.execute(
        "SELECT said_at FROM notice WHERE sentence = ?", (news["sentence"],)
    ).fetchone()
    with manager.transaction():
        if row and row[0] > 0:
            manager.state.set_notice("")
        if not 0 <= now - float(str(news["at"])) < NEWS_SECONDS:
            manager.state.drop(STATE)


def set_aside_in(place: str) -> str:
    """The name of the damaged file that is being rescued, "" when there is none."""
    return next((name for name in os.listdir(place) if is_damaged_file(name)), "")


def is_damaged_file(name: str) -> bool:
    """Whether this is a database that was set aside, and not its -wal or -shm."""
    return name.startswith(datadir.DATABASE + MARK) and not name.endswith(SUFFIXES[1:])
