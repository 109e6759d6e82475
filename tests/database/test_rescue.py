"""A database that is damaged, emptied or gone: its copy is restored, or PlexSync starts empty."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sync_queue import rescue
from sync_queue.daily import copy_daily
from sync_queue.manager import QueueManager
from sync_queue.state import Restored
from sync_queue.trouble import DatabaseDamaged
from tests.database import stock
from tests.database.stock import NOON
from validation.records import Pin
from worker import notices

DAY = 24 * 3600.0


@contextmanager
def reopened(data_dir: Path) -> Iterator[QueueManager]:
    """The database after ``open_queue`` did what it could."""
    with rescue.open_queue(str(data_dir), grace=0.0) as manager:
        yield manager


def copy_now(data_dir: Path) -> None:
    """Make the daily copy."""
    with QueueManager(str(data_dir)) as manager:
        assert copy_daily(manager, NOON)


def spoil_header(data_dir: Path) -> None:
    """Let nothing of the database be readable."""
    with stock.database_file(data_dir).open("r+b") as file:
        file.write(random.Random(1).randbytes(100))


def spoil_ledger(data_dir: Path) -> None:
    """Damage a page of the ledger; the other tables can be read."""
    path = stock.database_file(data_dir)
    stock.overwrite(path, stock.page_of(path, b"Title 200"), 1)


# -- what comes back ----------------------------------------------------------------------------


def test_the_daily_copy_is_restored_when_nothing_can_be_read(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    spoil_header(tmp_path)

    with reopened(tmp_path) as manager:
        assert stock.content(manager) == before
        restored = manager.state.load(Restored)
    assert restored.copied_at == NOON
    assert time.time() - 60 < restored.at <= time.time()
    assert "its copy of 2027-01-15 was restored" in restored.sentence


def test_waiting_jobs_and_decisions_come_from_the_damaged_file(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    with QueueManager(str(tmp_path)) as manager:
        manager.jobs.put(stock.job(9999), prio=-1)
        with manager.transaction():
            manager.scenes.pin(Pin("server", 77, 100, "/m/77.mp4", 5, (1, 2)))
            manager.scenes.ignore(7)
        (leased,) = manager.jobs.claim(NOON, 1)
    spoil_ledger(tmp_path)

    with QueueManager(str(tmp_path)) as manager, pytest.raises(DatabaseDamaged):
        stock.content(manager)
    rescue.restore(str(tmp_path), grace=0.0)
    with reopened(tmp_path) as manager:
        found = stock.content(manager)
        assert found.jobs == before.jobs | {"scene:9999"}
        assert leased.job.job_key in found.jobs
        assert found.entries == before.entries
        pin = Pin("server", 77, 100, "/m/77.mp4", 5, (1, 2))
        assert manager.scenes.pin_of_scene("server", 100) == pin
        assert manager.scenes.pin_of_scene("server", 7) is None
        assert manager.scenes.is_ignored(7)
        assert manager.scenes.is_ignored(8)
        # What a scene ended with is as old as the copy.
        outcomes = {scene: row[1:5] for scene, row in found.scenes.items()}
        assert outcomes == {scene: row[1:5] for scene, row in before.scenes.items()}


def test_without_a_copy_plexsync_starts_empty_with_what_waits(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    spoil_ledger(tmp_path)

    rescue.restore(str(tmp_path), grace=0.0)
    with reopened(tmp_path) as manager:
        found = stock.content(manager)
        restored = manager.state.load(Restored)
        (job, *_) = manager.jobs.claim(NOON, 1000)
        assert manager.scenes.pin_of_scene("server", 7) == stock.PIN
        assert manager.scenes.is_ignored(8)
    assert (found.jobs, found.connection) == (before.jobs, before.connection)
    assert (found.entries, found.letters) == ({}, frozenset())
    assert (job.job, job.attempts) == (stock.job(21), 0)
    assert restored.copied_at == 0.0
    assert "started with an empty one" in restored.sentence
    assert "300 waiting edits, 2 pins and ignores" in restored.sentence
    assert "Run Sync All Scenes" in restored.sentence


def test_a_copy_that_is_damaged_too_counts_as_none(tmp_path: Path) -> None:
    stock.make(tmp_path)
    copy_now(tmp_path)
    copy = Path(f"{stock.database_file(tmp_path)}.daily")
    stock.overwrite(copy, stock.page_of(copy, b"Title 200"), 1)
    spoil_header(tmp_path)

    with reopened(tmp_path) as manager:
        assert manager.state.load(Restored).copied_at == 0.0
        assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_weekly_copy_of_version_1_is_restored_and_migrated(tmp_path: Path) -> None:
    path = stock.make_version_1(tmp_path)
    path.rename(f"{path}.weekly")
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)

    with reopened(tmp_path) as manager:
        assert manager.state.load(Restored).copied_at > 0
        assert len(stock.content(manager).entries) == 13
        assert manager.get_stats(NOON).pending == 1


def test_a_damaged_database_of_version_1_gives_its_waiting_jobs(tmp_path: Path) -> None:
    path = stock.make_version_1(tmp_path)
    stock.overwrite(path, stock.page_of(path, b"original_locked"), 1)
    rescue.restore(str(tmp_path), grace=0.0)
    with reopened(tmp_path) as manager:
        assert {leased.job.scene_id for leased in manager.jobs.claim(NOON, 9)} == {12}
        pin = manager.scenes.pin_of_scene(stock.SERVER_OF_VERSION_1, 5)
        assert pin == Pin(stock.SERVER_OF_VERSION_1, 6, 5, "")  # without a file: it is asked for
        assert manager.scenes.is_ignored(4)


@pytest.mark.parametrize("seed", range(8))
def test_the_queue_opens_and_invents_no_job_after_any_pages_were_overwritten(
    tmp_path: Path, seed: int
) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    path = stock.database_file(tmp_path)
    rng = random.Random(seed)
    for _ in range(rng.randrange(1, 6)):
        stock.overwrite(path, rng.randrange(1, stock.page_count(path)), rng.randrange(1, 4), seed)

    rescue.restore(str(tmp_path), grace=0.0)
    with reopened(tmp_path) as manager:
        found = stock.content(manager)
        assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert replace(found, connection=before.connection) == before


@pytest.mark.parametrize("seed", range(8))
def test_every_job_can_be_claimed_after_any_bytes_were_flipped(tmp_path: Path, seed: int) -> None:
    stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    rng = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(60):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)

    rescue.restore(str(tmp_path), grace=0.0)
    with reopened(tmp_path) as manager:
        waiting = manager.get_stats(NOON).pending
        claimed = 0
        while batch := manager.jobs.claim(NOON, 1000):
            claimed += len(batch)
        assert claimed == waiting
        assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_file_is_replaced_by_its_copy(tmp_path: Path, share: float) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    path = stock.database_file(tmp_path)
    os.truncate(path, int(path.stat().st_size * share))

    rescue.restore(str(tmp_path), grace=0.0)
    with reopened(tmp_path) as manager:
        assert stock.content(manager) == before


@pytest.mark.parametrize("size", [0, 50])
def test_a_file_that_was_emptied_is_noticed_by_its_copy(tmp_path: Path, size: int) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    os.truncate(stock.database_file(tmp_path), size)

    with reopened(tmp_path) as manager:
        assert stock.content(manager) == before


def test_a_file_that_is_missing_at_the_start_comes_back_from_its_copy(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    os.remove(stock.database_file(tmp_path))

    with reopened(tmp_path) as manager:
        assert stock.content(manager) == before
        sentence = manager.state.load(Restored).sentence
    assert stock.set_aside(tmp_path) == []
    assert "was missing" in sentence
    assert "delete that copy" in sentence


def test_a_database_without_our_tables_is_taken_for_lost(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    path = stock.database_file(tmp_path)
    os.remove(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE connection (id, doc, seen_at)")

    with reopened(tmp_path) as manager:
        assert stock.content(manager).entries == before.entries


def test_events_that_are_only_in_the_write_ahead_log_are_copied_too(tmp_path: Path) -> None:
    stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    with QueueManager(str(tmp_path)) as manager:
        manager.jobs.put(stock.job(9999))
        copy = tmp_path / "as after a kill"
        shutil.copytree(path.parent, copy / "queue")
    assert (copy / "queue" / "data.db-wal").stat().st_size > 0
    spoil_ledger(copy)

    rescue.restore(str(copy), grace=0.0)
    with reopened(copy) as manager:
        assert "scene:9999" in stock.content(manager).jobs


# -- what is said, kept and protected -----------------------------------------------------------


@pytest.mark.posix
def test_a_rescue_is_loud_and_the_damaged_file_is_kept_private(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stock.make(tmp_path)
    copy_now(tmp_path)
    spoil_header(tmp_path)
    path = stock.database_file(tmp_path)
    damaged = path.read_bytes()
    path.chmod(0o644)

    with reopened(tmp_path) as manager:
        sentence = manager.state.load(Restored).sentence
        assert manager.notices.sentence() == sentence
    (kept,) = stock.set_aside(tmp_path)
    assert (tmp_path / "rescue" / kept).read_bytes() == damaged
    assert stat.S_IMODE((tmp_path / "rescue" / kept).stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert "is damaged" in errors[0]
    assert errors[1:] == [sentence]


def test_the_notice_goes_once_it_was_said_and_the_mark_stays(tmp_path: Path) -> None:
    stock.make(tmp_path)
    spoil_header(tmp_path)
    with reopened(tmp_path) as manager:
        restored = manager.state.load(Restored)
        notices.clear_old(manager, restored.at)
        assert manager.notices.sentence()
        manager.connection.execute("UPDATE notice SET said_at = 5")
        notices.clear_old(manager, restored.at)
        assert not manager.notices.sentence()
        assert manager.state.load(Restored) == restored
        notices.clear_old(manager, restored.at + 31 * DAY)
        assert manager.state.load(Restored) == replace(restored, sentence="")


def test_only_the_newest_three_damaged_files_are_kept(tmp_path: Path) -> None:
    stock.make(tmp_path)
    spoil_header(tmp_path)
    (tmp_path / "rescue").mkdir()
    for number in range(5):
        (tmp_path / "rescue" / f"data.db.damaged-2026010{number}T000000Z").write_bytes(b"old")
    with reopened(tmp_path):
        pass

    kept = stock.set_aside(tmp_path)
    assert len(kept) == 3
    assert kept[:2] == ["data.db.damaged-20260103T000000Z", "data.db.damaged-20260104T000000Z"]


def test_a_file_of_something_else_is_set_aside(tmp_path: Path) -> None:
    path = stock.database_file(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"This is not a database. " * 1000)

    with reopened(tmp_path) as manager:
        assert manager.get_stats(NOON).left == 0
    assert len(stock.set_aside(tmp_path)) == 1


def test_a_sound_database_is_not_touched(tmp_path: Path) -> None:
    before = stock.make(tmp_path)

    with reopened(tmp_path) as manager:
        assert stock.content(manager) == before
        assert manager.state.load(Restored) == Restored()
        assert manager.connection.execute("SELECT count(*) FROM plex_files").fetchone() == (40,)
    assert stock.set_aside(tmp_path) == []


# -- killed in the middle -----------------------------------------------------------------------


@pytest.mark.parametrize("reached", ["moved the file", "moved the log", "built", "replaced"])
def test_a_rescue_that_was_killed_is_finished_at_the_next_start(
    tmp_path: Path, reached: str
) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    spoil_header(tmp_path)
    path, place = stock.database_file(tmp_path), tmp_path / "rescue"
    pending = place / rescue.PENDING
    place.mkdir()
    (path.parent / "data.db-wal").write_bytes(b"")
    path.rename(pending)
    if reached != "moved the file":
        (path.parent / "data.db-wal").rename(f"{pending}-wal")
    if reached == "built":
        (place / rescue.BUILDING / "queue").mkdir(parents=True)
        (place / rescue.BUILDING / "queue" / "data.db").write_bytes(b"half a file")
    if reached == "replaced":
        rescue.put_in_place(str(tmp_path), "was damaged", str(pending))

    with reopened(tmp_path) as manager:
        assert stock.content(manager) == before
    assert len(stock.set_aside(tmp_path)) == 1
    assert not pending.exists()
    assert not (place / rescue.BUILDING).exists()


def test_rows_stored_after_a_killed_rescue_stay(tmp_path: Path) -> None:
    stock.make(tmp_path)
    spoil_header(tmp_path)
    place = tmp_path / "rescue"
    place.mkdir()
    stock.database_file(tmp_path).rename(place / rescue.PENDING)
    rescue.put_in_place(str(tmp_path), "was damaged", str(place / rescue.PENDING))
    with QueueManager(str(tmp_path)) as manager:
        manager.jobs.put(stock.job(9999))

    with reopened(tmp_path) as manager:
        assert "scene:9999" in stock.content(manager).jobs
