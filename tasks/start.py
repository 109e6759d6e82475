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

from sync_queue import datadir, lock, starts
from tasks import mode_names
from tasks.stderr import wait_until_read
from worker import bytecode, dependencies, logs

if TYPE_CHECKING:
    from hooks.protocol import Event

# The errors that Python raises for bytecode that was cut short; it reads the source where there is
# none.
HALF_WRITTEN = (EOFError, ValueError, TypeError, ImportError)
REPORT = "Install PlexSync again; if that does not help, please report this."

log = logging.getLogger("plexsync")


def run_worker(plugin_dir: str) -> None:
    """The resident worker. If it cannot even start, the reason is stored, and jobs wait."""
    lock.fill_standard_streams()
    try:
        be_worker(plugin_dir)
    except Exception as error:
        leave_reason(plugin_dir, error)
        raise


def be_worker(plugin_dir: str) -> None:
    """See to the log and the libraries, then work."""
    data_dir = datadir.resolve(plugin_dir, "", os.environ)
    logs.to_file(data_dir)
    logs.log_crashes()
    bytecode.compile_rooms(plugin_dir, bytecode.HOOK_ROOMS)
    try:
        dependencies.ensure(plugin_dir, data_dir, log.info)
    except (dependencies.DependenciesMissing, OSError) as error:
        log.error("%s", error)
        starts.note_failure(data_dir, str(error), time.time())
        return
    try:
        from worker.resident import main
    except HALF_WRITTEN:
        sys.pycache_prefix = os.devnull
        from worker.resident import main

    main(plugin_dir)


def leave_reason(plugin_dir: str, error: Exception) -> None:
    """Keep why the worker ends, where Status, Check Set-up and the next hook find it."""
    sentence = str(error)
    if not isinstance(error, datadir.Unusable):
        sentence = f"The worker ended unexpectedly ({type(error).__name__}: {sentence}). {REPORT}"
    data_dir = datadir.choose(plugin_dir, "", os.environ)
    starts.note_failure(data_dir, sentence, time.time())


def run_task(event: Event, plugin_dir: str) -> None:
    """A task or operation of Stash."""
    lock.fill_standard_streams()
    logs.to_stash()
    mode = event.mode
    if mode not in mode_names.MODES:
        refuse(f"PlexSync has no mode {mode!r}. Its modes: {', '.join(sorted(mode_names.MODES))}.")
        return
    begin(mode)
    try:
        data_dir = datadir.choose(plugin_dir, event.stash_dir, os.environ)
        dependencies.ensure(plugin_dir, data_dir, log.info, patient=True)
    except (dependencies.DependenciesMissing, OSError) as error:
        refuse(str(error))
        return
    try:
        from tasks.entry import main
    except HALF_WRITTEN:
        sys.pycache_prefix = os.devnull
        from tasks.entry import main

    main(event, plugin_dir)


def begin(mode: str) -> None:
    """Show immediately that a task of the Tasks page runs, before packages are fetched."""
    if mode in mode_names.TITLES:
        sys.stderr.write("\x01p\x020.0000\n")
        log.info("%s begins.", mode_names.TITLES[mode])


def refuse(sentence: str) -> None:
    """Report in Stash's log and in the reply why nothing was done."""
    log.error("%s", sentence)
    sys.stdout.write(json.dumps({"output": None, "error": sentence}))
    sys.stdout.flush()
    wait_until_read()
