"""Mode ``status``: what waits, what works, what is wrong. Reads only, and creates nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from sync_queue.report import QueueReport, read_report
from sync_queue.version import VERSION
from tasks.context import TaskRequest, TaskResult

# What a person has to look at, by outcome of scenes.
NEEDS_A_PERSON = ("ambiguous", "item_taken", "plex_kept_other_value", "image_too_big")


def run(request: TaskRequest, progress: Callable[[float], None]) -> TaskResult:
    """A look at the queue in at most 15 lines."""
    del progress
    report = read_report(request.locate(), time.time())
    stats = report.stats
    needs = sum(report.outcomes.get(reason, 0) for reason in NEEDS_A_PERSON)
    problems = stats.failed + needs + bool(report.problem)
    return TaskResult(
        left=stats.left + report.spooled,
        problems=problems,
        lines=tuple(lines(report)),
        exit_code=exit_code(report, problems),
        output=details(report),
    )


def exit_code(report: QueueReport, problems: int) -> int:
    """What the command line exits with."""
    if report.states.get("hold"):
        return 2 if report.states["hold"].get("reason") == "setup" else 3
    return 1 if problems else 0


def details(report: QueueReport) -> dict[str, object]:
    """The report for programs."""
    stats = report.stats
    return {
        "version": VERSION,
        "data_dir": report.data_dir,
        "worker_alive": report.worker_alive,
        "pending": stats.pending + report.spooled,
        "delayed": stats.delayed,
        "in_progress": stats.in_progress,
        "completed": stats.completed,
        "failed": stats.failed,
        "outcomes": dict(report.outcomes),
        "breaker": str(report.states.get("breaker", {}).get("state", "closed")),
        "hold": {k: v for k, v in report.states.get("hold", {}).items() if k != "version"},
        "problem": report.problem,
    }


def lines(report: QueueReport) -> list[str]:
    """The report for people, most important line first, each complete in itself."""
    stats = report.stats
    said = [
        f"PlexSync {VERSION}: {stats.pending + report.spooled} edits due now, {stats.delayed}"
        f" waiting for their time, {stats.in_progress} in progress, {stats.failed} dead letters.",
        f"Worker: {'running' if report.worker_alive else 'not running (the next edit starts it)'}.",
    ]
    if report.problem:
        said.append(report.problem)
    said.extend(standing_problem(report.states))
    rescued = report.states.get("rescue", {}).get("sentence")
    if rescued:
        said.append(str(rescued))
    if report.outcomes:
        counted = sorted(report.outcomes.items(), key=lambda item: (-item[1], item[0]))
        said.append("Scenes by outcome: " + ", ".join(f"{n} {name}" for name, n in counted) + ".")
    if report.newest_letter:
        said.append(f"Newest dead letter: {report.newest_letter}")
    said.append(f"Data directory: {report.data_dir}")
    return said


def standing_problem(states: Mapping[str, Mapping[str, object]]) -> list[str]:
    """What holds everything up, if anything does."""
    said = []
    hold = states.get("hold", {})
    if hold.get("sentence"):
        said.append(f"Everything waits ({hold.get('reason')}): {hold['sentence']}")
    breaker = states.get("breaker", {})
    if breaker.get("state", "closed") != "closed":
        said.append("Plex does not answer: jobs wait and PlexSync asks again at least every 60 s.")
    last = states.get("last_error", {})
    if last.get("sentence"):
        said.append(f"Last error: {last['sentence']}")
    return said
