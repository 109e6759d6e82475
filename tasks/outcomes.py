"""What became of the scenes of a run, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence

from sync_queue.manager import QueueManager
from sync_queue.report import QueueReport
from sync_queue.scenes import NEEDS_PERSON, SYNCED
from tasks import exit_codes
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import left_lines
from tasks.standing import letter_text, reasons_lines, standing_problem, waiting_reason
from validation.reasons import Reason

MOST_REASONS = 8
# Scenes and dead letters that a whole report names, by reason.
MOST_NAMED = 500
PERSONS = sorted({*NEEDS_PERSON, Reason.TOO_MANY_REMOVALS})


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
    """The end of a run that put ``looked_at`` scenes into the queue at ``since`` (epoch).

    ``notes`` is what else the run has to say.
    """
    outcomes, writes = manager.scenes.counts(since), manager.scenes.writes(since)
    synced, done = outcomes.get(SYNCED, 0), sum(outcomes.values())
    needs = sum(outcomes.get(reason, 0) for reason in PERSONS)
    problems = after.stats.failed + needs
    scenes = max(looked_at, done)
    said = standing_problem(after.states)
    said.append(
        f"{title}: {scenes} scenes, {synced} are in line with Plex"
        f" ({writes} items written), {done - synced} were not synced, {after.left} jobs wait."
    )
    waits = waiting_reason(after)
    waiting = {waits: after.left} if after.left and waits else {}
    said += reasons_lines({**outcomes, **waiting}, MOST_REASONS)
    if after.letters:
        said.append(f"{after.stats.failed} dead letters; newest: {letter_text(after.letters[0])}")
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
    """The scenes that wait for a person and the dead letters, by reason."""
    said = []
    for reason in PERSONS:
        scenes = manager.scenes.outcomes([reason], limit=MOST_NAMED)
        if scenes:
            numbers = ", ".join(str(outcome.scene_id) for outcome in scenes)
            said.append(f"{reason}: scenes {numbers}.")
    letters: dict[str, list[str]] = {}
    for letter in manager.letters.recent(MOST_NAMED):
        told = f"no. {letter.id} ({letter.job.job_key})"
        letters.setdefault(letter.reason, []).append(told)
    return said + [f"{reason}: dead letters {', '.join(told)}." for reason, told in letters.items()]
