"""The way into everything that needs libraries: worker and tasks. Standard library only.

The libraries are looked for, and installed where they are missing, before the first import of them.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from typing import TYPE_CHECKING

from sync_queue import datadir, launch, lock
from sync_queue.report import read_report
from tasks import mode_names
from worker import dependencies, logs

if TYPE_CHECKING:
    from hooks.protocol import Event

# Stash loses lines that are written just before a process ends.
LAST_LINE_SECONDS = 0.3

log = logging.getLogger("plexsync")


def run_worker(plugin_dir: str) -> None:
    """The resident worker. Without its libraries it says what to do, and jobs wait."""
    lock.fill_standard_streams()
    data_dir = datadir.resolve(plugin_dir, "", os.environ)
    logs.to_file(data_dir)
    logs.log_crashes()
    try:
        dependencies.ensure(plugin_dir, data_dir, log.info)
    except (dependencies.DependenciesMissing, OSError) as error:
        log.error("%s", error)
        return
    from worker.resident import main

    main(plugin_dir)


def run_task(event: Event, plugin_dir: str) -> None:
    """A task or operation of Stash."""
    logs.to_stash()
    try:
        mode = str((json.loads(event.raw).get("args") or {}).get("mode", ""))
    except (ValueError, RecursionError):
        refuse("PlexSync could not read the input from Stash (not JSON, or nested too deeply).")
        return
    if mode not in mode_names.MODES:
        refuse(f"PlexSync has no mode {mode!r}. Its modes: {', '.join(sorted(mode_names.MODES))}.")
        return
    reads_only = not mode_names.installs(mode)
    try:
        data_dir = datadir.choose(plugin_dir, event.stash_dir, os.environ)
        dependencies.ensure(plugin_dir, data_dir, log.info, patient=True, reads_only=reads_only)
    except (dependencies.DependenciesMissing, OSError) as error:
        if mode == "wake":
            wake_installer(plugin_dir, datadir.locate(plugin_dir, event.stash_dir, os.environ))
        refuse(str(error))
        return
    from tasks.entry import main

    main(event, plugin_dir)


def wake_installer(plugin_dir: str, data_dir: str) -> None:
    """Start a worker, which installs the libraries, if something waits for it."""
    report = read_report(data_dir, time.time())
    try:
        if report.left:
            launch.ensure_worker(plugin_dir, data_dir)
    except OSError as error:
        log.error("No worker could be started (%s). Run the task Process Queue.", error.strerror)


def refuse(sentence: str) -> None:
    """Say in Stash's log and in the reply why nothing was done."""
    log.error("%s", sentence)
    sys.stdout.write(json.dumps({"output": None, "error": sentence}))
    sys.stdout.flush()
    time.sleep(LAST_LINE_SECONDS)
