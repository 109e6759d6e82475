"""What holds everything up, in sentences: the same in every report."""

from __future__ import annotations

from collections.abc import Mapping

from sync_queue.report import LetterLine, QueueReport
from sync_queue.state import Breaker, BreakerState, Facts, HoldNote, LastError, WrongSettings
from validation.reasons import Reason

# What each reason means and what a person can do, as a sentence about scenes or items.
ADVICE: Mapping[str, str] = {
    Reason.NOTHING_TO_SYNC: "have nothing but a file; give them a title in Stash.",
    Reason.FILTERED: "are left out by the settings (tags, studios, paths, organized) or ignored.",
    Reason.NO_FILE: "have no file in Stash.",
    Reason.NOT_IN_PLEX: "have no file in Plex's libraries; check the path rules, or let Plex scan."
    " They sync by themselves when Plex has them.",
    Reason.AMBIGUOUS: "fit several items of Plex; choose one with pin, or ignore the scene.",
    Reason.ITEM_TAKEN: "show an item that another scene has; pin one of the two.",
    Reason.INVALID: "have data that Plex cannot take; correct them in Stash.",
    Reason.REFUSED_BY_PLEX: "were refused by Plex; see the dead letters.",
    Reason.IMAGE_UNUSABLE: "have a cover that Plex cannot take; save it in Stash as JPEG or PNG, or"
    " install Pillow.",
    Reason.IMAGE_TOO_BIG: "have a cover above 10 MB; save a smaller one in Stash, or install"
    " Pillow.",
    Reason.TOO_MANY_REMOVALS: "would have lost values, as would very many others; if that is what"
    " you want, run Sync All Scenes or Retry Failed.",
    Reason.PLEX_KEPT_OTHER_VALUE: "show another value in Plex than was sent.",
    Reason.WAITING_FOR_PLEX: "wait for Plex to answer.",
    Reason.WAITING_FOR_STASH: "wait for Stash to answer.",
    Reason.PAUSED: "wait until the setting Pause is off.",
    Reason.SETUP: "wait for a setting; run Check Set-up.",
    Reason.SCENE_GONE: "are gone from Stash.",
}


# What ends a hold, as an order to a person.
REMEDY: Mapping[str, str] = {
    Reason.PAUSED: "Switch the setting Pause off.",
    Reason.SETUP: "Correct that under Settings > Plugins > PlexSync.",
    Reason.WAITING_FOR_STASH: "Save a scene in Stash or run one of its tasks.",
}


def standing(states: Facts) -> list[tuple[str, str]]:
    """What holds everything up, if anything does, and what a person can do about it."""
    said = []
    hold = states.load(HoldNote)
    if hold.sentence:
        todo = REMEDY.get(hold.reason, "plexsync.log tells more.")
        said.append((f"Everything waits ({hold.reason}): {hold.sentence}", todo))
    if states.load(Breaker).state is not BreakerState.CLOSED:
        sentence = "Plex does not answer: jobs wait and PlexSync asks again at least every 60 s."
        said.append((sentence, "See that Plex runs and that this machine reaches its address."))
    last = states.load(LastError)
    if last.sentence:
        todo = "It is tried again by itself; if this stays, plexsync.log tells more."
        said.append((f"Last error: {last.sentence}", todo))
    return said


def standing_problem(states: Facts) -> list[str]:
    """What holds everything up, if anything does, and what is wrong with the settings."""
    problems = states.load(WrongSettings).problems
    wrong = [f"The default is used: {problem}" for problem in problems]
    return [*(sentence for sentence, _ in standing(states)), *wrong]


def waiting_reason(report: QueueReport) -> str:
    """The reason code of what waits, "" where a healthy worker just goes on with it."""
    return report.hold_reason or (Reason.WAITING_FOR_PLEX if report.plex_fails else "")


def letter_text(letter: LetterLine) -> str:
    """A dead letter in one line, with the numbers by which a person can name it."""
    scene = f", scene {letter.scene}" if letter.scene else ""
    return f"no. {letter.job}{scene}, {letter.reason}: {letter.message}"


def reasons_lines(outcomes: Mapping[str, int], most: int) -> list[str]:
    """A line for each of the ``most`` frequent reasons why scenes are not synced."""
    ranked = sorted(
        ((count, reason) for reason, count in outcomes.items() if reason in ADVICE and count),
        key=lambda pair: (-pair[0], pair[1]),
    )
    said = [f"{reason}: {count} scenes {ADVICE[reason]}" for count, reason in ranked[:most]]
    if len(ranked) > most:
        others = ", ".join(f"{count} {reason}" for count, reason in ranked[most:])
        said.append(f"Further reasons: {others}.")
    return said
