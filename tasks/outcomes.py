"""The result of a run, for users and for programs."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from sync_queue import datadir
from sync_queue.manager import QueueManager
from sync_queue.report import QueueReport
from sync_queue.scenes import SYNCED
from tasks import exit_codes
from tasks.advice import letter_text, problem_lines, reasons_lines, waiting_reason
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import left_lines
from validation.reasons import NEEDS_USER
from validation.words import count
from worker import logs

MOST_REASONS = 8
# Scenes and dead letters that a whole report names, by reason.
MOST_NAMED = 500


log = logging.getLogger("plexsync.tasks")


def library_result(
    request: TaskRequest,
    manager: QueueManager,
    title: str,
    after: QueueReport,
    *,
    since: float,
    looked_at: int,
    notes: Sequence[str] = (),
) -> TaskResult:
    """Return the result of a run that queued ``looked_at`` scenes at ``since`` (epoch seconds).

    ``notes`` are further lines of the report.
    """
    outcomes, writes = manager.scenes.counts(since), manager.scenes.writes(since)
    synced, done = outcomes.get(SYNCED, 0), sum(outcomes.values())
    needs = sum(outcomes.get(reason, 0) for reason in NEEDS_USER)
    problems = after.stats.failed + needs
    scenes = max(looked_at, done)
    said = problem_lines(after.states)
    said.append(
        f"{title}: {count(scenes, 'scene', 'scenes')}, {synced} in step with Plex"
        f" ({count(writes, 'item', 'items')} written), {done - synced} not synced,"
        f" {count(after.left, 'edit waits', 'edits wait')}."
    )
    waits = waiting_reason(after)
    waiting = {waits: after.left} if after.left and waits else {}
    said += reasons_lines({**outcomes, **waiting}, MOST_REASONS)
    if after.tables.letters:
        letters = count(after.stats.failed, "dead letter", "dead letters")
        said.append(f"{letters}; the newest: {letter_text(after.tables.letters[0])}")
    said += [*notes, *left_lines(request, after)]
    return TaskResult(
        title=title,
        done=done,
        left=after.left,
        problems=problems,
        lines=tuple(said),
        report=(*said, *named(manager)),
        exit_code=exit_codes.of_queue(after, problems=problems, stuck=after.due),
        output={"scenes": scenes, "outcomes": outcomes, "written": writes},
    )


def named(manager: QueueManager) -> list[str]:
    """Return the scenes that need the user, and the dead letters, by reason."""
    said = []
    for reason in sorted(NEEDS_USER):
        scenes = manager.scenes.outcomes([reason], limit=MOST_NAMED)
        if scenes:
            numbers = ", ".join(str(outcome.scene_id) for outcome in scenes)
            said.append(f"{reason}: scenes {numbers}.")
    letters: dict[str, list[str]] = {}
    for letter in manager.letters.recent(MOST_NAMED):
        told = f"no. {letter.id} ({letter.job.job_key})"
        letters.setdefault(letter.reason, []).append(told)
    return said + [f"{reason}: dead letters {', '.join(told)}." for reason, told in letters.items()]


def keep_report(request: TaskRequest, result: TaskResult) -> None:
    """Append the report to the log file, where it is longer than what is shown.

    The file is not turned over here: its worker may have it open.
    """
    if not result.report:
        return
    try:
        handler = logs.PrivateRotatingFileHandler(os.path.join(request.locate(), datadir.LOG_FILE))
        handler.setFormatter(logs.PlainFormatter(logs.FORMAT))
        for line in result.report:
            handler.handle(log.makeRecord(log.name, logging.INFO, "", 0, line, (), None))
        handler.close()
    except OSError as error:
        log.warning("The full report could not be written to the log file (%s).", error.strerror)
