"""A database with something of everything in it, and ways to damage its file for real."""

from __future__ import annotations

import atexit
import functools
import os
import random
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sync_queue import datadir, producer, schema
from sync_queue.dlq import DeadLetter
from sync_queue.manager import QueueManager
from sync_queue.models import SyncJob, scene_job
from sync_queue.rescue import is_damaged_file
from sync_queue.scenes import SYNCED, Outcome
from sync_queue.state import SweepNote, WokenNote
from validation.records import FieldMemory, IndexedFile, LedgerEntry, Pin

NOON = 1_800_000_000.0
VERSION_1 = Path(__file__).resolve().parents[1] / "data" / "version_1" / "data.db"
PAGE = 4096
SERVER_OF_VERSION_1 = "22622c093bad44e3849372796e8a04cf00000000"
JOBS, LETTERS, SCENES = 300, 40, 400
CONNECTION = {"server_connection": {"Host": "nas", "Port": 9999}, "settings": None}
PIN = Pin("server", 1007, 7, "/m/7.mp4", 1_700_000_000, (70, 71))


def entry(scene_id: int) -> LedgerEntry:
    """What was written for a scene: long enough that a page holds only a few."""
    memory = FieldMemory(f"Title {scene_id}", f"Title {scene_id}", "its own title", True)
    summary = FieldMemory("words " * 40, "words " * 40, "")
    return LedgerEntry(
        "server", 1000 + scene_id, 1, scene_id, {"title": memory, "summary": summary}
    )


def job(scene_id: int) -> SyncJob:
    """A waiting edit: long enough that the table has many pages."""
    return SyncJob(scene_id, "hook " + "x" * 80, NOON, f"scene:{scene_id}")


def spool(data_dir: str | Path, number: int) -> None:
    """Leave an event in a file, as a hook does that cannot write to the database."""
    record = {
        "key": f"scene:{number}",
        "scene_id": number,
        "update_type": "Scene.Update.Post",
        "connection": "{}",
        "now": NOON,
    }
    producer.spool(str(data_dir), record)


def letter(number: int) -> DeadLetter:
    """A dead letter with a long story."""
    buried = scene_job(number, "hook", NOON)
    return DeadLetter(buried, "invalid", "InvalidScene", "No.", "trace\n" * 50, 1, failed_at=NOON)


def fill(manager: QueueManager) -> None:
    """Put something of everything into the database."""
    manager.jobs.put_all([job(n) for n in range(1, JOBS + 21)])
    for leased in manager.jobs.claim(NOON, 20):
        manager.complete(leased)
    with manager.transaction():
        for n in range(1, LETTERS + 1):
            manager.letters.add(letter(5000 + n))
        for n in range(1, SCENES + 1):
            manager.ledger.put(entry(n))
            outcome = Outcome(n, SYNCED, {"n": n}, "2026-11-21", NOON)
            manager.scenes.set_outcome(outcome, files=())
        manager.scenes.pin(PIN)
        manager.scenes.ignore(8)
        manager.state.save(SweepNote(NOON, 5.0))
        manager.state.save(WokenNote("server", 40))
        manager.index.upsert(
            "server",
            [IndexedFile(n, 1, "movie", f"/m/{n}.mp4", 1, 1, "", 0, 0, 0) for n in range(40)],
            1,
        )
    manager.remember_connection(CONNECTION, NOON)


@dataclass(frozen=True)
class Content:
    """What a database holds, to be compared."""

    jobs: frozenset[str]
    letters: frozenset[int]
    entries: dict[int, str]
    scenes: dict[int, tuple[object, ...]]
    pins: frozenset[tuple[object, ...]]
    connection: object
    sweep: SweepNote


def content(manager: QueueManager) -> Content:
    """Everything that a daily copy keeps."""
    database = manager.connection
    return Content(
        jobs=frozenset(
            key
            for (key,) in database.execute(f"SELECT key FROM {schema.JOBS} WHERE {schema.WAITS}")
        ),
        letters=frozenset(found.job.scene_id for found in manager.letters.recent(1000)),
        entries=dict(database.execute("SELECT scene_id, doc FROM ledger").fetchall()),
        scenes={row[0]: tuple(row) for row in database.execute("SELECT * FROM scenes")},
        pins=frozenset(database.execute("SELECT * FROM pins")),
        connection=manager.stash_connection(),
        sweep=manager.state.load(SweepNote),
    )


@functools.cache
def template() -> tuple[Path, Content]:
    """A full database to be copied: making one takes longer than most tests."""
    directory = tempfile.mkdtemp(prefix="plexsync-stock-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    with QueueManager(directory) as manager:
        fill(manager)
        found = content(manager)
    return Path(directory), found


def make(data_dir: Path) -> Content:
    """A full database, closed in good order; returns its content."""
    directory, found = template()
    shutil.copytree(directory, data_dir, dirs_exist_ok=True)
    return found


def database_file(data_dir: Path) -> Path:
    """Where the database is."""
    return Path(datadir.database_path(str(data_dir)))


def overwrite(path: Path, first: int, count: int, seed: int = 1) -> None:
    """Overwrite ``count`` pages, from page ``first`` (1 is the one with the header)."""
    noise = random.Random(seed).randbytes(count * PAGE)
    with path.open("r+b") as file:
        file.seek((first - 1) * PAGE)
        file.write(noise)


def page_count(path: Path) -> int:
    """How many pages the file has."""
    return path.stat().st_size // PAGE


def page_of(path: Path, needle: bytes) -> int:
    """The number of the page that holds ``needle``."""
    return path.read_bytes().index(needle) // PAGE + 1


def set_aside(data_dir: Path) -> list[str]:
    """The damaged files that were kept."""
    place = data_dir / "rescue"
    names = os.listdir(place) if place.exists() else []
    return sorted(filter(is_damaged_file, names))


def make_version_1(data_dir: Path) -> Path:
    """The database that version 1.0 wrote (see ``tests/data/version_1/make.py``); its file."""
    path = database_file(data_dir)
    path.parent.mkdir(parents=True)
    shutil.copyfile(VERSION_1, path)
    return path
