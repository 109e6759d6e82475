"""A database that is really damaged, emptied or gone comes back with all that could be read."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import time
from pathlib import Path

import pytest
from sync_queue.damaged_file import open_damaged
from sync_queue.weekly import copy_weekly

from sync_queue import rescue
from sync_queue.manager import QueueManager
from sync_queue.trouble import DatabaseDamaged, DatabaseGone, DatabaseReplaced
from tests.database import stock
from tests.database.stock import NOON, PAGE, Content


def reopened(data_dir: Path) -> tuple[Content, QueueManager]:
    """The content after ``open_queue`` did what it could."""
    manager = rescue.open_queue(str(data_dir), grace=0.0)
    return stock.content(manager), manager


def report_of(manager: QueueManager) -> dict[str, object]:
    """What the last rescue wrote down."""
    return manager.state.get("rescue")


def assert_nothing_invented(found: Content, before: Content) -> None:
    """Every row is one that was there before, unchanged."""
    assert found.jobs.items() <= before.jobs.items()
    assert found.letters <= before.letters
    assert found.entries.items() <= before.entries.items()
    assert found.scenes.items() <= before.scenes.items()


def copy_now(data_dir: Path) -> None:
    """Make the weekly copy."""
    with QueueManager(str(data_dir)) as manager:
        assert copy_weekly(manager, NOON)


# -- pages overwritten ------------------------------------------------------------------------


def test_a_page_of_the_ledger_that_was_overwritten_costs_only_its_own_rows(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    page = stock.page_of(path, b"Title 200")
    lost = path.read_bytes()[(page - 1) * PAGE : page * PAGE].count(b'"version"')
    stock.overwrite(path, page, 1)

    with QueueManager(str(tmp_path)) as manager, pytest.raises(DatabaseDamaged):
        stock.content(manager)
    rescue.rebuild(str(tmp_path), grace=0.0)
    found, manager = reopened(tmp_path)

    assert_nothing_invented(found, before)
    assert len(found.entries) == len(before.entries) - lost
    assert 0 < lost < 20
    assert (found.jobs, found.letters, found.scenes) == (
        before.jobs,
        before.letters,
        before.scenes,
    )
    assert report_of(manager)["gaps"] == ["ledger"]
    manager.queue.close()


def test_the_weekly_copy_fills_the_gap_in_the_ledger(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    path = stock.database_file(tmp_path)
    stock.overwrite(path, stock.page_of(path, b"Title 200"), 3)

    rescue.rebuild(str(tmp_path), grace=0.0)
    found, manager = reopened(tmp_path)

    assert found == before
    filled = report_of(manager)["filled"]
    assert isinstance(filled, dict)
    assert filled["ledger"] > 0
    manager.queue.close()


def test_a_newer_row_is_not_replaced_by_the_copy_s_older_one(tmp_path: Path) -> None:
    stock.make(tmp_path)
    copy_now(tmp_path)
    with QueueManager(str(tmp_path)) as manager, manager.transaction():
        manager.scenes.ignore(100)
        manager.ledger.put(stock.entry(3))
        manager.connection.execute("DELETE FROM ledger WHERE scene_id = 4")
        manager.connection.execute("UPDATE ledger SET item_updated_at = 77 WHERE scene_id = 5")
    path = stock.database_file(tmp_path)
    stock.overwrite(path, stock.page_of(path, b"Title 200"), 1)

    rescue.rebuild(str(tmp_path), grace=0.0)
    _, manager = reopened(tmp_path)

    assert manager.scenes.is_ignored(100)
    row = manager.connection.execute("SELECT item_updated_at FROM ledger WHERE scene_id = 5")
    assert row.fetchone() == (77,)
    manager.queue.close()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_pages_are_overwritten_the_queue_opens_and_no_row_is_invented(
    tmp_path: Path, seed: int
) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    path = stock.database_file(tmp_path)
    rng = random.Random(seed)
    for _ in range(rng.randrange(1, 6)):
        stock.overwrite(path, rng.randrange(1, stock.page_count(path)), rng.randrange(1, 4), seed)

    rescue.rebuild(str(tmp_path), grace=0.0)
    found, manager = reopened(tmp_path)

    assert_nothing_invented(found, before)
    assert found.entries == before.entries
    assert found.scenes == before.scenes
    assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    manager.queue.close()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_bytes_are_flipped_every_row_can_be_used_afterwards(
    tmp_path: Path, seed: int
) -> None:
    stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    rng = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(60):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)

    rescue.rebuild(str(tmp_path), grace=0.0)
    found, manager = reopened(tmp_path)

    assert len(found.entries) > stock.SCENES * 0.7
    assert len(manager.get_pending(NOON, 1000)) == len(found.jobs)
    assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    manager.queue.close()


# -- truncated, emptied, garbage header ---------------------------------------------------------


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_file_keeps_what_its_beginning_still_leads_to(
    tmp_path: Path, share: float
) -> None:
    before = stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    os.truncate(path, int(path.stat().st_size * share))

    found, manager = reopened(tmp_path)

    assert_nothing_invented(found, before)
    assert found.connection == before.connection
    assert found.sweep == before.sweep
    assert (found.jobs == before.jobs) is (share > 0.4)
    manager.queue.close()


def test_a_truncated_file_gets_its_ledger_back_from_the_weekly_copy(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    path = stock.database_file(tmp_path)
    os.truncate(path, path.stat().st_size // 2)

    found, manager = reopened(tmp_path)

    assert (found.entries, found.scenes) == (before.entries, before.scenes)
    manager.queue.close()


@pytest.mark.parametrize("size", [0, 50])
def test_a_file_that_was_emptied_is_noticed_by_the_weekly_copy(tmp_path: Path, size: int) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    os.truncate(stock.database_file(tmp_path), size)

    found, manager = reopened(tmp_path)

    assert found == before
    assert "copy of 2027-01-15" in str(report_of(manager)["sentence"])
    manager.queue.close()


def test_a_file_that_is_missing_at_the_start_comes_back_from_the_weekly_copy(
    tmp_path: Path,
) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    os.remove(stock.database_file(tmp_path))

    found, manager = reopened(tmp_path)

    assert found == before
    assert stock.set_aside(tmp_path) == []
    assert "delete the copy" in str(report_of(manager)["sentence"])
    manager.queue.close()


def test_a_task_that_made_an_empty_database_does_not_hide_that_one_was_lost(
    tmp_path: Path,
) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    path = stock.database_file(tmp_path)
    os.remove(path)
    sqlite3.connect(path).execute("CREATE TABLE connection (id, doc, seen_at)").close()

    found, manager = reopened(tmp_path)

    assert found.entries == before.entries
    manager.queue.close()


def test_a_garbage_header_costs_nothing_when_the_pages_behind_it_are_whole(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    with path.open("r+b") as file:
        file.write(random.Random(1).randbytes(100))

    found, manager = reopened(tmp_path)

    assert found == before
    assert report_of(manager)["gaps"] == []
    manager.queue.close()


def test_a_garbage_first_page_leaves_what_the_weekly_copy_has(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    copy_now(tmp_path)
    stock.overwrite(stock.database_file(tmp_path), 1, 1)

    found, manager = reopened(tmp_path)

    assert found == before
    saved = report_of(manager)["saved"]
    assert isinstance(saved, dict)
    assert set(saved.values()) == {0}
    manager.queue.close()


def test_a_file_of_something_else_is_set_aside_and_said_to_have_held_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = stock.database_file(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"This is not a database. " * 1000)

    found, manager = reopened(tmp_path)

    assert (found.jobs, found.entries) == ({}, {})
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
    assert "Saved: 0 waiting edits" in caplog.text
    assert len(stock.set_aside(tmp_path)) == 1
    manager.queue.close()


def test_events_that_are_only_in_the_write_ahead_log_are_saved_too(tmp_path: Path) -> None:
    stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    manager = QueueManager(str(tmp_path))
    manager.enqueue(stock.job(9999))
    copy = tmp_path / "as after a kill"
    shutil.copytree(path.parent, copy / "queue")
    manager.queue.close()
    assert (copy / "queue" / "data.db-wal").stat().st_size > 0
    with stock.database_file(copy).open("r+b") as file:
        file.write(bytes(100))

    found, manager = reopened(copy)

    assert "scene:9999" in found.jobs
    manager.queue.close()


# -- what is said, kept and protected -----------------------------------------------------------


def test_a_rescue_is_loud_and_the_damaged_file_is_kept_private(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    with path.open("r+b") as file:
        file.write(bytes(100))
    damaged = path.read_bytes()
    path.chmod(0o644)

    _, manager = reopened(tmp_path)

    (kept,) = stock.set_aside(tmp_path)
    assert (path.parent / kept).read_bytes() == damaged
    assert stat.S_IMODE((path.parent / kept).stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sentence = str(report_of(manager)["sentence"])
    assert "Saved: 300 waiting edits, 40 dead letters, 400 Plex items" in sentence
    assert kept in sentence
    assert [record.message for record in caplog.records if record.levelname == "ERROR"][1:] == [
        sentence,
        "Rows by table: ack_queue_default 300 saved, connection 1 saved, dead_letters 40 saved,"
        " ledger 400 saved, notice 0 saved, parked_names 0 saved, scenes 400 saved,"
        " state 2 saved",
    ]
    assert manager.connection.execute("SELECT sentence FROM notice").fetchone() == (sentence,)
    assert not (tmp_path / "rescue").exists()
    manager.queue.close()


def test_the_notice_goes_once_it_was_said_in_stash_s_log(tmp_path: Path) -> None:
    stock.make(tmp_path)
    os.truncate(stock.database_file(tmp_path), 8000)
    _, manager = reopened(tmp_path)
    manager.queue.close()

    _, manager = reopened(tmp_path)
    assert manager.connection.execute("SELECT count(*) FROM notice").fetchone() == (1,)
    manager.connection.execute("UPDATE notice SET said_at = 5")
    manager.queue.close()
    _, manager = reopened(tmp_path)
    assert manager.connection.execute("SELECT count(*) FROM notice").fetchone() == (0,)
    assert report_of(manager)
    rescue.forget_old_news(manager, time.time() + 31 * 24 * 3600)
    assert not report_of(manager)
    manager.queue.close()


def test_the_file_index_is_listed_anew_and_parked_scenes_are_looked_for_from_its_start(
    tmp_path: Path,
) -> None:
    stock.make(tmp_path)
    with stock.database_file(tmp_path).open("r+b") as file:
        file.write(bytes(100))

    _, manager = reopened(tmp_path)

    assert manager.connection.execute("SELECT count(*) FROM plex_files").fetchone() == (0,)
    assert manager.state.get("woken") == {}
    manager.queue.close()


def test_only_the_newest_three_damaged_files_are_kept(tmp_path: Path) -> None:
    stock.make(tmp_path)
    with stock.database_file(tmp_path).open("r+b") as file:
        file.write(bytes(100))
    for number in range(5):
        (tmp_path / "queue" / f"data.db.damaged-2026010{number}T000000Z").write_bytes(b"old")
    _, manager = reopened(tmp_path)

    kept = stock.set_aside(tmp_path)
    assert len(kept) == 3
    assert kept[:2] == ["data.db.damaged-20260103T000000Z", "data.db.damaged-20260104T000000Z"]
    manager.queue.close()


def test_a_sound_database_is_not_touched(tmp_path: Path) -> None:
    before = stock.make(tmp_path)

    found, manager = reopened(tmp_path)

    assert found == before
    assert (stock.set_aside(tmp_path), report_of(manager)) == ([], {})
    assert manager.connection.execute("SELECT count(*) FROM plex_files").fetchone() == (40,)
    manager.queue.close()


# -- killed in the middle -----------------------------------------------------------------------


@pytest.mark.parametrize("reached", ["moved the file", "moved the log", "built", "kept"])
def test_a_rescue_that_was_killed_goes_on_at_the_next_start(tmp_path: Path, reached: str) -> None:
    before = stock.make(tmp_path)
    path = stock.database_file(tmp_path)
    with path.open("r+b") as file:
        file.write(bytes(100))
    place, kept = tmp_path / "rescue", "data.db.damaged-20261121T120000Z"
    place.mkdir()
    (path.parent / "data.db-wal").write_bytes(b"")
    path.rename(place / kept)
    if reached != "moved the file":
        (path.parent / "data.db-wal").rename(place / (kept + "-wal"))
    if reached in ("built", "kept"):
        with open_damaged(str(place / kept)) as source:
            rescue.build(str(tmp_path), source, "was damaged", kept)
        (place / "building" / "half a file").write_bytes(b"x")
    if reached == "kept":
        (place / kept).rename(path.parent / kept)

    found, manager = reopened(tmp_path)

    assert found == before
    assert kept in stock.set_aside(tmp_path)
    assert not place.exists()
    manager.queue.close()


def test_a_rescue_that_was_killed_before_it_began_changes_nothing(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    (tmp_path / "rescue").mkdir()

    found, manager = reopened(tmp_path)

    assert found == before
    assert stock.set_aside(tmp_path) == []
    manager.queue.close()


# -- deleted and replaced while running -----------------------------------------------------------


def test_a_database_deleted_while_it_is_open_is_noticed_and_written_again(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    manager = QueueManager(str(tmp_path))
    manager.queue.check_file()
    os.remove(stock.database_file(tmp_path))
    manager.enqueue(stock.job(9999))  # SQLite does not notice

    with pytest.raises(DatabaseGone):
        manager.queue.check_file()
    rescue.rewrite(manager)
    found, manager = reopened(tmp_path)

    assert found.jobs == before.jobs | {"scene:9999": str(stock.job(9999).data["fields"])}
    assert found.entries == before.entries
    assert "deleted while it was in use" in str(report_of(manager)["sentence"])
    manager.queue.check_file()
    manager.queue.close()


def test_a_log_left_by_the_deleted_database_is_not_mixed_into_the_new_one(tmp_path: Path) -> None:
    before = stock.make(tmp_path)
    manager = QueueManager(str(tmp_path))
    manager.enqueue(stock.job(9999))
    path = stock.database_file(tmp_path)
    shutil.copy(f"{path}-wal", tmp_path / "log")
    os.remove(path)

    rescue.rewrite(manager)
    assert not Path(f"{path}-wal").exists()
    found, manager = reopened(tmp_path)

    assert len(found.jobs) == len(before.jobs) + 1
    assert manager.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    manager.queue.close()


def test_a_file_system_that_renumbers_its_files_is_not_taken_for_a_replaced_database(
    tmp_path: Path,
) -> None:
    manager = QueueManager(str(tmp_path))
    manager.queue.identity = (1, 2)

    manager.queue.check_file()

    assert manager.queue.identity != (1, 2)
    manager.queue.close()


def test_a_file_put_in_the_database_s_place_is_used_and_waiting_edits_move_over(
    tmp_path: Path,
) -> None:
    other = tmp_path / "a backup"
    stock.make(other)
    data_dir = tmp_path / "data"
    manager = QueueManager(str(data_dir))
    manager.remember_connection(stock.CONNECTION, NOON)
    manager.enqueue(stock.job(9999))
    manager.enqueue(stock.job(9998))
    manager.get_pending(NOON, 1)
    os.replace(stock.database_file(other), stock.database_file(data_dir))

    with pytest.raises(DatabaseReplaced):
        manager.queue.check_file()
    assert rescue.make_way(manager) == 2
    for name in os.listdir(data_dir / "spool"):
        mode = (data_dir / "spool" / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    _, manager = reopened(data_dir)
    manager.take_in_spool()

    found = stock.content(manager)
    assert {"scene:9999", "scene:9998", "scene:50"} <= found.jobs.keys()
    assert found.connection == stock.CONNECTION
    assert all("title" in fields for fields in found.jobs.values())
    manager.queue.close()
