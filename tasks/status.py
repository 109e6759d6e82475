"""Mode ``status``: jobs, worker and problems. Reads only, and creates nothing. Standard library
only, and little of it.
"""

from __future__ import annotations

import os
import sys

from sync_queue import credentials, datadir, packages
from sync_queue.report import read_report
from sync_queue.version import VERSION
from tasks import exit_codes
from tasks.advice import (
    blockers,
    letter_text,
    problem_lines,
    reasons_lines,
    run_line,
    start_advice,
    waiting_reason,
)
from tasks.answer import Answer
from validation.reasons import NEEDS_USER
from validation.words import Wrong, count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sync_queue.light_sqlite import sqlite3
    from sync_queue.report import QueueReport
    from tasks.given import Given

PLUGIN_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The data directory is one more.
MOST_LINES, MOST_REASONS, MOST_RUNS = 14, 3, 2
# Dead letters, and scenes of each reason, for programs.
MOST_NAMED = 100
RATE_SECONDS = 600.0
ACTIVITY = """
SELECT scene_id, title, outcome, coalesce(
    json_extract(detail, '$.item'), json_extract(detail, '$.items[0]'), 0), changed_at
FROM scenes WHERE outcome != '' ORDER BY changed_at DESC LIMIT 20
"""
# The plus sign keeps SQLite from sorting all synced scenes.
LAST_SYNC = """
SELECT changed_at FROM scenes WHERE outcome != '' AND +outcome = 'synced'
ORDER BY changed_at DESC LIMIT 1
"""
RECENT = "SELECT count(*) FROM scenes WHERE outcome != '' AND changed_at > ? AND changed_at <= ?"
UNKNOWN_SETTINGS = (
    "The settings have not been read yet: save a scene, or run the task Check Set-up."
)
SIGNED_OUT = (
    "The sign-in with Plex is gone: sign in again, or enter address and token (plex_url,"
    " plex_token)."
)


def look(given: Given, data_dir: str, now: float) -> Answer:
    """A look at the queue in at most 15 lines."""
    del given
    report = read_report(
        data_dir, now, most=MOST_NAMED, more=lambda database: read_recent(database, now)
    )
    needs = sum(report.tables.outcomes.get(reason, 0) for reason in NEEDS_USER)
    problems = report.stats.failed + needs + bool(report.problem) + bool(report.start_problem)
    stuck = 0 if report.worker_alive else report.due
    return Answer(
        {**details(report), **page_details(report, now)},
        [*lines(report), f"Data directory: {data_dir}"],
        left=report.left,
        problems=problems,
        exit_code=exit_codes.of_queue(report, problems=problems, stuck=stuck),
    )


def details(report: QueueReport) -> dict[str, object]:
    """The report for programs."""
    stats, states, tables = report.stats, report.states, report.tables
    held = states.doc("hold") if report.hold_reason else {}
    return {
        "version": VERSION,
        "data_dir": report.data_dir,
        "worker_alive": report.worker_alive,
        "pending": stats.pending + report.spooled,
        "delayed": stats.delayed,
        "in_progress": stats.in_progress,
        "completed": stats.completed,
        "failed": stats.failed,
        "outcomes": dict(tables.outcomes),
        "breaker": states.text("breaker", "state") or "closed",
        "hold": {name: value for name, value in held.items() if name != "version"},
        "problem": report.problem,
        "start_problem": report.start_problem,
        "runs": states.doc("runs").get("runs", []),
        "waits_for": waiting_reason(report) if report.left else "",
        "letters": [letter.as_doc() for letter in tables.letters],
        "for_person": dict(tables.for_person),
    }


def page_details(report: QueueReport, now: float) -> dict[str, object]:
    """The facts that a page shows besides."""
    states = report.states
    settings = states.doc("settings")
    server = server_of(report)
    outage = {}
    if states.outage:
        outage = {
            "since": states.number("breaker", "opened_at"),
            "next_try": states.number("breaker", "probe_at"),
        }
    return {
        "outage": outage,
        "blockers": [{"sentence": said, "todo": todo} for said, todo in blockers(states)],
        "packages": packages.read(report.data_dir, now) or look_for_packages(report.data_dir),
        "setup": missing(report),
        "wrong_settings": states.doc("wrong_settings").get("problems", []),
        "server": {
            "name": server.get("name", ""),
            "version": server.get("release", ""),
            "address": server.get("address", ""),
            "machine": server.get("machine", ""),
            "source": settings.get("source") or server.get("source", ""),
        }
        if server
        else {},
        "libraries": states.doc("libraries").get("libraries", []),
        "settings": settings.get("values", "unknown"),
        "from_plex": {
            "at": states.number("from_plex", "at"),
            "sentence": states.text("from_plex", "sentence"),
            "problem": states.doc("from_plex").get("problem") is True,
        },
        **(report.tables.more or recently([], 0, [])),
    }


