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

from sync_queue import datadir, lock
from worker import dependencies, logs

if TYPE_CHECKING:
    from hooks.protocol import Event

# What only looks must not install anything.
READING_MODES = frozenset({"status", "preview", "check_setup"})
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
        refuse("PlexSync could not read what Stash sent it (not JSON, or too deep).")
        return
    try:
        data_dir = datadir.choose(plugin_dir, event.stash_dir, os.environ)
        reads_only = mode in READING_MODES
        dependencies.ensure(plugin_dir, data_dir, log.info, patient=True, reads_only=reads_only)
    except (dependencies.DependenciesMissing, OSError) as error:
        refuse(str(error))
        return
    from tasks.entry import main

    main(event, plugin_dir)


def refuse(sentence: str) -> None:
    """Say in Stash's log and in the reply why nothing was done."""
    log.error("%s", sentence)
    sys.stdout.write(json.dumps({"output": None, "error": sentence}))
    sys.stdout.flush()
    time.sleep(LAST_LINE_SECONDS)
