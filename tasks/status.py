"""Mode ``status``: what waits, what works, what is wrong. Reads only, and creates nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from sync_queue.report import QueueReport, read_report
from sync_queue.version import VERSION
from tasks.context import TaskRequest, TaskResult
from tasks.outcomes import PERSONS
from tasks.runs import run_line
from tasks.standing import reasons_lines, standing_problem

MOST_LINES, MOST_REASONS, MOST_RULES, MOST_RUNS = 15, 3, 2, 2


def run(request: TaskRequest, progress: Callable[[float], None]) -> TaskResult:
    """A look at the queue in at most 15 lines."""
    del progress
    report = read_report(request.locate(), time.time())
    stats = report.stats
    needs = sum(report.outcomes.get(reason, 0) for reason in PERSONS)
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
        "runs": last_runs(report.states),
        "path_rules": rule_lines(report.states.get("path_rules", {})),
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
    said.extend(reasons_lines(report.outcomes, MOST_REASONS))
    if report.newest_letter:
        said.append(f"Newest dead letter: {report.newest_letter}")
    said.extend(rule_lines(report.states.get("path_rules", {}))[:MOST_RULES])
    said.extend(map(run_line, last_runs(report.states)[:MOST_RUNS]))
    return [*said[: MOST_LINES - 1], f"Data directory: {report.data_dir}"]


def rule_lines(learnt: Mapping[str, Any]) -> list[str]:
    """Path rules that fit nothing, and some that would fit."""
    proposals = "; ".join(map(str, learnt.get("proposals", ())))
    said = [f"Path rules that would fit (setting path_map): {proposals}"] if proposals else []
    return [*map(str, learnt.get("unused", ())), *said]


def last_runs(states: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """How the last tasks ended, newest first."""
    return list(states.get("runs", {}).get("runs", ()))
