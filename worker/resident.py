"""The resident worker's process: lock, log file, watchdog, idle exit, hand-over to new code.

One per data directory. Its SyncWorker is a daemon thread; the main thread here only watches.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sync_queue import datadir, lock
from sync_queue.manager import QueueManager
from sync_queue.version import code_version
from validation.errors import QueueError
from worker import bytecode, logs
from worker.processor import SyncWorker

IDLE_SECONDS = 30 * 60.0
# No step of the worker takes this long: every request has a timeout far below it.
STUCK_SECONDS = 10 * 60.0
WATCH_SECONDS = 0.5
# An update deletes files before it writes the new ones.
SETTLED_SECONDS = 2.0
UPDATE_SECONDS = 30.0

log = logging.getLogger("plexsync.resident")


def main(plugin_dir: str) -> None:
    """Run until idle, told to stop, or replaced by newer code."""
    data_dir = datadir.resolve(plugin_dir, "", os.environ)
    descriptor = lock.acquire(data_dir)
    if descriptor is None:
        return
    if descriptor != 0 and os.name != "nt":
        # The lock is always standard input, so that it survives the hand-over to new code.
        os.dup2(descriptor, 0)
        os.close(descriptor)
        descriptor = 0
    logs.to_file(data_dir)
    bytecode.compile_hook(plugin_dir)
    try:
        run(plugin_dir, data_dir, descriptor)
    except QueueError as error:
        log.error("%s", error)


def run(plugin_dir: str, data_dir: str, descriptor: int) -> None:
    """Work, and come back when something was queued while the lock was being released."""
    version = code_version(plugin_dir)
    log.info("Worker %s started, pid %d, data in %s.", version, os.getpid(), data_dir)
    while True:
        with QueueManager(data_dir) as manager, stop_signals() as stop:
            manager.queue.resume_unack_tasks()
            worker = SyncWorker(manager, manager.dlq, plugin_dir=plugin_dir)
            worker.start()
            reason = watch(worker, stop, plugin_dir, version)
            worker.stop()
            log.info("Worker stops: %s.", reason)
            if reason == "new code":
                hand_over(plugin_dir, descriptor)
                return
            lock.release(descriptor)
            if reason != "idle" or not manager.work_waits(time.time()):
                return
        if not lock.take(descriptor):
            return


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(worker: SyncWorker, stop: threading.Event, plugin_dir: str, version: str) -> str:
    """The watchdog: returns why the worker has to stop, or ends a process that is stuck."""
    stays = started_by_pid_one()
    while not stop.wait(WATCH_SECONDS):
        if worker.finished:
            return worker.finished
        if not worker.is_alive():
            log.critical("The sync thread died; this process ends, the next hook starts another.")
            os._exit(1)
        if worker.seconds_since_step() > STUCK_SECONDS:
            log.critical(
                "No step for ten minutes; this process ends, the next hook starts another."
            )
            os._exit(1)
        if not os.path.exists(os.path.join(plugin_dir, "PlexSync.py")):
            return "new code" if wait_for_files(plugin_dir, stop) else "plugin removed"
        if code_version(plugin_dir) != version:
            return "new code" if wait_for_files(plugin_dir, stop) else "plugin removed"
        if worker.idle_seconds() > IDLE_SECONDS and not stays:
            return "idle"
    return "told to stop"


def wait_for_files(plugin_dir: str, stop: threading.Event) -> bool:
    """Wait until an update has finished; False when the plugin is not there any more."""
    deadline = time.monotonic() + UPDATE_SECONDS
    seen, since = "", time.monotonic()
    while time.monotonic() < deadline:
        present = os.path.exists(os.path.join(plugin_dir, "PlexSync.py"))
        version = code_version(plugin_dir) if present else ""
        if version != seen:
            seen, since = version, time.monotonic()
        if present and time.monotonic() - since > SETTLED_SECONDS:
            return True
        if stop.wait(0.1):
            return False
    return False


def hand_over(plugin_dir: str, descriptor: int) -> None:
    """Become the new code: the same process and the same lock where the system allows it."""
    command = [sys.executable, os.path.join(plugin_dir, "PlexSync.py"), "--worker"]
    if os.name == "nt":
        from sync_queue import launch

        lock.release(descriptor)
        launch.spawn_windows(command, dict(os.environ))
        return
    logging.shutdown()
    os.execv(command[0], command)  # noqa: S606 (our own interpreter and file, no shell)


def started_by_pid_one() -> bool:
    """Whether Stash is PID 1, which never reaps orphans: one worker then stays for good."""
    try:
        with open("/proc/1/comm", encoding="ascii", errors="replace") as file:
            return file.read().strip() == "stash"
    except OSError:
        return False
