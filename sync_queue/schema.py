"""Version 1 of the jobs table, and the SQL that hook and worker share. Standard library only.

The table is persist-queue's ``ack_queue_default`` with its own columns first, so that the stock
``SQLiteAckQueue`` still opens it. The hook's producer uses version-1 columns only, for ever;
later versions add tables or columns with defaults and never change these.
"""

JOBS = "ack_queue_default"

# persist-queue's AckStatus values.
WAITING, READY, RUNNING, DONE, FAILED = 0, 1, 2, 5, 9

CREATE_JOBS = """
CREATE TABLE IF NOT EXISTS {table_name} (
    {key_column} INTEGER PRIMARY KEY AUTOINCREMENT,
    data BLOB, timestamp FLOAT, status INTEGER,
    key TEXT,
    due REAL NOT NULL DEFAULT 0,
    prio INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    interrupted INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    done_at REAL,
    version TEXT
)"""

# The columns that a table made by the stock library lacks, with their declarations.
EXTRA_COLUMNS = (
    ("key", "TEXT"),
    ("due", "REAL NOT NULL DEFAULT 0"),
    ("prio", "INTEGER NOT NULL DEFAULT 0"),
    ("attempts", "INTEGER NOT NULL DEFAULT 0"),
    ("interrupted", "INTEGER NOT NULL DEFAULT 0"),
    ("error", "TEXT"),
    ("done_at", "REAL"),
    ("version", "TEXT"),
)

CREATE_INDEXES = (
    f"CREATE UNIQUE INDEX IF NOT EXISTS job_waiting ON {JOBS}(key) WHERE status < 2",
    f"CREATE INDEX IF NOT EXISTS job_order ON {JOBS}(prio DESC, due, _id) WHERE status < 2",
    f"CREATE INDEX IF NOT EXISTS job_due ON {JOBS}(due) WHERE status < 2",
    f"CREATE INDEX IF NOT EXISTS job_status ON {JOBS}(status)",
)

# The newest address and session that Stash gave a hook or task; one row.
CREATE_CONNECTION = """
CREATE TABLE IF NOT EXISTS connection (
    id INTEGER PRIMARY KEY CHECK (id = 1), doc TEXT NOT NULL, seen_at REAL NOT NULL
)"""

# One sentence about a standing problem, for the next hook or task to say in Stash's log.
CREATE_NOTICE = """
CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY CHECK (id = 1), sentence TEXT NOT NULL, said_at REAL NOT NULL DEFAULT 0
)"""


def text(column: str) -> str:
    """``data`` is a BLOB for persist-queue's sake; SQLite's JSON functions want text."""
    return f"CAST({column} AS TEXT)"


def union_of_fields(one: str, other: str) -> str:
    """SQL for the changed fields of two jobs (JSON text), as one list."""
    return f"""(
        SELECT json_group_array(value) FROM (
            SELECT value FROM json_each({one}, '$.data.fields')
            UNION SELECT value FROM json_each({other}, '$.data.fields')
        )
    )"""


# Coalesces into the *waiting* job of the same key and never touches a running one, so an event
# that arrives while its scene is being synced makes a second job. A new event is due at once. A
# waiting job that cannot be read is replaced.
PUT_JOB = f"""
INSERT INTO {JOBS} (data, timestamp, status, key, due, prio, version)
VALUES (CAST(:job AS BLOB), :now, {WAITING}, :key, :due, :prio, :version)
ON CONFLICT (key) WHERE status < 2 DO UPDATE SET
    data = CASE WHEN json_valid({text(f"{JOBS}.data")}) THEN CAST(json_set(
        :job,
        '$.enqueued_at', json_extract({text(f"{JOBS}.data")}, '$.enqueued_at'),
        '$.data.fields', {union_of_fields(text(f"{JOBS}.data"), ":job")}
    ) AS BLOB) ELSE excluded.data END,
    due = min(due, excluded.due),
    prio = max(prio, excluded.prio),
    attempts = CASE WHEN excluded.due > 0 THEN attempts ELSE 0 END,
    version = excluded.version
"""

# Folds a leased job into the newer waiting one of its key; what cannot be read adds nothing.
FOLD_JOB = f"""
UPDATE {JOBS} AS newer SET
    interrupted = max(newer.interrupted, :interrupted),
    prio = max(newer.prio, older.prio),
    data = CASE
        WHEN NOT json_valid({text("older.data")}) THEN newer.data
        WHEN NOT json_valid({text("newer.data")}) THEN older.data
        ELSE CAST(json_set(
            {text("newer.data")},
            '$.data.fields', {union_of_fields(text("newer.data"), text("older.data"))}
        ) AS BLOB) END
FROM {JOBS} AS older
WHERE older._id = :id AND newer.key = older.key AND newer.status < 2
"""

PUT_CONNECTION = """
INSERT INTO connection (id, doc, seen_at) VALUES (1, :connection, :now)
ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, seen_at = excluded.seen_at
WHERE doc IS NOT excluded.doc
"""

# An event that waited in a file may be older than what another hook has told since.
PUT_OLDER_CONNECTION = PUT_CONNECTION + "AND excluded.seen_at > seen_at"
