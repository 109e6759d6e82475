"""What became of the scenes of a run, for people and for programs."""

from __future__ import annotations

from sync_queue.manager import QueueManager
from sync_queue.report import QueueReport
from sync_queue.scenes import NEEDS_PERSON, SYNCED
from tasks.context import TaskResult
from tasks.deliver import exit_code
from tasks.standing import reasons_lines, standing_problem
from validation.reasons import Reason

MOST_REASONS = 8
# Scenes whose numbers a whole report names, by reason.
MOST_NAMED = 500
PERSONS = sorted({*NEEDS_PERSON, Reason.TOO_MANY_REMOVALS})


def library_result(
    manager: QueueManager, title: str, after: QueueReport, *, since: float, looked_at: int
) -> TaskResult:
    """The end of a run that put ``looked_at`` scenes into the queue at ``since`` (epoch)."""
    outcomes = manager.ledger.counts(since)
    left = after.stats.left + after.spooled
    synced, done = outcomes.get(SYNCED, 0), sum(outcomes.values())
    needs = sum(outcomes.get(reason, 0) for reason in PERSONS)
    problems = after.stats.failed + needs
    said = standing_problem(after.states)
    said.append(
        f"{title}: {looked_at} scenes, {synced} are in line with Plex"
        f" ({manager.ledger.writes(since)} items written), {done - synced} were not synced,"
        f" {left} jobs wait."
    )
    waiting = {waiting_reason(after): left} if left else {}
    said += reasons_lines({**outcomes, **waiting}, MOST_REASONS)
    if after.stats.failed:
        said.append(f"{after.stats.failed} dead letters; newest: {after.newest_letter}")
    said.append(f"Data directory: {after.data_dir}")
    return TaskResult(
        done=done,
        left=left,
        problems=problems,
        lines=tuple(said),
        report=(*said, *named(manager)),
        exit_code=exit_code(after, problems=problems),
        output={"scenes": looked_at, "outcomes": outcomes, "written": manager.ledger.writes(since)},
    )


def waiting_reason(after: QueueReport) -> str:
    """The reason code of what is left in the queue."""
    return str(after.states.get("hold", {}).get("reason", Reason.WAITING_FOR_PLEX))


def named(manager: QueueManager) -> list[str]:
    """The scenes that wait for a person, by reason."""
    said = []
    for reason in PERSONS:
        scenes = manager.ledger.outcomes([reason], limit=MOST_NAMED)
        if scenes:
            numbers = ", ".join(str(outcome.scene_id) for outcome in scenes)
            said.append(f"{reason}: scenes {numbers}.")
    return said
