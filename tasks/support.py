"""Operation ``support``: a support file that a user can send to us.

Without ``with_names`` it holds no title, no name and no path: only what PlexSync itself says.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping

from sync_queue import datadir
from sync_queue.report import QueueReport, read_report
from sync_queue.version import VERSION
from tasks import listings, status
from tasks.context import Progress, TaskRequest, TaskResult
from worker.dependencies import NEEDED, found_version

KEPT_FILES = 5
MOST_LETTERS = 50
PREFIX, ENDING = "support-", ".json"
# The settings that hold neither a name nor a path nor an address.
PLAIN = (bool, int, float)


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Write the file; its path is the answer."""
    progress(0.0)
    data_dir, now = request.resolve(), time.time()
    report = read_report(data_dir, now, most=MOST_LETTERS)
    with_names = request.flag("with_names")
    doc = content_of(request, report, now, with_names=with_names)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    path = os.path.join(data_dir, f"{PREFIX}{stamp}{ENDING}")
    content = json.dumps(doc, indent=1).encode()
    datadir.write_private(path, content)
    remove_older(data_dir)
    names = "with" if with_names else "without"
    return TaskResult(
        done=1,
        lines=(f"The support file, {names} titles and paths, is {path}",),
        output={"path": path, "bytes": len(content)},
    )


def content_of(
    request: TaskRequest, report: QueueReport, now: float, *, with_names: bool
) -> dict[str, object]:
    """The content."""
    states, stats = report.states, report.stats
    values = states.doc("settings").get("values", {})
    doc: dict[str, object] = {
        "version": 1,
        "plexsync": VERSION,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: ".".join(map(str, found_version(name))) for name in NEEDED},
        "plex": states.text("server", "release"),
        "at": now,
        "settings": {name: shown(value, with_names) for name, value in values.items()},
        "worker_alive": report.worker_alive,
        "jobs": {
            "pending": stats.pending,
            "delayed": stats.delayed,
            "in_progress": stats.in_progress,
            "completed": stats.completed,
            "dead_letters": stats.failed,
            "spooled": report.spooled,
        },
        "outcomes": dict(report.tables.outcomes),
        "breaker": states.text("breaker", "state"),
        "hold": report.hold_reason,
        "runs": states.doc("runs").get("runs", []),
        "letters": [
            {"reason": one.reason, "attempts": one.attempts, "at": one.at}
            for one in report.tables.letters
        ],
    }
    return {**doc, **named(request, report, now)} if with_names else doc


def shown(value: object, with_names: bool) -> object:
    """A setting's value; of a text only whether it is set."""
    if with_names or isinstance(value, PLAIN):
        return value
    return value if value in ("set", "not set") else ("set" if value else "not set")


def named(request: TaskRequest, report: QueueReport, now: float) -> Mapping[str, object]:
    """The part that names scenes, files and servers."""
    tail = listings.log_tail(request, report.data_dir, now)
    return {
        "status": status.look(request, report.data_dir, now).output,
        "last_error": report.states.text("last_error", "sentence"),
        "log": tail.output["lines"],
    }


def remove_older(data_dir: str) -> None:
    """Keep the newest ones."""
    found = sorted(
        name for name in os.listdir(data_dir) if name.startswith(PREFIX) and name.endswith(ENDING)
    )
    for name in found[:-KEPT_FILES]:
        os.remove(os.path.join(data_dir, name))
