"""Mode ``status``: jobs, worker and problems. Reads only, and creates nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict

from sync_queue.report import QueueReport, read_report
from sync_queue.state import Breaker, HoldNote, LastRuns, Restored
from sync_queue.version import VERSION
from tasks import exit_codes
from tasks.advice import (
    letter_text,
    problem_lines,
    reasons_lines,
    start_advice,
    waiting_reason,
)
from tasks.context import TaskRequest, TaskResult
from tasks.runs import run_line
from validation.reasons import NEEDS_USER
from validation.words import count
from worker import logs

# The data directory is one more.
MOST_LINES, MOST_REASONS, MOST_RUNS = 14, 3, 2
# Dead letters, and scenes of each reason, for programs.
MOST_NAMED = 100


def run(request: TaskRequest, progress: Callable[[float], None]) -> TaskResult:
    """A look at the queue in at most 15 lines."""
    del progress
    report = read_report(request.locate(), time.time(), most=MOST_NAMED)
    needs = sum(report.outcomes.get(reason, 0) for reason in NEEDS_USER)
    problems = report.stats.failed + needs + bool(report.problem) + bool(report.start_problem)
    stuck = 0 if report.worker_alive else report.due
    return TaskResult(
        left=report.left,
        problems=problems,
        lines=tuple(lines(report)),
        exit_code=exit_codes.of_queue(report, problems=problems, stuck=stuck),
        output=details(report),
    )


def details(report: QueueReport) -> dict[str, object]:
    """The report for programs."""
    stats, hold = report.stats, report.states.load(HoldNote)
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
        "breaker": report.states.load(Breaker).state.value,
        "hold": asdict(hold) if hold.reason else {},
        "problem": report.problem,
        "start_problem": report.start_problem,
        "runs": [asdict(run) for run in report.states.load(LastRuns).runs],
        "waits_for": waiting_reason(report) if report.left else "",
        "letters": [asdict(letter) for letter in report.letters],
        "for_person": dict(report.for_person),
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
    stats = report.stats
    said = [
        f"PlexSync {VERSION}: {count(stats.pending + report.spooled, 'edit', 'edits')} due now,"
        f" {stats.delayed} delayed, {stats.in_progress} in progress,"
        f" {count(stats.failed, 'dead letter', 'dead letters')}.",
        f"Worker: {worker_state(report)}",
    ]
    said.extend(filter(None, [start_advice(report), report.problem, logs.problem(report.data_dir)]))
    said.extend(problem_lines(report.states))
    restored = report.states.load(Restored).sentence
    if restored:
        said.append(restored)
    if report.outcomes:
        counted = sorted(report.outcomes.items(), key=lambda item: (-item[1], item[0]))
        said.append("Scenes by outcome: " + ", ".join(f"{n} {name}" for name, n in counted) + ".")
    waits = waiting_reason(report)
    waiting = {waits: report.left} if report.left and waits else {}
    said.extend(reasons_lines({**report.outcomes, **waiting}, MOST_REASONS))
    if report.letters:
        said.append(f"Newest dead letter: {letter_text(report.letters[0])}")
    said.extend(map(run_line, report.states.load(LastRuns).runs[:MOST_RUNS]))
    return said[:MOST_LINES]
