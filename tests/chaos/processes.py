"""Chaos among real processes: hooks, tasks and workers of the plugin, killed at random."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from simulators import resident
from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from simulators.stash.jobs import Job
from simulators.stash.pictures import png
from sync_queue.jobs import DEADLY
from sync_queue.manager import QueueManager
from tests.chaos.model import Model
from tests.chaos.people import People
from tests.chaos.report import Report, double_writes
from tests.chaos.weather import Weather
from tests.e2e.conftest import Road
from tests.installed_plugin import eventually
from worker.deaths import ERROR

JUMPING_WORKER = Path(__file__).with_name("jumping_worker.py")
HOUR, YEAR = 3600.0, 365.25 * 86_400.0
DRAIN_SECONDS = 120.0


class Chaos:
    """The road, the model of what Plex has to show, and everything that may go wrong."""

    def __init__(self, road: Road, scenes: int, seed: int) -> None:
        self.road = road
        self.rng = random.Random(seed)
        self.order = random.Random(seed)  # what happens does not depend on how fast it happens
        self.report = Report(seed)
        self.weather = Weather(road.plex, road.stash, self.rng)
        self.model = Model(road.stash.library, self.rng)
        self.people = People(road, self.model, self.rng, self.report)
        self.jumping: list[subprocess.Popen[bytes]] = []
        self.tasks: list[int] = []
        self.lockers: list[threading.Thread] = []
        self.absurd: list[Item] = []
        self.restart = threading.Timer(0.0, road.plex.start)
        self.restart.start()
        for number in range(scenes):
            cover = png(4, 4, (number, 0, 0)) if number % 4 == 0 else None
            self.model.add(*road.add(f"{number % 3}/Video {number}.mp4", cover=cover))
        self.strangers = [
            road.plex.add_movie(road.section, f"/media/videos/other/Video {number}.mp4")
            for number in range(scenes)
        ]
        for scene in range(1, scenes + 1, 3):
            self.people.adds_a_tag_in_plex(scene)
        self.strangers_before = self.look_at_strangers()
        self.acts: list[tuple[int, Callable[[], None]]] = [
            (14, self.people.edit),
            (4, self.people.edit_with_killed_hook),
            (2, self.people.edit_without_hook),
            (2, self.people.bulk_edit),
            (1, self.people.rename_a_person),
            (6, self.spoil_plex),
            (2, self.spoil_stash),
            (1, self.weather.wrong_token),
            (1, self.weather.disk_full),
            (1, self.weather.revoked_key),
            (1, self.database_locked),
            (1, self.plex_restarts),
            (1, self.stash_restarts),
            (1, self.stash_forgets_sessions),
            (2, self.kill_worker),
            (1, self.end_worker),
            (2, self.run_task),
            (1, self.kill_task),
            (1, self.clock_jumps),
            (1, self.worker_pauses),
            (1, self.lock_vanishes),
            (1, self.index_vanishes),
            (1, self.log_of_another_owner),
            (1, self.weather.pictures_fail),
            (1, self.absurd_number),
            (1, self.another_plex),
            (4, self.all_is_well),
        ]
        self.once = [act for _, act in self.acts]  # each happens at least once
        self.order.shuffle(self.once)

    def look_at_strangers(self) -> list[Mapping[str, object]]:
        """The items that belong to no scene, as they are."""
        snapshot = self.road.plex.snapshot()
        return [snapshot[item.rating_key] for item in self.strangers]

    def act(self) -> None:
        """Something happens."""
        weights = [weight for weight, _ in self.acts]
        (act,) = self.order.choices([act for _, act in self.acts], weights)
        if self.once and self.order.random() < 0.7:
            act = self.once.pop()
        act()
        self.report.happened[act.__name__.replace("_", " ")] += 1

    # -- what goes wrong ----------------------------------------------------------------------

    def spoil_plex(self) -> None:
        self.weather.spoil_plex()

    def spoil_stash(self) -> None:
        self.weather.spoil_stash()

    def all_is_well(self) -> None:
        """For a moment. Who has corrected a setting runs a task; the worker would find it later."""
        self.weather.clear()
        self.run_task()

    def plex_restarts(self) -> None:
        self.restart.join()
        self.road.plex.stop()
        self.restart = threading.Timer(self.rng.uniform(0.0, 0.5), self.road.plex.start)
        self.restart.start()

    def stash_restarts(self) -> None:
        self.road.stash.restart()

    def stash_forgets_sessions(self) -> None:
        self.road.stash.expire_sessions()

    def workers(self) -> set[int]:
        return resident.workers(self.road.plugin.data_dir)

    def kill_worker(self) -> None:
        for pid in self.workers():
            self.send(pid, signal.SIGKILL)
            self.note_kill()

    def note_kill(self) -> None:
        self.report.happened["workers killed"] += 1
        self.report.kills.append(time.time())

    def end_worker(self) -> None:
        for pid in self.workers():
            self.send(pid, signal.SIGTERM)

    def send(self, pid: int, what: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, what)

    def run_task(self) -> None:
        self.tasks.append(self.road.stash.start_task("Process Queue"))

    def kill_task(self) -> None:
        """Whatever of the plugin runs under Stash at this moment."""
        before = sum(run.exit_code == -9 for run in self.road.stash.runs)
        self.run_task()
        self.kill_worker()  # so that the task is what drains
        threading.Event().wait(self.rng.uniform(0.0, 0.6))  # let it come so far
        plugins = self.road.stash.stash.plugins
        killed = set(plugins.running)
        plugins.kill_running()
        eventually(lambda: not killed & plugins.running)
        after = sum(run.exit_code == -9 for run in self.road.stash.runs)
        self.report.happened["tasks killed"] += after - before
        self.report.kills.append(time.time())

    def database_locked(self) -> None:
        """Another program, such as a backup, holds the database for longer than a hook waits."""
        path, seconds = self.road.plugin.database, self.rng.uniform(0.8, 2.0)
        if path.exists():
            self.lockers.append(threading.Thread(target=hold_database, args=(path, seconds)))
            self.lockers[-1].start()

    def clock_jumps(self) -> None:
        """Another worker takes over, whose clock is wrong, and is killed like the others."""
        offsets = self.rng.sample([0.0, -2 * HOUR, 2 * HOUR, 10 * YEAR, -time.time()], 2)
        self.kill_worker()
        while self.jumping:
            old = self.jumping.pop()
            if old.poll() is None:
                old.kill()
                self.note_kill()
            old.communicate()
        self.jumping.append(self.jumping_worker(0.3, *offsets))

    def jumping_worker(self, patience: float, *offsets: float) -> subprocess.Popen[bytes]:
        """Start a worker whose clock is wrong."""
        plugin = self.road.plugin
        command = [sys.executable, JUMPING_WORKER, plugin.directory, plugin.data_dir, patience]
        return subprocess.Popen(
            [str(part) for part in (*command, *offsets)],
            env={**os.environ, "PYTHONPATH": str(plugin.directory)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def worker_pauses(self) -> None:
        """As by ``docker pause``."""
        for pid in self.workers():
            self.send(pid, signal.SIGSTOP)
            threading.Timer(self.rng.uniform(0.0, 0.5), self.send, (pid, signal.SIGCONT)).start()

    def lock_vanishes(self) -> None:
        """Somebody tidies up beneath a live worker."""
        (self.road.plugin.database.parent / "worker.lock").unlink(missing_ok=True)

    def index_vanishes(self) -> None:
        """The index of SQLite's log too, in which processes see each other's commits. Other
        programs have closed the database: SQLite itself would let them write over it.
        """
        for locker in self.lockers:
            locker.join()
        self.road.plugin.database.with_name("data.db-shm").unlink(missing_ok=True)

    def log_of_another_owner(self) -> None:
        """Stash once ran as root, or as somebody else."""
        log = self.road.plugin.data_dir / "plexsync.log"
        if os.geteuid() == 0 and log.exists():
            os.chown(log, 12_345, 12_345)
            log.chmod(0o400)

    def absurd_number(self) -> None:
        """A tool writes absurd numbers into an item of Plex that is no scene's."""
        item = self.road.plex.add_movie(
            self.road.section, f"/media/videos/absurd/{len(self.absurd)}.mp4"
        )
        self.absurd.append(item)
        item.updated_at = item.added_at = self.rng.choice([2**63, 10**30, -1, 10**4000])

    def another_plex(self) -> None:
        """For a moment another Plex, an empty one, has the address."""
        plex = self.road.plex
        self.restart.join()
        plex.stop()
        other = PlexSimulator(token=plex.token, port=int(plex.url.rpartition(":")[2]))
        other.add_section("Videos", locations=["/media/videos"], agent="none")
        with other:
            threading.Event().wait(self.rng.uniform(0.1, 0.6))
        plex.start()

    # -- the end ------------------------------------------------------------------------------

    def calm_down(self) -> None:
        """All faults end; Process Queue, and then hours later, until Plex shows everything."""
        self.weather.clear()
        for locker in self.lockers:
            locker.join()
        eventually(lambda: self.road.plex.url and self.road.plex.start())
        for worker in self.jumping:
            worker.kill()
            worker.communicate()
        deadline = time.monotonic() + DRAIN_SECONDS
        hours = 0.0
        for job_id in self.tasks:
            job: Job | None = self.road.stash.job(job_id)
            if job is not None:
                job.over.wait(60)
        while (left := self.drain(hours)) or self.model.differences() or self.is_tried_again():
            hours += 2.0
            if time.monotonic() > deadline:
                self.report.happened["jobs that never ended"] += left
                return

    def is_tried_again(self) -> bool:
        """Whether a job was given up at which two workers happened to be killed: an hour later it
        is tried once more.
        """
        with QueueManager(str(self.road.plugin.data_dir), guest=True) as manager:
            return any(one.attempts == DEADLY for one in manager.letters.with_error(ERROR))

    def drain(self, hours: float) -> int:
        """A person runs Process Queue; a worker goes on when ``hours`` have passed. Returns the
        number of jobs left.
        """
        data_dir = self.road.plugin.data_dir
        done = self.road.stash.run_task("Process Queue")
        left = int(done.output["left"]) if done.output else 1
        if left == 0 and not self.model.differences() and not self.is_tried_again():
            return 0
        resident.stop_workers(data_dir)
        later = self.jumping_worker(5.0, hours * HOUR)
        stdout, stderr = later.communicate(timeout=60)
        assert later.returncode == 0, (stdout + stderr).decode()
        return left

    def finish(self) -> Report:
        report = self.report
        report.faults_met = self.weather.met
        report.lost = self.model.differences()
        report.wrong = self.model.wrong_items(self.road.plex.items())
        report.wrong += [
            item.rating_key
            for item, before, now in zip(
                self.strangers, self.strangers_before, self.look_at_strangers(), strict=True
            )
            if before != now
        ]
        report.double = double_writes(self.road.plex.requests, report.kills)
        return report


def hold_database(path: Path, seconds: float) -> None:
    """Keep everybody else from writing for so long."""
    database = sqlite3.connect(path, timeout=5.0, isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        threading.Event().wait(seconds)
    finally:
        database.close()
