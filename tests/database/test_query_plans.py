"""No query that a scene causes looks through a whole table: a library has 100,000 rows in each."""

from __future__ import annotations

import re

from tests.resident.bench import MakeBench
from tests.resident.conftest import make_bench

__all__ = ["make_bench"]

# Read once in a while and by nature whole: reports' counts, and what a sweep or a trim looks at.
WHOLE = re.compile(r"count\(\*\)|GROUP BY|LIMIT 1$", re.IGNORECASE)
LARGE = ("ledger", "scenes", "plex_files", "parked_names")


def test_no_query_of_a_sync_looks_through_a_large_table(make_bench: MakeBench) -> None:
    bench = make_bench()
    scene, _ = bench.add()
    said: set[str] = set()
    connection = bench.manager.connection
    connection.set_trace_callback(said.add)
    bench.edit(scene, title="First")
    bench.pass_time(120.0)
    bench.edit(scene, title="Second")
    bench.pass_time(7200.0)
    connection.set_trace_callback(None)
    whole = []
    for text in said:
        if text.split()[0] not in ("SELECT", "UPDATE", "DELETE") or WHOLE.search(text):
            continue
        for row in connection.execute(f"EXPLAIN QUERY PLAN {text}").fetchall():
            step = str(row[3])
            table = step.split()[1] if " " in step else ""
            of_server = step.endswith("(server=?)") and "ledger_unread" not in step
            if table in LARGE and (step.startswith("SCAN") or of_server):
                whole.append((step, text))
    assert whole == []