def server_of(report: QueueReport) -> dict[str, Any]:
    """The Plex in use: as it answered last, or as it was chosen; {} for none."""
    seen = report.states.doc("server")
    if is_signed_out(report):
        return {}
    chosen: dict[str, Any] = report.states.doc("settings").get("plex", {})
    return chosen if chosen and chosen.get("machine") != seen.get("machine") else seen


def is_signed_out(report: QueueReport) -> bool:
    """Whether the sign-in that was in use is gone: no worker may have noticed yet."""
    was_in_use = report.states.doc("settings").get("source") == "signed in"
    return was_in_use and not credentials.stamp(report.data_dir)


def missing(report: QueueReport) -> list[str]:
    """The reasons why the set-up is incomplete, in words."""
    states = report.states
    settings = states.doc("settings")
    if not settings:
        return [UNKNOWN_SETTINGS]
    if is_signed_out(report):
        return [SIGNED_OUT]
    held = states.text("hold", "sentence") if states.text("hold", "reason") == "setup" else ""
    said = [problem for problem in (str(settings.get("missing", "")), held) if problem]
    return list(dict.fromkeys(said))


def look_for_packages(data_dir: str) -> str:
    """Whether the libraries are there: slow, and only until a worker or task has noted it."""
    import site

    from worker import dependencies

    if sys.flags.no_site:
        site.main()
    return dependencies.state(PLUGIN_DIR, data_dir)


def read_recent(database: sqlite3.Connection, now: float) -> dict[str, object]:
    """The last outcomes, the time of the last sync and the scenes a minute."""
    last = database.execute(LAST_SYNC).fetchone()
    checked = database.execute(RECENT, (now - RATE_SECONDS, now)).fetchone()[0]
    return recently(database.execute(ACTIVITY).fetchall(), checked, last or [])


def recently(rows: list[Any], checked: int, last: Any) -> dict[str, object]:
    """The same for programs. *last* holds the time of the last sync, or nothing."""
    names = ("scene", "title", "outcome", "item", "when")
    return {
        "last_sync": last[0] if last else 0.0,
        "rate": round(checked / (RATE_SECONDS / 60.0), 1),
        "activity": [dict(zip(names, row, strict=True)) for row in rows],
    }


def worker_state(report: QueueReport) -> str:
    """Whether a worker runs, and why not."""
    if report.worker_alive:
        return "running."
    if report.start_problem:
        return "not running, because it could not start."
    return "not running (the next edit starts it)."


def lines(report: QueueReport) -> list[str]:
    """The report for users, most important line first, each complete in itself."""
    stats, tables = report.stats, report.tables
    said = [
        f"PlexSync {VERSION}: {count(stats.pending + report.spooled, 'edit', 'edits')} due now,"
        f" {stats.delayed} delayed, {stats.in_progress} in progress,"
        f" {count(stats.failed, 'dead letter', 'dead letters')}.",
        f"Worker: {worker_state(report)}",
    ]
    obstacles = [start_advice(report), report.problem, datadir.log_problem(report.data_dir)]
    said += [Wrong(sentence) for sentence in obstacles if sentence]
    said.extend(problem_lines(report.states))
    if is_signed_out(report):
        said.append(Wrong(SIGNED_OUT))
    elif report.states.doc("settings").get("source") == "signed in":
        said.append(f"Plex: signed in, server {server_of(report).get('name', '')}.")
    restored = report.states.text("restored", "sentence")
    if restored:
        said.append(Wrong(restored))
    if tables.outcomes:
        counted = sorted(tables.outcomes.items(), key=lambda item: (-item[1], item[0]))
        said.append("Scenes by outcome: " + ", ".join(f"{n} {name}" for name, n in counted) + ".")
    found = report.states.text("from_plex", "sentence")
    if found:
        failed = report.states.doc("from_plex").get("problem") is True
        said.append(Wrong(found) if failed else found)
    waits = waiting_reason(report)
    waiting = {waits: report.left} if report.left and waits else {}
    said.extend(reasons_lines({**tables.outcomes, **waiting}, MOST_REASONS))
    if tables.letters:
        said.append(Wrong(f"Newest dead letter: {letter_text(tables.letters[0])}"))
    runs = report.states.doc("runs").get("runs", [])
    said.extend(map(run_line, runs[:MOST_RUNS]))
    return said[:MOST_LINES]
