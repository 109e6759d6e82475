"""A database that is damaged or lost: set it aside, restore its daily copy, or start empty.

Waiting jobs and the user's decisions (pins, ignores) are copied from the damaged file as far as it
can be read. A kill at any moment only repeats the rescue: the damaged file keeps the name
``PENDING`` until another database is in its place. Hooks write spool files meanwhile.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from contextlib import closing

from sync_queue import datadir, losses, starts
from sync_queue.daily import newest_copy, remove
from sync_queue.database import empty_log
from sync_queue.manager import QueueManager
from sync_queue.notices import Cause
from sync_queue.reading import read_only, version_of
from sync_queue.rescued_rows import copy_readable_rows
from sync_queue.state import Restored
from sync_queue.trouble import TRANSLATED, DatabaseDamaged, damaged

RESCUE_DIR = "rescue"
PENDING = "data.db.pending"
MARK = "data.db.damaged-"
BUILDING = "building"
# The files of a database: itself, its log, and the log's index.
SUFFIXES = ("", "-wal", "-shm")
KEPT_DAMAGED_FILES = 3
# A hook that had the file open finishes within half a second; its event is then in the file.
GRACE_SECONDS = 1.0
BUSY_SECONDS = 10.0

log = logging.getLogger("plexsync.queue")


def open_queue(data_dir: str, *, grace: float = GRACE_SECONDS) -> QueueManager:
    """Open the database; restore it first if it is damaged or lost, or finish a restoration.

    Only for the holder of the worker's lock: a worker that comes so far can start. Raises
    ``QueueError`` for all other errors.
    """
    finish(data_dir)
    path = datadir.database_path(data_dir)
    try:
        if not version_of(path, BUSY_SECONDS) and newest_copy(path):
            raise damaged("no file, or an empty one")
        manager = QueueManager(data_dir)
    except DatabaseDamaged as error:
        log.error("%s", error)
        restore(data_dir, grace=grace)
        manager = QueueManager(data_dir)
    starts.clear(data_dir)
    losses.tell(manager)
    return manager


def restore(data_dir: str, *, grace: float = GRACE_SECONDS) -> None:
    """Set the damaged database aside and put its daily copy, or an empty one, in its place.

    It must not be open in this process. Raises ``QueueError`` when that is not possible now;
    ``open_queue`` then finishes it.
    """
    place = os.path.join(data_dir, RESCUE_DIR)
    path = datadir.database_path(data_dir)
    with TRANSLATED:
        datadir.make_private(place)
        if os.path.exists(path):
            move(path, os.path.join(place, PENDING))
            time.sleep(grace)
        else:
            put_in_place(data_dir, "was missing")
    finish(data_dir)


def finish(data_dir: str) -> None:
    """Finish a rescue that was begun, now or before a kill; without one do nothing.

    Raises ``QueueError`` when that is not possible now.
    """
    place = os.path.join(data_dir, RESCUE_DIR)
    path, pending = datadir.database_path(data_dir), os.path.join(place, PENDING)
    with TRANSLATED:
        if not os.path.exists(pending):
            return
        if not os.path.exists(path):
            move(path, pending)  # a kill may have left its log behind
            put_in_place(data_dir, "was damaged", pending)
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        for suffix in reversed(SUFFIXES):  # the file itself last: it shows that there is work left
            if os.path.exists(pending + suffix):
                datadir.replace(pending + suffix, os.path.join(place, MARK + date + suffix))
        kept = sorted(name for name in os.listdir(place) if is_damaged_file(name))
        for name in kept[:-KEPT_DAMAGED_FILES]:
            for suffix in SUFFIXES:
                remove(os.path.join(place, name + suffix))


def put_in_place(data_dir: str, cause: str, pending: str = "") -> None:
    """Build a sound database beside the rows of ``pending``, and put it where it belongs."""
    path = datadir.database_path(data_dir)
    building = os.path.join(data_dir, RESCUE_DIR, BUILDING)
    shutil.rmtree(building, ignore_errors=True)
    copy = newest_copy(path)
    manager, copied_at = open_copy(building, copy)
    with manager:
        with manager.transaction():
            saved = take_over(manager, pending) if pending else ""
            sentence = sentence_of(cause, copied_at, saved, pending)
            manager.state.save(Restored(time.time(), copied_at, sentence))
            manager.notices.set(Cause.RESTORED, sentence)
        empty_log(manager.connection)  # closing would do it too, and hide that the disk is full
    for suffix in SUFFIXES[1:]:  # leftovers that SQLite would mix in
        remove(path + suffix)
    datadir.replace(datadir.database_path(building), path)
    datadir.sync_directory(os.path.dirname(path))
    shutil.rmtree(building)
    log.error("%s", sentence)


def open_copy(building: str, copy: str) -> tuple[QueueManager, float]:
    """The database that is to be: the copy if it is sound, with its time, else an empty one."""
    if copy:
        target = datadir.database_path(building)
        datadir.make_private(os.path.dirname(target))
        shutil.copyfile(copy, target)
        os.chmod(target, 0o600)
        try:
            manager = QueueManager(building)
            if manager.connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                return manager, os.stat(copy).st_mtime
            manager.close()
        except DatabaseDamaged:
            log.warning("The copy of the database cannot be read either.")
        shutil.rmtree(building)
    return QueueManager(building), 0.0


def take_over(manager: QueueManager, pending: str) -> str:
    """Copy what can be read of the damaged file; returns what that was, in words."""
    try:
        with closing(read_only(pending, BUSY_SECONDS)) as source:
            return copy_readable_rows(source, manager)
    except (DatabaseDamaged, sqlite3.Error):
        return "nothing"


def sentence_of(cause: str, copied_at: float, saved: str, pending: str) -> str:
    """Describe the event and the user's next step."""
    if copied_at:
        date = time.strftime("%Y-%m-%d", time.gmtime(copied_at))
        then, task = f"its copy of {date} was restored", "Sync Changed Scenes"
    else:
        then, task = "PlexSync started with an empty one", "Sync All Scenes"
    said = [f"PlexSync's database {cause}: {then}."]
    if pending:
        said.append(f"Read from the damaged file, which is kept in {RESCUE_DIR}/: {saved}.")
        said.append("Check the disk for errors.")
    else:
        said.append("To start from nothing, delete that copy as well.")
    return " ".join([*said, f"Run {task}."])


def move(source: str, target: str) -> None:
    """Move a database with its -wal and -shm; an existing target stays. 0600 from now on."""
    for suffix in SUFFIXES:
        if os.path.exists(source + suffix) and not os.path.exists(target + suffix):
            datadir.replace(source + suffix, target + suffix)
            os.chmod(target + suffix, 0o600)


def is_damaged_file(name: str) -> bool:
    """Whether this is a database that was set aside, and not its -wal or -shm."""
    return name.startswith(MARK) and not name.endswith(SUFFIXES[1:])
