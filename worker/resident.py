"""The resident worker's process: lock, log file, watchdog, idle exit, hand-over to new code.

One per data directory. Its SyncWorker is a daemon thread; the main thread here only watches.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import time
from dataclasses import dataclass, replace

from sync_queue import datadir, launch, lock, rescue, starts
from sync_queue.manager import QueueManager
from sync_queue.trouble import (
    DatabaseDamaged,
    DatabaseReplaced,
    DatabaseTooNew,
    replaced,
)
from sync_queue.version import code_version
from validation import numbers
from validation.errors import QueueError
from worker import bytecode, logs
from worker.awake import LONGEST_LOOK_SECONDS, STUCK_SECONDS, TimeAwake
from worker.deaths import take_back_leases
from worker.loop import End
from worker.notices import LetterCount
from worker.patience import Patience
from worker.permission import MAIN_FILE, REMOVED
from worker.processor import SyncWorker
from worker.stop_signals import StopSignal, stop_signals

# How many workers in a row may start another one because their files were replaced: on a file
# system whose numbers of files do not stay, all would.
MOST_SUCCESSORS = 5
SUCCESSOR = "PLEXSYNC_SUCCESSOR"

NEW_CODE = "new code"
STOPPED = "stop requested"

log = logging.getLogger("plexsync.resident")


@dataclass(frozen=True, slots=True)
class Limits:
    """The timeouts of a resident worker, in seconds.

    ``idle`` without anything to do, then it ends. ``stuck`` without a step of the sync thread, then
    it ends too: every request has a timeout far below that. ``patience`` for the job at hand when
    it has to stop. ``watch`` between two checks. An update deletes files before it writes the new
    ones: it is over when nothing changed for ``settled``, and given up after ``update``.
    """

    idle: float = 30 * 60.0
    stuck: float = STUCK_SECONDS
    patience: float = 8.0
    watch: float = 2.5
    settled: float = 2.0
    update: float = 30.0


def main(plugin_dir: str, limits: Limits | None = None) -> None:
    """Run until idle, stopped, or replaced by newer code."""
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
    bytecode.compile_rooms(plugin_dir, bytecode.HOOK_ROOMS + bytecode.OTHER_ROOMS)
    limits = limits or Limits()
    if leaves_zombies(name_of_pid_one()):
        limits = replace(limits, idle=math.inf)
    try:
        run(plugin_dir, data_dir, descriptor, limits)
    except DatabaseReplaced as error:
        log.error("%s", error)
        make_room(plugin_dir, data_dir, descriptor)
    except QueueError as error:
        log.error("%s", error)
        starts.note_failure(data_dir, str(error), time.time())


def run(plugin_dir: str, data_dir: str, descriptor: int, limits: Limits) -> None:
    """Work, and come back when something was queued while the lock was being released."""
    version = installed_version(plugin_dir)
    log.info("Worker %s started, pid %d, data in %s.", version, os.getpid(), data_dir)
    patience = Patience()
    trouble: QueueError | None = None
    comes_back = True
    with stop_signals() as stop:
        while comes_back:
            try:
                check_lock(descriptor, data_dir)
                if isinstance(trouble, DatabaseDamaged):
                    rescue.restore(data_dir)
                trouble = None
                with rescue.open_queue(data_dir) as manager:
                    comes_back = work(manager, plugin_dir, descriptor, limits, version, stop)
            except (DatabaseTooNew, DatabaseReplaced):
                raise
            except QueueError as error:
                trouble = error
                told = stop.wait(patience.wait(error))
                comes_back = not told and installed_version(plugin_dir) == version
            else:
                patience.over()


def check_lock(descriptor: int, data_dir: str) -> None:
    """Raise ``DatabaseReplaced`` if another worker may have the database: our lock is gone."""
    if not lock.is_current(descriptor, data_dir):
        raise replaced(lock.LOCK_FILE)


def work(
    manager: QueueManager,
    plugin_dir: str,
    descriptor: int,
    limits: Limits,
    version: str,
    stop: StopSignal,
) -> bool:
    """Run a SyncWorker until it has to stop; whether to come back. Raises ``QueueError``."""
    check_lock(descriptor, manager.data_dir)  # once more: the manager watches it only from now on
    take_back_leases(manager, time.time())
    LetterCount().log(manager)
    worker = SyncWorker(manager, plugin_dir=plugin_dir, on_end=stop.nudge)
    worker.start()
    reason = watch(worker, stop, plugin_dir, version, limits)
    worker.stop(limits.patience)
    log.info("Worker stops: %s.", reason)
    if worker.error is not None:
        raise worker.error
    if reason == NEW_CODE:
        hand_over(plugin_dir, manager.data_dir, descriptor)
        return False
    lock.release(descriptor)
    return has_work(manager, reason) and lock.take(descriptor)


def has_work(manager: QueueManager, reason: str) -> bool:
    """Whether something was queued while the lock was being released; a worker that waited because
    Stash's address was unknown comes back when it is known.
    """
    try:
        if reason == End.WAITING:
            return bool(manager.stash_connection().get("server_connection"))
        return reason == End.IDLE and manager.work_waits(time.time())
    except QueueError:  # the lock is another's already, or the next hook's
        return False


def watch(
    worker: SyncWorker, stop: StopSignal, plugin_dir: str, version: str, limits: Limits
) -> str:
    """The watchdog: returns why the worker has to stop, or ends a process that is stuck."""
    awake = TimeAwake(LONGEST_LOOK_SECONDS + limits.watch)
    while not stop.wait(limits.watch):
        stuck = awake.without_a_step(worker.seconds_since_step(), time.monotonic())
        if worker.finished and worker.finished != REMOVED:
            return worker.finished
        if not worker.finished and not worker.is_alive():
            end_at_once("The sync thread died")
        if stuck > limits.stuck and not worker.finished:
            end_at_once(f"No step for {limits.stuck:.0f} seconds")
        if worker.finished or installed_version(plugin_dir) != version:
            return wait_for_files(plugin_dir, stop, limits)
        if worker.idle_seconds() > limits.idle:
            return End.IDLE
    return STOPPED


def make_room(plugin_dir: str, data_dir: str, descriptor: int) -> None:
    """Let another process open the files that are there now: this one has others open, and ends.
    Without a database the next edit starts it.
    """
    turn = numbers.amount(os.environ.get(SUCCESSOR))
    is_there = os.path.exists(datadir.database_path(data_dir)) and installed_version(plugin_dir)
    if is_there and turn < MOST_SUCCESSORS:
        os.environ[SUCCESSOR] = str(turn + 1)
        lock.release(descriptor)
        launch.ensure_worker(plugin_dir, data_dir, asked=True)
    logging.shutdown()
    os._exit(0)


def end_at_once(what: str) -> None:
    """End this process where it stands; its leases are taken back by the next worker."""
    log.critical("%s; this process ends, the next edit starts another.", what)
    os._exit(1)


def wait_for_files(plugin_dir: str, stop: StopSignal, limits: Limits) -> str:
    """Wait until an update has finished: new code, or none any more."""
    deadline = time.monotonic() + limits.update
    seen, since = "", time.monotonic()
    while time.monotonic() < deadline:
        version = installed_version(plugin_dir)
        if version != seen:
            seen, since = version, time.monotonic()
        if version and time.monotonic() - since > limits.settled:
            return NEW_CODE
        if stop.wait(0.1):
            return STOPPED
    return REMOVED


def installed_version(plugin_dir: str) -> str:
    """The version of the installed code; "" when there is none, or not yet."""
    present = os.path.exists(os.path.join(plugin_dir, MAIN_FILE))
    return code_version(plugin_dir) if present else ""


def hand_over(plugin_dir: str, data_dir: str, descriptor: int) -> None:
    """Become the new code: the same process and the same lock where the system allows it. Where
    Python itself is gone, its next start is Stash's matter."""
    command = [sys.executable, os.path.join(plugin_dir, MAIN_FILE), "--worker"]
    if os.name == "nt":
        lock.release(descriptor)
        launch.spawn_windows(command, dict(os.environ))
        return
    for handler in logging.getLogger().handlers:
        handler.flush()
    try:
        os.execv(command[0], command)  # noqa: S606 (our own interpreter and file, no shell)
    except OSError as error:
        sentence = f"{command[0]} could not be started ({error.strerror})."
        log.error("%s", sentence)
        starts.note_failure(data_dir, sentence, time.time())


def leaves_zombies(pid_one: str) -> bool:
    """Whether a process that ends stays a zombie for ever, so that one worker should stay.

    ``pid_one`` is the name of the first process: in Stash's own image that is Stash, which never
    reaps orphans.
    """
    return pid_one.strip().startswith("stash")


def name_of_pid_one() -> str:
    """The name of the system's first process; "" where it is unknown."""
    try:
        with open("/proc/1/comm", encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
