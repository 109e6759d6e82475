"""The SQL that leases jobs and gives them back."""

from __future__ import annotations

from sync_queue.models import JobStatus
from sync_queue.schema import JOBS, WAITS

# The jobs of one priority only, the highest that is due: a batch is of one kind. ``interrupted``
# counts the workers that died at a job. It is raised before the job begins, and taken back when the
# job ends, so a dead worker leaves the right number. A job at which one died may be what killed it:
# it is claimed alone, after the others, and even its reading counts.
DUE = f"{WAITS} AND (due <= :now OR due > :now + :horizon)"
TOP = f"prio = (SELECT prio FROM {JOBS} WHERE {DUE} ORDER BY prio DESC LIMIT 1)"
RETURN = "RETURNING _id, data, timestamp, attempts, due"
CLAIM = f"""
UPDATE {JOBS} SET status = {JobStatus.LEASED} WHERE {WAITS} AND _id IN (
    SELECT _id FROM {JOBS} WHERE {DUE} AND {TOP} AND interrupted = 0 ORDER BY due, _id LIMIT :limit
) {RETURN}
"""
CLAIM_SUSPECT = f"""
UPDATE {JOBS} SET status = {JobStatus.LEASED}, interrupted = interrupted + 1
WHERE {WAITS} AND _id IN (
    SELECT _id FROM {JOBS} WHERE {DUE} AND {TOP} ORDER BY interrupted, due, _id LIMIT 1
) {RETURN}
"""

# Folds a leased job into the newer waiting one of its key; an unreadable one adds nothing.
FOLD = f"""
UPDATE {JOBS} AS newer SET
    interrupted = max(newer.interrupted, :interrupted),
    prio = max(newer.prio, older.prio),
    data = CASE WHEN json_valid(CAST(newer.data AS TEXT)) IS TRUE THEN newer.data
        ELSE older.data END
FROM {JOBS} AS older
WHERE older._id = :id AND newer.key = older.key AND newer.{WAITS}
"""
