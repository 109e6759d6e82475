"""The whole of a report, where there is room for it: in the worker's log file."""

from __future__ import annotations

import logging
import os

from sync_queue import datadir
from tasks.context import TaskRequest, TaskResult
from worker import logs

log = logging.getLogger("plexsync.tasks")


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
