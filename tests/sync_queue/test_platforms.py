"""What other systems, Pythons and releases of SQLite do otherwise, as far as it shows anywhere."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync_queue import datadir, lock, schema
from sync_queue.light_sqlite import file_uri
from sync_queue.manager import QueueManager
from sync_queue.models import SyncJob
from sync_queue.reading import version_of
from sync_queue.shared import held
from tools.package import PACKAGES
from validation.metadata import updated_time

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_700_000_000.0


# -- SQLite and sqlite3


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[QueueManager]:
    with QueueManager(str(tmp_path / "data")) as opened:
        yield opened


@pytest.mark.parametrize("data", [None, b"", b"\x80", b"{"], ids=["NULL", "empty", "bytes", "half"])
def test_a_job_keeps_its_content_beside_a_waiting_row_without_any(
    manager: QueueManager, data: bytes | None
) -> None:
    # SQLite 3.46 and newer: json_valid(NULL) is NULL, older ones say 0.
    manager.jobs.put(SyncJob(1, "Scene.Update.Post", NOW, "scene:1"))
    (leased,) = manager.jobs.claim(NOW, 1)
    insert = f"INSERT INTO {schema.JOBS} (data, timestamp, status, key) VALUES (?, ?, 0, ?)"
    manager.connection.execute(insert, (data, NOW, leased.job.job_key))
    assert manager.jobs.retry(leased, NOW)
    (again,) = manager.jobs.claim(NOW, 9)
    assert again.job == leased.job


def test_no_query_mixes_numbered_placeholders_with_plain_ones() -> None:
    # Python 3.12.0 to 3.12.3 warn of that, and the tests take each warning for an error.
    numbered = re.compile(r"\?[1-9]")
    sources = [path for room in PACKAGES for path in (ROOT / room).rglob("*.py")]
    assert [path for path in sources if numbered.search(path.read_text("utf-8"))] == []


# -- files


URIS = {
    "/home/zoë/data.db": "file:///home/zoë/data.db?mode=ro",
    "//double/data.db": "file:////double/data.db?mode=ro",
    "/home/a\\b/data.db": "file:///home/a\\b/data.db?mode=ro",
    "/100% #?/data.db": "file:///100%25 %23%3f/data.db?mode=ro",
    "C:\\Users\\Zoë\\data.db": "file:C:\\Users\\Zoë\\data.db?mode=ro",
    "\\\\?\\C:\\data\\data.db": "file:\\\\%3f\\C:\\data\\data.db?mode=ro",
    "\\\\nas\\share\\data.db": "file:\\\\nas\\share\\data.db?mode=ro",
}


@pytest.mark.parametrize(("path", "uri"), URIS.items())
def test_the_uri_of_a_database_holds_its_path_as_it_is(path: str, uri: str) -> None:
    assert file_uri(path, "ro") == uri


ODD_NAMES = ["a\\b", "100% #?", "%41", "映画"] if os.name != "nt" else ["100% #", "%41", "映画"]


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("root", ["", "/"], ids=["", "two slashes"])
def test_a_database_is_found_in_a_directory_with_any_name(
    tmp_path: Path, name: str, root: str
) -> None:
    if root and os.name == "nt":
        pytest.skip("two slashes begin the name of another machine")
    data_dir = root + os.path.join(str(tmp_path), name)
    os.mkdir(data_dir)
    QueueManager(data_dir).close()
    path = datadir.database_path(data_dir)
    assert version_of(path, 1.0) == schema.SCHEMA_VERSION
    with closing(sqlite3.connect(file_uri(path, "rw"), uri=True)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)


def test_a_lock_that_was_held_is_closed(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    descriptor = lock.acquire(str(tmp_path), patience=0)
    assert descriptor is not None
    with pytest.raises(ZeroDivisionError), held(descriptor):
        raise ZeroDivisionError
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)
    assert not lock.worker_alive(str(tmp_path))


# -- moments


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("1970-01-01T00:00:00+14:00", -50_400.0),
        ("1969-12-31T23:59:59-12:00", 43_199.0),
        ("0001-01-02T00:00:00Z", -62_135_510_400.0),
        ("9999-12-30T00:00:00Z", 253_402_128_000.0),
    ],
)
def test_a_moment_beyond_what_the_system_s_clock_knows_has_its_number(
    text: str, seconds: float
) -> None:
    # Windows' own functions refuse moments before and near 1970.
    assert updated_time(text) == seconds
