"""Files of other versions: older ones are taken along, newer ones are left alone."""

from __future__ import annotations

import hashlib
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from persistqueue import SQLiteAckQueue
from persistqueue.serializers import json as json_serializer

from sync_queue import producer, rescue, schema
from sync_queue.schema import SCHEMA_VERSION
from sync_queue.state import SweepNote
from sync_queue.trouble import DatabaseTooNew
from tests.database import stock
from tests.database.stock import NOON
from validation.records import Pin


def fingerprint(data_dir: Path) -> str:
    """What the database file consists of, to the byte."""
    return hashlib.sha256(stock.database_file(data_dir).read_bytes()).hexdigest()


def make_newer(data_dir: Path) -> None:
    """Let it be written by code that knows more."""
    stock.make(data_dir)
    with sqlite3.connect(stock.database_file(data_dir)) as database:
        database.execute("DROP INDEX job_due")
        database.execute("CREATE TABLE of_the_future (x)")
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()


def test_a_newer_database_is_refused_and_stays_as_it_is_to_the_byte(tmp_path: Path) -> None:
    make_newer(tmp_path)
    before = fingerprint(tmp_path)

    for _ in range(2):
        with pytest.raises(DatabaseTooNew, match="Update the plugin"):
            rescue.open_queue(str(tmp_path))

    assert fingerprint(tmp_path) == before
    assert stock.set_aside(tmp_path) == []


def test_a_newer_database_is_refused_when_only_its_log_says_so(tmp_path: Path) -> None:
    stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    newer = sqlite3.connect(path, isolation_level=None)
    newer.execute("PRAGMA wal_autocheckpoint = 0")
    newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    log = Path(f"{path}-wal").read_bytes()
    before = fingerprint(tmp_path)

    with pytest.raises(DatabaseTooNew):
        rescue.open_queue(str(tmp_path))

    assert (fingerprint(tmp_path), Path(f"{path}-wal").read_bytes()) == (before, log)
    newer.close()


def test_a_newer_database_that_is_damaged_is_not_rebuilt_by_older_code(tmp_path: Path) -> None:
    make_newer(tmp_path)
    path = stock.database_file(tmp_path)
    stock.overwrite(path, stock.page_count(path) - 2, 2)
    before = fingerprint(tmp_path)

    with pytest.raises(DatabaseTooNew):
        rescue.open_queue(str(tmp_path))

    assert fingerprint(tmp_path) == before


def test_a_database_from_before_the_first_version_is_migrated_with_its_jobs(
    tmp_path: Path,
) -> None:
    path = stock.database_file(tmp_path)
    path.parent.mkdir(parents=True)
    queue = SQLiteAckQueue(
        str(path.parent), serializer=json_serializer, db_file_name=path.name, auto_resume=False
    )
    for number in (1, 2):
        queue.put(stock.job(number).as_json())
    queue.close()

    with rescue.open_queue(str(tmp_path)) as manager:
        version = manager.connection.execute("PRAGMA user_version").fetchone()
        claimed = manager.jobs.claim(NOON, 10)

    assert version == (SCHEMA_VERSION,)
    assert [leased.job.scene_id for leased in claimed] == [1, 2]


def test_a_table_that_lacks_columns_gets_them_with_their_defaults(tmp_path: Path) -> None:
    stock.make(tmp_path)
    with sqlite3.connect(stock.database_file(tmp_path)) as database:
        for name, _ in schema.EXTRA_COLUMNS:
            if name not in ("key", "due", "prio"):
                database.execute(f"ALTER TABLE {schema.JOBS} DROP COLUMN {name}")
        database.execute("DROP TABLE dead_letters")
        database.execute("PRAGMA user_version = 0")
    database.close()

    with rescue.open_queue(str(tmp_path)) as manager:
        claimed = manager.jobs.claim(NOON, 1000)
        assert manager.letters.count() == 0

    assert len(claimed) == stock.JOBS
    assert {leased.attempts for leased in claimed} == {0}


def test_a_database_of_version_1_is_migrated_with_all_that_it_holds(tmp_path: Path) -> None:
    path = stock.make_version_1(tmp_path)
    with rescue.open_queue(str(tmp_path)) as manager:
        (leased,) = manager.jobs.claim(NOON, 10)
        letter = manager.letters.get_by_key("scene:8")
        assert letter is not None
        assert letter.reason == "refused_by_plex"
        assert "PlexPermanentError" in letter.stack_trace
        server = stock.SERVER_OF_VERSION_1
        entry = manager.ledger.entry(server, 1)
        assert entry is not None
        assert (entry.scene_id, entry.file) == (1, "/media/videos/Everything.mp4")
        assert [entry.scene_id for entry in manager.ledger.unread_entries(server)] == [14]
        pin = manager.scenes.pin_of_scene(server, 5)
        assert pin == Pin(server, 6, 5, "/mnt/films/b/Pinned.mp4")
        assert manager.scenes.is_ignored(4)
        assert manager.scenes.parked_scenes([("/elsewhere/Parked.mp4", 5)]) == [7]
        assert manager.state.load(SweepNote) == SweepNote(1_798_761_600.0, 1_798_761_300.0)
        assert manager.stash_connection()["server_connection"]
    assert (leased.job.scene_id, leased.job.enqueued_at) == (12, 1_798_765_922.0)
    assert stock.set_aside(tmp_path) == []
    assert path.exists()


@pytest.mark.posix
def test_a_migration_copies_the_older_database_first(tmp_path: Path) -> None:
    path = stock.make_version_1(tmp_path)
    before = rows_of(path)
    rescue.open_queue(str(tmp_path)).jobs.close()
    copy = Path(f"{path}.v1")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert rows_of(copy) == before
    assert rows_of(path) != before
    rescue.open_queue(str(tmp_path)).jobs.close()  # once is enough
    assert rows_of(copy) == before


def rows_of(path: Path) -> list[str]:
    """What a database consists of, as SQL, with its version."""
    with closing(sqlite3.connect(path)) as database:
        return [str(database.execute("PRAGMA user_version").fetchone()), *database.iterdump()]


MIGRATE_AND_DIE = """
import os, sys
from sync_queue.database import connect
from sync_queue.migrations import migrate

database, left = connect(sys.argv[1], 1.0), [int(sys.argv[2])]

def count(statement):
    left[0] -= 1
    if left[0] == 0:
        os._exit(9)

database.set_trace_callback(count)
migrate(database, sys.argv[1])
"""


def test_a_migration_that_is_killed_at_any_statement_is_repeated(tmp_path: Path) -> None:
    path = stock.make_version_1(tmp_path / "whole")
    rescue.open_queue(str(tmp_path / "whole")).jobs.close()
    whole = rows_of(path)
    path = stock.make_version_1(tmp_path / "killed")
    before, statement, died = rows_of(path), 0, True
    while died:
        statement += 1
        run = subprocess.run([sys.executable, "-c", MIGRATE_AND_DIE, str(path), str(statement)])
        died = run.returncode == 9
        assert rows_of(path) == (before if died else whole)
    assert statement > 5


def test_a_hook_of_this_version_stores_its_event_in_a_database_of_version_1(
    tmp_path: Path,
) -> None:
    path = stock.make_version_1(tmp_path)
    record = {
        "key": "scene:5",
        "scene_id": 5,
        "update_type": "x",
        "connection": "{}",
        "now": NOON,
    }
    assert producer.put(str(path), record, say=print)
    producer.LEFT_OPEN.pop().close()
    with rescue.open_queue(str(tmp_path)) as manager:
        assert 5 in [leased.job.scene_id for leased in manager.jobs.claim(NOON, 9)]
