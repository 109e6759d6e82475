"""Mode by mode, what Stash's Tasks page, operations and the command line can ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tasks import process_queue, status, wake
from tasks.context import TaskRequest, TaskResult

# A task gets the request and a function that moves the progress bar (0 to 1).
Progress = Callable[[float], None]

MODES: Mapping[str, Callable[[TaskRequest, Progress], TaskResult]] = {
    "process_queue": process_queue.run,
    "status": status.run,
    "wake": wake.run,
}
