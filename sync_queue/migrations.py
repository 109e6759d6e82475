"""The steps from one version of the database to the next. The caller owns the transaction."""

from __future__ import annotations

import sqlite3

from sync_queue import index_store, ledger, scenes

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


def to_version_2(database: sqlite3.Connection) -> None:
    """Pins get their file, the ledger its mark for reading back, parked scenes their keys.

    The index starts empty: it is listed again by the first who needs it.
    """
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
