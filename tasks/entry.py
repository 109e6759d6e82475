"""A task or operation as Stash starts it: standard input parsed, one JSON reply."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

from tasks import modes
from tasks.context import TaskResult, parse_request
from tasks.outcomes import keep_report
from tasks.stderr import wait_until_read
from validation.errors import PlexSyncError
from validation.texts import one_lines
from validation.words import Wrong
from worker import logs

if TYPE_CHECKING:
    from hooks.protocol import Event

MOST_LINES = 15

log = logging.getLogger("plexsync")


def main(event: Event, plugin_dir: str) -> None:
    """Run what was asked for and reply. Always ends with exit status 0."""
    logs.to_stash()
    try:
        request = parse_request(event.raw, plugin_dir)
        result = modes.run(request, stash_progress)
    except (PlexSyncError, OSError) as error:
        log.error("%s", error)
        reply({"output": None, "error": str(error)})
    else:
        keep_report(request, result)
        report(result.lines)
        reply({"output": {"mode": request.mode, **counts(result), **result.output}})
    wait_until_read()


def counts(result: TaskResult) -> dict[str, object]:
    """The part of the reply that every task has."""
    return {"done": result.done, "left": result.left, "problems": result.problems}


def report(lines: tuple[str, ...]) -> None:
    """Write a report last line first, since Stash's log page shows the newest line on top. The
    last line, which names the data directory, stays in whatever there is.
    """
    for line in reversed((*lines[:-1][: MOST_LINES - 1], *lines[-1:])):
        log.log(logging.WARNING if isinstance(line, Wrong) else logging.INFO, "%s", line)


def stash_progress(fraction: float) -> None:
    """Move the bar of Stash's task queue; ``fraction`` is 0 to 1."""
    sys.stderr.write(f"\x01p\x02{fraction:.4f}\n")
    sys.stderr.flush()


def reply(answer: dict[str, object]) -> None:
    """The one JSON object on standard output, for users to read."""
    sys.stdout.write(json.dumps(one_lines(answer)))
    sys.stdout.flush()
