"""The tables that hook and worker share, and the SQL of both. Standard library only.

The jobs table is persist-queue's ``ack_queue_default`` with columns of our own, so that the stock
``SQLiteAckQueue`` still opens it. The hook's producer uses columns of version 1 only, for ever;
later versions add tables, or columns with defaults.
"""

JOBS = "ack_queue_default"
SCHEMA_VERSION = 2

# persist-queue's AckStatus values; ``models.JobStatus`` names them for the worker.
WAITING, READY, RUNNING, DONE, FAILED = 0, 1, 2, 5, 9
# The SQL condition of a waiting job: put (0) or given back (1).
WAITS = "status < 2"

# ``error``, ``done_at`` and ``version`` were written by version 1.0 and have no reader.
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
    f"CREATE UNIQUE INDEX IF NOT EXISTS job_waiting ON {JOBS}(key) WHERE {WAITS}",
    f"CREATE INDEX IF NOT EXISTS job_order ON {JOBS}(prio DESC, due, _id) WHERE {WAITS}",
    f"CREATE INDEX IF NOT EXISTS job_due ON {JOBS}(due) WHERE {WAITS}",
    f"CREATE INDEX IF NOT EXISTS job_status ON {JOBS}(status)",
)

# The newest address and session that Stash gave a hook or task; one row.
CREATE_CONNECTION = """
CREATE TABLE IF NOT EXISTS connection (
    id INTEGER PRIMARY KEY CHECK (id = 1), doc TEXT NOT NULL, seen_at REAL NOT NULL
)"""

# Sentences for the next hook to write to Stash's log: one for each cause.
CREATE_NOTICE = """
CREATE TABLE IF NOT EXISTS notice (
    cause TEXT PRIMARY KEY, prio INTEGER NOT NULL, sentence TEXT NOT NULL,
    said_at REAL NOT NULL DEFAULT 0
)"""
# The first version of the schema whose notices have a cause, and whose scenes can be undone.
NOTICES_SINCE = 2

# Coalesces into the *waiting* job of the same key and never touches a leased one, so an event
# that arrives while its scene is being synced makes a second job. A new event is due immediately.
# The first event's time (``timestamp``) stays.
PUT_JOB = f"""
INSERT INTO {JOBS} (data, timestamp, status, key, due, prio)
VALUES (CAST(:job AS BLOB), :now, {WAITING}, :key, :due, :prio)
ON CONFLICT (key) WHERE {WAITS} DO UPDATE SET
    data = excluded.data,
    due = min(due, excluded.due),
    prio = max(prio, excluded.prio),
    attempts = CASE WHEN excluded.due > 0 THEN attempts ELSE 0 END
"""

# A user saves a scene whose sync was undone: it is synced again. Since version 2.
TAKE_UP = "UPDATE scenes SET undone = 0 WHERE scene_id = :scene_id AND undone > 0"

PUT_CONNECTION = """
INSERT INTO connection (id, doc, seen_at) VALUES (1, :connection, :now)
ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, seen_at = excluded.seen_at
WHERE doc IS NOT excluded.doc
"""

# An event that waited in a file may be older than the one of a later hook.
PUT_OLDER_CONNECTION = PUT_CONNECTION + "AND excluded.seen_at > seen_at"
