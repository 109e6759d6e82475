"""Mode by mode, what Stash's Tasks page, operations and the command line can ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
