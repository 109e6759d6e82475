"""Modes ``scenes``, ``letter`` and ``log``: lists for a page. Standard library only, and little of
it.
"""

from __future__ import annotations

import json
import os

from sync_queue import datadir
from sync_queue.facts import read_document
from sync_queue.report import look
from tasks.answer import Answer
from validation.errors import QueueError, SetupError
from validation.reasons import TABLE, Reason
from validation.texts import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sync_queue.light_sqlite import sqlite3
    from tasks.given import Given

SYNCED = "synced"
FEW_ROWS, FEW_LINES = 50, 100
# The longest part of the log that is read for its last lines.
LOG_BYTES = 400_000
ROWS = """
SELECT scene_id, title, path, outcome, detail, changed_at FROM scenes
WHERE {which} AND scene_id > :after ORDER BY scene_id LIMIT :limit
"""
LETTER = """
SELECT id, scene_id, job_key, job, reason, error_type, message, stack_trace, attempts, evidence,
    enqueued_at, failed_at
FROM dead_letters WHERE id = ?
"""


def scenes(given: Given, data_dir: str, now: float) -> Answer:
    """A page of the scenes with their outcomes, by id."""
    del now
    outcome = given.text("outcome")
    if outcome and outcome != SYNCED and outcome not in set(Reason):
        known = ", ".join([SYNCED, *TABLE])
        raise SetupError(f"There is no outcome {one_line(outcome, 40)!r}. There are: {known}.")
    values: dict[str, object] = {
        "outcome": outcome,
        "needle": given.text("search").casefold(),
        "scene": given.number("scene"),
        "after": given.number("after") or 0,
        "limit": given.number("limit") or FEW_ROWS,
    }
    found, problem = look(
        data_dir, lambda: page_of([], 0, 1), lambda database: read_page(database, values)
    )
    if problem:
        raise QueueError(problem)
    said = [f"Scene {row['scene']}: {row['outcome']}. {row['detail']}" for row in found["rows"]]
    return Answer(found, [*said, f"{found['total']} in all."])


def read_page(database: sqlite3.Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """The page that was asked for. The search takes no notice of case."""
    which = "outcome = :outcome" if values["outcome"] else "outcome != ''"
    if values["scene"] is not None:
        which += " AND scene_id = :scene"
    needle = values["needle"]
    if needle:
        fold = "lower"  # SQLite's own knows ASCII only, and is quicker
        if not needle.isascii():
            fold = "folded"
            database.create_function(fold, 1, str.casefold, deterministic=True)
        which += f" AND instr({fold}(title || char(10) || path), :needle)"
    total = database.execute(f"SELECT count(*) FROM scenes WHERE {which}", values).fetchone()[0]
    rows = database.execute(ROWS.format(which=which), values).fetchall()
    named = libraries_of(database) if rows else {}
    return page_of([row_doc(row, named) for row in rows], total, values["limit"])


def page_of(rows: list[dict[str, object]], total: int, limit: int) -> dict[str, Any]:
    """A page, and the value of ``after`` for the next one (null = the end)."""
    return {"rows": rows, "total": total, "next": rows[-1]["scene"] if len(rows) == limit else None}


def row_doc(row: tuple[Any, ...], libraries: Mapping[int, str]) -> dict[str, object]:
    """One scene."""
    scene, title, path, outcome, text, since = row
    detail = read_document(text)
    about = TABLE[Reason(outcome)] if outcome in set(Reason) else None
    items = [item for item in detail.get("items", [detail.get("item")]) if item]
    said = str(detail.get("sentence", ""))
    if not said and detail.get("fields"):
        said = f"Fields: {', '.join(map(str, detail['fields']))}."
    return {
        "scene": scene,
        "title": title,
        "path": path,
        "outcome": outcome,
        "detail": said or (about.meaning if about else ""),
        "todo": about.todo if about else "",
        "since": since,
        "item": items[0] if items else 0,
        "items": items,
        "candidates": [candidate(one, libraries) for one in detail.get("candidates", [])],
    }


def candidate(one: Mapping[str, Any], libraries: Mapping[int, str]) -> dict[str, object]:
    """One item of Plex that could be the scene's."""
    return {
        "item": one.get("item", 0),
        "title": one.get("title", ""),
        "year": one.get("year", 0),
        "library": libraries.get(one.get("section", 0), ""),
        "file": one.get("file", ""),
        "confidence": "high" if one.get("proven") else "low",
        "score": one.get("score", 0),
        "evidence": one.get("evidence", []),
    }


def libraries_of(database: sqlite3.Connection) -> dict[int, str]:
    """The titles of Plex's libraries by key, as the worker saw them last."""
    found = database.execute("SELECT doc FROM state WHERE name = 'libraries'").fetchone()
    listed = read_document(found[0]).get("libraries", []) if found else []
    return {one["key"]: one["title"] for one in listed}


def letter(given: Given, data_dir: str, now: float) -> Answer:
    """One dead letter, whole."""
    del now
    number = given.needed("job")
    row, problem = look(
        data_dir, lambda: None, lambda database: database.execute(LETTER, (number,)).fetchone()
    )
    if problem:
        raise QueueError(problem)
    if row is None:
        raise SetupError(f"There is no dead letter {number}.")
    found = letter_doc(row)
    names = ("meaning", "todo", "message", "error_type", "attempts", "item", "fields")
    said = [f"Dead letter {number}, {found['key']}, {found['reason']}:"]
    said += [f"{name}: {found[name]}" for name in names if found[name]]
    said += [f"{name}: {json.dumps(value)}" for name, value in found["evidence"].items()]
    return Answer(found, [*said, *found["trace"]])


def letter_doc(row: tuple[Any, ...]) -> dict[str, Any]:
    """A dead letter for programs."""
    number, scene, key, job, reason, kind, message, trace, attempts, evidence, begun, at = row
    about = TABLE[Reason(reason)] if reason in set(Reason) else None
    story = read_document(evidence)
    story.pop("version", None)
    return {
        "job": number,
        "scene": scene,
        "key": key,
        "reason": reason,
        "meaning": about.meaning if about else "",
        "todo": about.todo if about else "",
        "message": message,
        "error_type": kind,
        "attempts": attempts,
        "update_type": json.loads(job).get("update_type", ""),
        "enqueued_at": begun,
        "failed_at": at,
        "item": story.get("item", 0),
        "fields": story.get("fields", []),
        "evidence": story,
        "trace": trace.splitlines(),
    }


def log_tail(given: Given, data_dir: str, now: float) -> Answer:
    """The end of the worker's log, oldest line first."""
    del now
    wanted = given.number("lines") or FEW_LINES
    try:
        with open(os.path.join(data_dir, datadir.LOG_FILE), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LOG_BYTES))
            found = file.read(LOG_BYTES).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return Answer({"lines": []}, ["There is no log yet."])
    except OSError as error:
        raise SetupError(f"The log cannot be read ({error.strerror}).") from error
    if size > LOG_BYTES:
        del found[0]  # half a line
    last = [one_line(line, 4000) for line in found[-wanted:]]
    return Answer({"lines": last}, last)
