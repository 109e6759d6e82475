"""A SyncWorker without its thread: stepped by hand, with a clock that a test moves."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator
from stash.client import StashClient
from sync_queue import producer, schema
from sync_queue.job_counts import QueueStats
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from sync_queue.state import HoldNote
from worker.circuit_breaker import CircuitBreaker
from worker.processor import SyncWorker

MakeBench = Callable[..., "Bench"]
ROOT = Path(__file__).resolve().parents[2]
STASH_FOLDER, PLEX_FOLDER = "/data/scenes", "/media/videos"
NEW_YEAR_2027 = 1_798_761_600.0
MOST_STEPS = 5_000


@dataclass
class Clock:
    """Epoch seconds that pass only when a test says so, or by ``tick`` with each look at it. The
    machine may sleep for ``slept()`` seconds before any look.
    """

    now: float = NEW_YEAR_2027
    tick: float = 0.0
    slept: Callable[[], float] = lambda: 0.0
    planned: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    def __call__(self) -> float:
        self.now += self.tick + self.slept()
        for moment, action in list(self.planned):
            if moment <= self.now:
                self.planned.remove((moment, action))
                action()
        return self.now

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something as soon as so much time has passed, whatever is going on then."""
        self.planned.append((self.now + seconds, action))


class Bench:
    """Both servers, one queue, and a worker that takes a step only when it is told to."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.clock = Clock()
        self.plugin_dir = folder / "plugins" / "PlexSync"
        self.plugin_dir.mkdir(parents=True)
        for name in ("PlexSync.py", "PlexSync.yml"):
            shutil.copy2(ROOT / name, self.plugin_dir / name)
        self.plex = self.new_plex().start()
        self.section = self.plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
        self.stash = StashSimulator(
            self.plugin_dir.parent, config_dir=folder, credentials=("ann", "word"), now=self.clock
        ).start()
        self.stash.settings = {
            "plex_url": self.plex.url,
            "plex_token": self.plex.token,
            "path_map": f"{STASH_FOLDER} => {PLEX_FOLDER}",
            "skip_posters": True,
            **settings,
        }
        self.data_dir = folder / "data"
        self.manager = QueueManager(str(self.data_dir))
        self.said: list[str] = []
        self.tell()
        self.worker = self.new_worker()

    def close(self) -> None:
        self.worker.loop.news.close()
        self.manager.jobs.close()
        self.stash.close()
        self.plex.stop()

    def new_plex(self) -> PlexSimulator:
        """The simulated Plex, not started; a bench of another kind may want another one."""
        return PlexSimulator(clock=self.clock)

    def new_worker(
        self, *, when_idle: bool = False, environ: Mapping[str, str] | None = None
    ) -> SyncWorker:
        """Another worker on the same data directory, as after a restart."""
        self.worker = SyncWorker(
            self.manager,
            plugin_dir=str(self.plugin_dir),
            environ=environ or {},
            clock=self.clock,
            rng=lambda: 0.5,
            sleep=lambda seconds: None,
            when_idle=when_idle,
        )
        return self.worker

    # -- what happens in Stash ----------------------------------------------------------------

    def add(self, name: str = "Harbour Lights.mp4", **fields: object) -> tuple[int, Item]:
        """A file that both servers know: the scene's number and the item."""
        scene = self.add_scene(name, **fields)
        return scene, self.plex.add_movie(self.section, f"{PLEX_FOLDER}/{name}")

    def add_scene(self, name: str, **fields: object) -> int:
        """A scene whose file only Stash knows."""
        title = fields.pop("title", name.removesuffix(".mp4"))
        files = [{"path": f"{STASH_FOLDER}/{name}", "size": 700_000_000, "duration": 1800.0}]
        return self.stash.library.add_scene(str(title), files=files, **fields)  # type: ignore[arg-type]

    def edit(self, scene: int, **fields: object) -> None:
        """A person saves a scene: it changes, and its hook stores an event."""
        self.stash.library.touch(scene, **fields)
        self.hook(scene)

    def tell(self) -> None:
        """Stash starts a task, which stores address and session."""
        doc = {"server_connection": self.stash.server_connection(), "settings": None}
        self.manager.remember_connection(doc, self.clock())

    def event(self, scene: int, kind: str, key: str) -> dict[str, object]:
        """What a hook's process stores."""
        connection = {"server_connection": self.stash.server_connection(), "settings": None}
        return {
            "key": key or f"scene:{scene}",
            "scene_id": 0 if key else scene,
            "update_type": kind,
            "fields": '["title"]',
            "connection": json.dumps(connection),
            "version": "test",
            "now": self.clock(),
        }

    def hook(self, scene: int, kind: str = "Scene.Update.Post", key: str = "") -> None:
        """A hook's process stores its event, over a connection of its own."""
        event = self.event(scene, kind, key)
        producer.store(str(self.data_dir), event, say=lambda _level, text: self.said.append(text))
        producer.LEFT_OPEN.pop().close()

    def spool(self, scene: int) -> None:
        """A hook that found the database locked leaves its event in a file."""
        producer.spool(str(self.data_dir), self.event(scene, "Scene.Update.Post", ""))

    def enqueue(self, *scenes: int) -> None:
        """Jobs as the worker itself or a task stores them."""
        self.manager.jobs.put_all([scene_job(scene, "task", self.clock()) for scene in scenes])

    # -- what the worker does -----------------------------------------------------------------

    def run(self) -> float:
        """Step until there is nothing to do now; returns how many seconds it wants to wait."""
        for _ in range(MOST_STEPS):
            wait = self.worker.loop.step()
            if wait > 0:
                return wait
        raise AssertionError(f"still busy after {MOST_STEPS} steps")

    def pass_time(self, seconds: float, until: Callable[[], bool] = lambda: False) -> float:
        """Let time pass with the worker awake when it wants to be; returns the seconds passed.

        Ends earlier when ``until`` is true.
        """
        begun = self.clock.now
        while not until() and self.clock.now < begun + seconds:
            wait = self.run()
            if until():
                break
            # The loop's naps are a minute long at most.
            self.clock.now = min(begun + seconds, self.clock.now + min(wait, 60.0))
        self.run()
        return self.clock.now - begun

    # -- what is to be seen -------------------------------------------------------------------

    @property
    def stats(self) -> QueueStats:
        return self.manager.get_stats(self.clock())

    def states(self) -> list[int]:
        """The state of every job, in order."""
        rows = self.manager.connection.execute(f"SELECT status FROM {schema.JOBS} ORDER BY _id")
        return [row[0] for row in rows]

    def attempts(self) -> list[int]:
        """How many tries were charged to every job, in order."""
        rows = self.manager.connection.execute(f"SELECT attempts FROM {schema.JOBS} ORDER BY _id")
        return [row[0] for row in rows]

    def outcome(self, scene: int) -> str:
        """How the scene's last sync ended; "" when it was never synced."""
        found = self.manager.scenes.outcome(scene)
        return found.outcome if found else ""

    def notice(self) -> str:
        """What the next hook would say in Stash's log."""
        return self.manager.notices.sentence()

    def hold(self) -> HoldNote:
        """What the database says of a hold."""
        return self.manager.state.load(HoldNote)

    def breaker(self) -> CircuitBreaker:
        """What the database says of the circuit breaker."""
        return self.manager.state.load(CircuitBreaker)

    @property
    def server(self) -> str:
        """The name under which our memory keeps what belongs to this Plex."""
        return self.plex.machine_identifier

    def unread(self) -> int:
        """How many written items were not read back yet."""
        return self.manager.ledger.unread_count(self.server)

    def stash_client(self) -> StashClient:
        """The worker's own way to ask Stash."""
        return self.worker.servers.stash()

    def letters(self) -> list[tuple[int, str, str]]:
        """Scene, reason and message of every dead letter, newest first."""
        return [
            (letter.job.scene_id, letter.reason, letter.message)
            for letter in self.manager.letters.recent(1000)
        ]


@contextmanager
def bench(**settings: object) -> Iterator[Bench]:
    """Both servers and a worker, with nothing in them."""
    with tempfile.TemporaryDirectory(prefix="plexsync-bench-") as folder:
        made = Bench(Path(folder), **settings)
        try:
            yield made
        finally:
            made.close()
