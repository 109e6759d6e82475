"""Storing one event durably: an upsert, or a spool file when the database cannot take it.

Standard library only. The hook's connection uses ``synchronous=FULL``: an edit that a hook has
confirmed survives a power cut. The worker uses ``NORMAL``, which can lose a lease or a settled
state there (a repeated sync) but never an event.
"""

from __future__ import annotations

import os
import time

from sync_queue import datadir, schema
from sync_queue.light_sqlite import file_uri, sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs a hook more than everything else
    from collections.abc import Callable, Mapping

# How long a save may wait for a database that another process is writing.
BUSY_SECONDS = 0.5
# The last connection to close would write the log back into the database while a user waits.
LEFT_OPEN: list[sqlite3.Connection] = []

MAKE_JOB = """
SELECT json_object('scene_id', :scene_id, 'update_type', :update_type, 'job_key', :key)
"""

# The most important notice, at most one an hour whatever its cause. A clock that jumped back
# keeps no notice silent; hooks at the same moment differ by less than a minute. The count is made
# only when it is logged.
DUE_NOTICE = f"""
SELECT cause,
    replace(sentence, '{{waiting}}', (SELECT count(*) FROM {schema.JOBS} WHERE {schema.WAITS}))
FROM notice
WHERE NOT EXISTS (SELECT 1 FROM notice WHERE :now BETWEEN said_at - 60 AND said_at + 3600)
ORDER BY prio DESC LIMIT 1
"""


def store(data_dir: str, record: Mapping[str, object], say: Callable[..., None]) -> None:
    """Store one event in the queue, or in a file. Raises ``OSError`` if neither works.

    ``record`` has ``key`` and ``scene_id`` of the job, ``update_type`` (the hook's name),
    ``connection`` (JSON text) and ``now`` (epoch seconds).

    ``say(level, line)`` writes to Stash's log. Lines go out before a write to disk: a line written
    just before a process ends may be lost.
    """
    path = datadir.database_path(data_dir)
    before = files_of(path)
    try:
        stored = is_whole(before) and put(path, record, say) and not replaced(before, path)
    except sqlite3.Error as error:
        say("w", f"The queue's database did not answer ({error}); the edit waits in a file.")
        stored = False
    if not stored:
        spool(data_dir, record)


def files_of(path: str) -> list[int]:
    """The numbers of a database's files: itself, its log and the log's index; 0 = none."""
    return [number_of(path + suffix) for suffix in ("", "-wal", "-shm")]


def number_of(path: str) -> int:
    """The number by which the file system knows a file; 0 = it cannot be reached."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


def is_whole(files: list[int]) -> bool:
    """Whether a database is there, and of its companions both or none. SQLite would make a missing
    one, while a worker uses the one that was removed: neither would see what the other commits.
    """
    database, log, index = files
    return database != 0 and bool(log) == bool(index)


def replaced(before: list[int], path: str) -> bool:
    """Whether a file that was there is gone, or another one."""
    return any(then not in (0, now) for then, now in zip(before, files_of(path), strict=True))


def put(path: str, record: Mapping[str, object], say: Callable[..., None]) -> bool:
    """One transaction: the job, and Stash's newest address and session.

    False while the first worker is still creating the tables.
    """
    database = sqlite3.connect(  # mode=rw: only a worker creates the database
        file_uri(path, "rw"), uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    LEFT_OPEN.append(database)
    values = job_values(database, record)
    database.execute("PRAGMA synchronous = FULL")
    database.execute("BEGIN IMMEDIATE")
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    if version >= schema.NOTICES_SINCE:
        deliver_notice(database, values, say)
        database.execute(schema.TAKE_UP, values)
    if version > 0:
        database.execute(schema.PUT_JOB, values)
        database.execute(schema.PUT_CONNECTION, values)
    database.execute("COMMIT")
    return version > 0


def tell(data_dir: str, connection: str, now: float) -> None:
    """Store Stash's newest address and session (JSON text) alone, if there is a database that takes
    it: the next hook or task tells it again.
    """
    try:
        database = sqlite3.connect(
            file_uri(datadir.database_path(data_dir), "rw"),
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
        )
        LEFT_OPEN.append(database)
        database.execute(schema.PUT_CONNECTION, {"connection": connection, "now": now})
    except sqlite3.Error:
        return


def job_values(database: sqlite3.Connection, record: Mapping[str, object]) -> dict[str, object]:
    """The parameters of ``PUT_JOB`` and ``PUT_CONNECTION`` for a record."""
    job = database.execute(MAKE_JOB, record).fetchone()[0]
    return {**record, "job": job, "due": 0.0, "prio": 0}


def deliver_notice(
    database: sqlite3.Connection, values: Mapping[str, object], say: Callable[..., None]
) -> None:
    """Log a standing problem where users look, at most once an hour."""
    row = database.execute(DUE_NOTICE, values).fetchone()
    if row is None:
        return
    cause, sentence = row
    said = {"now": values["now"], "cause": cause}
    database.execute("UPDATE notice SET said_at = :now WHERE cause = :cause", said)
    say("w", sentence)


def spool(data_dir: str, record: Mapping[str, object]) -> str:
    """Write the event to a file (0600, durable) that the worker takes in; returns its path."""
    directory = os.path.join(data_dir, datadir.SPOOL_DIR)
    datadir.make_private(directory)
    reader = sqlite3.connect(":memory:")
    values = job_values(reader, record)
    text = reader.execute(
        "SELECT json_object('version', 1, 'job', json_set(:job, '$.enqueued_at', :now),"
        " 'connection', json(:connection))",
        values,
    ).fetchone()[0]
    reader.close()
    path = os.path.join(directory, f"{time.time_ns():020d}-{os.getpid()}.json")
    datadir.write_private(path, text.encode("utf-8", "replace"))
    return path
