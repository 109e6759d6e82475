"""SQLite's error codes as our errors, and transactions that leave no trace of a failure."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_queue.database import connect, transaction
from sync_queue.trouble import (
    Connection,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseReplaced,
    DatabaseUnwritable,
    translate_database_exception,
)
from validation.errors import QueueError
from worker.patience import Patience

KINDS = {
    "SQLITE_CORRUPT": DatabaseDamaged,
    "SQLITE_CORRUPT_INDEX": DatabaseDamaged,
    "SQLITE_NOTADB": DatabaseDamaged,
    "SQLITE_FULL": DatabaseFull,
    "SQLITE_READONLY": DatabaseUnwritable,
    "SQLITE_READONLY_DIRECTORY": DatabaseUnwritable,
    "SQLITE_READONLY_DBMOVED": DatabaseReplaced,
    "SQLITE_CANTOPEN": DatabaseUnwritable,
    "SQLITE_PERM": DatabaseUnwritable,
    "SQLITE_IOERR": DatabaseUnwritable,
    "SQLITE_IOERR_WRITE": DatabaseUnwritable,
    "SQLITE_IOERR_SHMSIZE": DatabaseUnwritable,
    "SQLITE_BUSY": DatabaseBusy,
    "SQLITE_BUSY_RECOVERY": DatabaseBusy,
    "SQLITE_LOCKED": DatabaseBusy,
    "SQLITE_PROTOCOL": DatabaseBusy,
}
# What only a mistake in our own SQL or calls can cause, and what no statement ends with.
OURS = {
    "SQLITE_ERROR",
    "SQLITE_INTERNAL",
    "SQLITE_ABORT",
    "SQLITE_NOMEM",
    "SQLITE_INTERRUPT",
    "SQLITE_NOTFOUND",
    "SQLITE_EMPTY",
    "SQLITE_SCHEMA",
    "SQLITE_CONSTRAINT",
    "SQLITE_MISMATCH",
    "SQLITE_MISUSE",
    "SQLITE_RANGE",
}


def sqlite_error(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("a message that says something else: database is locked")
    error.sqlite_errorname, error.sqlite_errorcode = name, getattr(sqlite3, name)
    return error


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_an_error_of_sqlite_is_recognised_by_its_code(name: str, kind: type[QueueError]) -> None:
    translated = translate_database_exception(sqlite_error(name))

    assert type(translated) is kind
    assert name in str(translated)
    assert "database is locked" not in str(translated)


def test_every_code_of_sqlite_is_either_in_the_table_or_a_mistake_of_ours() -> None:
    mistakes = {getattr(sqlite3, name) for name in OURS}

    for code in range(1, 27):
        error = sqlite3.OperationalError("any message")
        error.sqlite_errorcode, error.sqlite_errorname = code, "its name"
        translated = translate_database_exception(error)
        assert isinstance(translated, QueueError) != (code in mistakes), code


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DatabaseFull),
        (errno.EDQUOT, DatabaseFull),
        (errno.EACCES, DatabaseUnwritable),
        (errno.EROFS, DatabaseUnwritable),
        (errno.EIO, DatabaseUnwritable),
    ],
)
def test_an_error_of_the_file_system_is_recognised_by_its_number(
    number: int, kind: type[QueueError]
) -> None:
    assert type(translate_database_exception(OSError(number, "whatever"))) is kind


def test_a_mistake_in_our_own_sql_is_not_translated(database: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError):
        database.execute("SELECT * FROM nowhere")
    with pytest.raises(sqlite3.IntegrityError):
        database.execute("INSERT INTO facts VALUES (1, 'a'), (1, 'b')")


def test_text_that_is_no_utf_8_is_damage(database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO facts VALUES (1, CAST(x'fffe' AS TEXT))")

    rows = database.execute("SELECT * FROM facts")
    with pytest.raises(DatabaseDamaged):
        rows.fetchall()


def test_a_locked_database_is_busy_and_the_cause_is_kept(tmp_path: Path) -> None:
    path = str(tmp_path / "data.db")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE facts (x)")
    other.execute("BEGIN EXCLUSIVE")
    ours = sqlite3.connect(path, timeout=0.0, factory=Connection)

    with pytest.raises(DatabaseBusy) as raised:
        ours.execute("SELECT * FROM facts")

    assert isinstance(raised.value.__cause__, sqlite3.OperationalError)
    ours.close()
    other.close()


def test_a_commit_that_fails_is_rolled_back_and_the_next_transaction_works(
    tmp_path: Path,
) -> None:
    database = connect(str(tmp_path / "data.db"), 1.0)
    database.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
    database.execute(
        "CREATE TABLE children (parent REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)"
    )
    database.execute("PRAGMA foreign_keys = ON")

    with pytest.raises(sqlite3.IntegrityError), transaction(database):
        database.execute("INSERT INTO children VALUES (7)")  # refused only by the COMMIT

    with transaction(database):
        database.execute("INSERT INTO parents VALUES (1)")
    assert database.execute("SELECT count(*) FROM children").fetchone() == (0,)
    database.close()


def test_an_error_after_which_sqlite_has_rolled_back_itself_is_not_hidden(
    database: sqlite3.Connection,
) -> None:
    with pytest.raises(sqlite3.IntegrityError), transaction(database):
        database.execute("INSERT INTO facts VALUES (1, 'a')")
        database.execute("INSERT OR ROLLBACK INTO facts VALUES (1, 'b')")

    assert database.execute("SELECT count(*) FROM facts").fetchone() == (0,)


def test_trouble_is_waited_out_5_seconds_at_first_and_a_minute_at_most(
    caplog: pytest.LogCaptureFixture,
) -> None:
    patience = Patience()
    waits = [patience.wait(DatabaseFull("The disk is full.")) for _ in range(40)]

    assert waits[:6] == [5, 10, 20, 40, 60, 60]
    assert waits[-1] == 60
    assert caplog.messages == ["The disk is full."]


def test_damage_is_mended_at_once_and_later_when_it_comes_again() -> None:
    patience = Patience()

    assert [patience.wait(DatabaseDamaged("Damaged.")) for _ in range(3)] == [0, 10, 20]


def test_a_database_error_that_is_over_is_reported_as_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    patience = Patience()
    patience.wait(DatabaseFull("The disk is full."))
    patience.over()
    patience.over()

    assert patience.wait(DatabaseFull("The disk is full.")) == 5
    assert caplog.messages == [
        "The disk is full.",
        "The queue's database works again.",
        "The disk is full.",
    ]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(str(tmp_path / "data.db"), 1.0)
    opened.execute("CREATE TABLE facts (id INTEGER PRIMARY KEY, text TEXT)")
    yield opened
    opened.close()
