"""Describe obstacles to syncing and the user's next steps, in the same words in every report."""

from __future__ import annotations

import time

from validation.reasons import TABLE, Reason
from validation.words import Wrong, count

TYPE_CHECKING = False
if TYPE_CHECKING:  # Status reads this module and must be quick
    from collections.abc import Mapping
    from typing import Any

    from sync_queue.facts import Facts
    from sync_queue.report import Letter, QueueReport

# A saved scene tries only now and then; see ``sync_queue.starts``.
START_TODO = (
    "Process Queue tries to start it immediately; saved scenes try once a minute, later every ten"
    " minutes."
)


def advice(reason: str) -> str:
    """Return the meaning of a reason and the next step; "" for a code of a newer version."""
    about = TABLE.get(Reason(reason)) if reason in set(Reason) else None
    return f"{about.meaning} {about.todo}" if about else ""


def blockers(states: Facts) -> list[tuple[str, str]]:
    """Return a sentence for everything that blocks syncing, each with the user's next step."""
    found = []
    reason, held = states.text("hold", "reason"), states.text("hold", "sentence")
    if held:
        known = reason in set(Reason)
        todo = Reason(reason).about.todo if known else "Read plexsync.log."
        found.append((f"Everything waits ({reason}): {held}", todo))
    if states.outage:
        found.append((states.outage, Reason.WAITING_FOR_PLEX.about.todo))
    last = states.text("last_error", "sentence")
    if last:
        todo = "PlexSync retries by itself. If the error stays, read plexsync.log."
        found.append((f"Last error: {last}", todo))
    return found


def start_advice(report: QueueReport) -> str:
    """Return why no worker could start and when it is tried again, "" where nothing is wrong."""
    if not report.start_problem:
        return ""
    return f"{report.start_problem} {START_TODO}"


def problem_lines(states: Facts) -> list[str]:
    """Return the obstacles to syncing, and the problems of the settings."""
    problems = states.doc("wrong_settings").get("problems", [])
    wrong = [f"The default is used: {problem}" for problem in problems]
    said = (*(sentence for sentence, _ in blockers(states)), *wrong)
    is_paused = states.text("hold", "reason") == Reason.PAUSED  # the user wants it so
    return [sentence if is_paused else Wrong(sentence) for sentence in said]


def waiting_reason(report: QueueReport) -> str:
    """Return why edits wait, "" while a healthy worker is on them."""
    return report.hold_reason or (Reason.WAITING_FOR_PLEX if report.plex_fails else "")


def letter_text(letter: Letter) -> str:
    """Return a dead letter in one line, with the numbers that name it."""
    scene = f", scene {letter.scene}" if letter.scene else ""
    return f"no. {letter.job}{scene}, {letter.reason}: {letter.message}"


def reasons_lines(outcomes: Mapping[str, int], most: int) -> list[str]:
    """Return a line for each of the ``most`` frequent reasons why scenes are not synced."""
    ranked = sorted(
        ((number, reason) for reason, number in outcomes.items() if advice(reason) and number),
        key=lambda pair: (-pair[0], pair[1]),
    )
    lines = [
        f"{reason}: {count(number, 'scene', 'scenes')}. {advice(reason)}"
        for number, reason in ranked[:most]
    ]
    if len(ranked) > most:
        others = ", ".join(f"{number} {reason}" for number, reason in ranked[most:])
        lines.append(f"Further reasons: {others}.")
    return lines


def run_line(run: Mapping[str, Any]) -> str:
    """Return one of the last runs in words."""
    try:
        moment = time.strftime("%Y-%m-%d at %H:%M", time.localtime(run["at"]))
    except (OverflowError, OSError, ValueError):
        moment = "an unknown day"
    return (
        f"{run['task']} on {moment}: scenes checked: {run['done']},"
        f" edits left: {run['left']}, problems: {run['problems']}."
    )
