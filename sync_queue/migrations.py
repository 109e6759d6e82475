"""From one version of the schema to the next: in one transaction, after a copy was made."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing

from sync_queue import dlq, index_store, ledger, plays, scenes, schema, state
from sync_queue.database import transaction, whole_file
from sync_queue.schema import SCHEMA_VERSION
from sync_queue.trouble import TRANSLATED

Step = str | Callable[[sqlite3.Connection], None]

TABLES = (
    schema.CREATE_CONNECTION,
    schema.CREATE_NOTICE,
    *dlq.CREATE,
    *state.CREATE,
    *scenes.CREATE,
    *ledger.CREATE,
    *index_store.CREATE,
    *plays.CREATE,
)


def make_jobs_table(database: sqlite3.Connection) -> None:
    """Create the jobs table, or give one of the stock library our columns."""
    database.execute(schema.CREATE_JOBS.format(table_name=schema.JOBS, key_column="_id"))
    present = {row[1] for row in database.execute(f"PRAGMA table_info({schema.JOBS})")}
    for name, declaration in schema.EXTRA_COLUMNS:
        if name not in present:
            database.execute(f"ALTER TABLE {schema.JOBS} ADD COLUMN {name} {declaration}")
    for statement in schema.CREATE_INDEXES:
        database.execute(statement)


# Version 1 knew a pin by the item alone. The file is the one that ledger or index had for it then;
# a pin without any asks the user again.
_PINS = """
INSERT OR REPLACE INTO pins (server, rating_key, scene_id, file, added_at, part_ids)
SELECT pinned_server, pinned_item, scene_id, coalesce(
    nullif((SELECT json_extract(doc, '$.file') FROM ledger
        WHERE server = pinned_server AND rating_key = pinned_item), ''),
    (SELECT min(file) FROM plex_files WHERE server = pinned_server AND rating_key = pinned_item
        HAVING count(*) = 1),
    ''), 0, '[]'
FROM scenes WHERE pinned_item IS NOT NULL ORDER BY changed_at
"""


def take_over_memory(database: sqlite3.Connection) -> None:
    """Pins get their file, the ledger its mark for reading back, parked scenes their keys.

    The index starts empty: it is listed again by the first who needs it.
    """
    for column in ("title", "path", "written"):
        database.execute(f"ALTER TABLE scenes ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    for column in ("written_at REAL", "undone INTEGER"):
        database.execute(f"ALTER TABLE scenes ADD COLUMN {column} NOT NULL DEFAULT 0")
    for statement in scenes.CREATE:
        database.execute(statement)
    database.execute(_PINS)
    database.execute("ALTER TABLE ledger RENAME TO ledger_of_version_1")
    for index in ("ledger_scene", "ledger_unread"):
        database.execute(f"DROP INDEX IF EXISTS {index}")
    for statement in ledger.CREATE:
        database.execute(statement)
    database.execute(
        "INSERT INTO ledger (server, rating_key, scene_id, unread, doc)"
        " SELECT server, rating_key, scene_id, item_updated_at = 0, doc FROM ledger_of_version_1"
    )
    database.execute("DROP TABLE ledger_of_version_1")
    database.execute(
        "INSERT INTO parked_keys (key, scene_id) SELECT 'name ' || name_key, scene_id"
        " FROM parked_names"
    )
    for table in ("parked_names", "plex_files", "plex_sections"):
        database.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in index_store.CREATE:
        database.execute(statement)
    database.execute("DELETE FROM state WHERE name = 'woken'")


# The steps from each version to the next; from 0 (no tables of ours) to the newest.
MIGRATIONS: Mapping[int, tuple[Step, ...]] = {
    1: (
        "DROP TABLE notice",
        schema.CREATE_NOTICE,
        "DELETE FROM state WHERE name IN ('rescue', 'old_letters', 'told_letters')",
        # Its problems are found again, and get a notice of their own.
        "DELETE FROM state WHERE name = 'wrong_settings'",
        take_over_memory,
        *plays.CREATE,
    ),
}


def migrate(database: sqlite3.Connection, path: str) -> None:
    """Bring a database to this code's version. A kill at any moment only repeats it.

    A database of an older version is copied to ``<path>.v<version>`` first.
    """
    found: int = database.execute("PRAGMA user_version").fetchone()[0]
    if found == SCHEMA_VERSION:
        return
    if found:
        copy_database(database, f"{path}.v{found}")
    with transaction(database):
        # Another process may have made the tables meanwhile.
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            make_jobs_table(database)
            found = SCHEMA_VERSION
            steps: tuple[Step, ...] = TABLES
        else:
            versions = range(found, SCHEMA_VERSION)
            steps = tuple(step for version in versions for step in MIGRATIONS[version])
        for step in steps:
            if isinstance(step, str):
                database.execute(step)
            else:
                step(database)
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def copy_database(database: sqlite3.Connection, target: str) -> None:
    """Copy an open database to ``target`` (0600), whole or not at all."""
    with (
        TRANSLATED,
        whole_file(target) as temporary,
        closing(sqlite3.connect(temporary)) as copy,
    ):
        database.backup(copy)
