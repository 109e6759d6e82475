"""A database with something of everything in it, and ways to damage its file for real."""

from __future__ import annotations

import atexit
import functools
import json
import os
import random
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sync_queue import datadir, producer
from sync_queue.dlq import DeadLetter
from sync_queue.manager import QueueManager
from sync_queue.models import SyncJob, parse_job, scene_job
from validation.records import FieldMemory, IndexedFile, LedgerEntry

NOON = 1_800_000_000.0
PAGE = 4096
JOBS, LETTERS, SCENES = 300, 40, 400
CONNECTION = {"server_connection": {"Host": "nas", "Port": 9999}, "settings": None}


def entry(scene_id: int) -> LedgerEntry:
    """What was written for a scene: long enough that a page holds only a few."""
    memory = FieldMemory(f"Title {scene_id}", f"Title {scene_id}", "its own title", True)
    summary = FieldMemory("words " * 40, "words " * 40, "")
    return LedgerEntry(
        "server", 1000 + scene_id, 1, scene_id, {"title": memory, "summary": summary}
    )


def job(scene_id: int) -> SyncJob:
    """A waiting edit with the fields that changed."""
    return SyncJob(scene_id, "hook", {"fields": ["title", "x" * 80]}, NOON, f"scene:{scene_id}")


def spool(data_dir: str | Path, number: int) -> None:
    """Leave an event in a file, as a hook does that cannot write to the database."""
    record = {
        "key": f"scene:{number}",
        "scene_id": number,
        "update_type": "Scene.Update.Post",
        "fields": '["title"]',
        "connection": "{}",
        "version": "1",
        "now": NOON,
    }
    producer.spool(str(data_dir), record)


def letter(number: int) -> DeadLetter:
    """A dead letter with a long story."""
    buried = scene_job(number, "hook", NOON)
    return DeadLetter(buried, "invalid", "InvalidScene", "No.", "trace\n" * 50, 1, failed_at=NOON)


def fill(manager: QueueManager) -> None:
    """Put something of everything into the database."""
    manager.enqueue_all([job(n) for n in range(1, JOBS + 21)])
    for leased in manager.get_pending(NOON, 20):
        manager.ack_job(leased, NOON)
    with manager.transaction():
        for n in range(1, LETTERS + 1):
            manager.dlq.add(letter(5000 + n))
        for n in range(1, SCENES + 1):
            manager.ledger.put(entry(n))
            manager.scenes.set_outcome(
                n, "synced", {"n": n}, scene_updated_at="2026-11-21", files=(), now=NOON
            )
        manager.scenes.pin(7, "server", 1007)
        manager.scenes.ignore(8)
        manager.state.put("sweep", {"at": NOON, "baseline": 5.0})
        manager.state.put("woken", {"server": "server", "last_id": 40})
        manager.index.upsert(
            "server",
            [IndexedFile(n, 1, "movie", f"/m/{n}.mp4", 1, 1, "", 0, 0, 0) for n in range(40)],
            1,
        )
    manager.remember_connection(CONNECTION, NOON)


@dataclass(frozen=True)
class Content:
    """What a database holds, to be compared."""

    jobs: dict[str, str]
    letters: frozenset[int]
    entries: dict[int, str]
    scenes: dict[int, tuple[object, ...]]
    connection: object
    sweep: dict[str, object]


def content(manager: QueueManager) -> Content:
    """Everything that a rescue has to save."""
    database = manager.connection
    return Content(
        jobs={
            key: str(parse_job(json.loads(data)).data.get("fields"))
            for key, data in database.execute(
                "SELECT key, data FROM ack_queue_default WHERE status < 5"
            )
        },
        letters=frozenset(found.job.scene_id for found in manager.letters.recent(1000)),
        entries=dict(database.execute("SELECT scene_id, doc FROM ledger").fetchall()),
        scenes={row[0]: tuple(row) for row in database.execute("SELECT * FROM scenes")},
        connection=manager.stash_connection(),
        sweep=manager.state.get("sweep"),
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
    return sorted(name for name in os.listdir(data_dir / "queue") if ".damaged-" in name)
