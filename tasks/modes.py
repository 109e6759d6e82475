"""Mode by mode, what Stash's Tasks page, operations and the command line can ask for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from sync_queue.shared import shared_queue
from tasks import (
    check_setup,
    letters,
    one_scene,
    preview,
    process_queue,
    status,
    sync_all,
    sync_changed,
    wake,
)
from tasks.context import TaskRequest, TaskResult
from tasks.runs import note_run

# A task gets the request and a function that moves the progress bar (0 to 1).
Progress = Callable[[float], None]

MODES: Mapping[str, Callable[[TaskRequest, Progress], TaskResult]] = {
    "process_queue": process_queue.run,
    "sync_all": sync_all.run,
    "sync_changed": sync_changed.run,
    "preview": preview.run,
    "retry_failed": letters.retry_failed,
    "check_setup": check_setup.run,
    "status": status.run,
    "sync": one_scene.sync,
    "pin": one_scene.pin,
    "ignore": one_scene.ignore,
    "retry": letters.retry,
    "dismiss": letters.dismiss,
    "wake": wake.run,
}


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Run the mode that was asked for, and keep how it ended where Status is to show it. Every
    report ends with the data directory.
    """
    begun = time.time()
    result = MODES[request.mode](request, progress)
    data_dir = request.locate()
    if result.title:
        with shared_queue(data_dir) as manager:
            note_run(manager, result, begun)
    if not result.lines:
        return result
    end = (f"Data directory: {data_dir}",)
    return replace(
        result,
        lines=result.lines + end,
        report=result.report + end if result.report else (),
        details={**result.details, "data_dir": data_dir},
    )
