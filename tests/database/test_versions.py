"""Files of other versions: older ones are taken along, newer ones are left alone."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest
from persistqueue import SQLiteAckQueue
from persistqueue.serializers import json as json_serializer

from sync_queue import rescue, schema
from sync_queue.manager import SCHEMA_VERSION
from sync_queue.trouble import DatabaseTooNew
from tests.database import stock
from tests.database.stock import NOON


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
        claimed = manager.get_pending(NOON, 10)

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
        claimed = manager.get_pending(NOON, 1000)
        assert manager.letters.count() == 0

    assert len(claimed) == stock.JOBS
    assert {(leased.attempts, leased.interrupted) for leased in claimed} == {(0, 0)}


def test_rows_of_an_older_damaged_file_get_the_defaults_of_new_columns(tmp_path: Path) -> None:
    stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    with sqlite3.connect(path) as database:
        database.execute(f"ALTER TABLE {schema.JOBS} DROP COLUMN interrupted")
    database.close()
    stock.overwrite(path, stock.page_of(path, b"Title 200"), 1)

    rescue.rebuild(str(tmp_path), grace=0.0)
    with rescue.open_queue(str(tmp_path)) as manager:
        claimed = manager.get_pending(NOON, 1000)

    assert len(claimed) == stock.JOBS
    assert {leased.interrupted for leased in claimed} == {0}
