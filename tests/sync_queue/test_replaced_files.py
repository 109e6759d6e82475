"""A file of the database that goes under an open connection: nobody writes over what others have
committed since, and nobody makes the missing file beside the others.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_queue import datadir, losses, producer, schema
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from sync_queue.notices import Cause
from sync_queue.trouble import DatabaseReplaced, damaged
from tests.installed_plugin import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="open files stay where they are")
NOW = 1_800_000_000.0
HOLDS = "import os, sys\nfrom sync_queue.manager import QueueManager\n"
WAITS = "print('open', flush=True)\nsys.stdin.read()\n"
# The ways in which Python lets go of a queue.
ENDS = {
    "with": f"with QueueManager(sys.argv[1]) as manager:\n    {WAITS.replace(chr(10), '; ')}",
    "error": "with QueueManager(sys.argv[1]) as manager:\n"
    f"    {WAITS.replace(chr(10), '; ')}\n    raise OSError",
    "guest": "with QueueManager(sys.argv[1], guest=True) as manager:\n"
    f"    {WAITS.replace(chr(10), '; ')}",
    "close, then forgotten": f"manager = QueueManager(sys.argv[1])\n{WAITS}manager.close()\n"
    "manager = None\nimport gc; gc.collect()",
}


def keys(data_dir: Path) -> set[str]:
    """The edits that the database has."""
    with QueueManager(str(data_dir)) as manager:
        rows = manager.connection.execute(f"SELECT key FROM {schema.JOBS}").fetchall()
    return {key for (key,) in rows}


def store(data_dir: Path, scene: int) -> None:
    """As a hook does, in a process of its own; whether it became a file does not matter here."""
    record = {
        "key": f"scene:{scene}",
        "scene_id": scene,
        "update_type": "Scene.Update.Post",
        "connection": "{}",
        "now": NOW,
    }
    code = (
        "import os\nfrom sync_queue import producer\n"
        f"producer.store({str(data_dir)!r}, {record!r}, say=print)\nos._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("end", ENDS)
def test_a_process_that_lost_the_index_writes_over_nothing_when_it_ends(
    tmp_path: Path, end: str
) -> None:
    """SQLite would move what the process knows of the log into the database, and delete the log:
    all that others have committed since."""
    with QueueManager(str(tmp_path)) as manager:
        manager.jobs.put(scene_job(1, "edit", NOW))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS + ENDS[end], str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"open\n"
    index = Path(datadir.database_path(str(tmp_path)) + "-shm")
    index.unlink()
    code = (
        "import os, sys\nfrom sync_queue.manager import QueueManager\n"
        "from sync_queue.models import scene_job\nmanager = QueueManager(sys.argv[1])\n"
        "manager.jobs.put(scene_job(2, 'edit', 1.0))\nos._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True)
    holder.communicate(b"")
    assert keys(tmp_path) == {"scene:1", "scene:2"}


@pytest.mark.parametrize("suffix", ["-shm", "-wal"])
def test_a_hook_never_makes_one_companion_beside_the_other(tmp_path: Path, suffix: str) -> None:
    with QueueManager(str(tmp_path)) as manager:
        manager.jobs.put(scene_job(1, "edit", NOW))
        missing = Path(manager.jobs.file + suffix)
        missing.unlink()
        for scene in (2, 3):
            store(tmp_path, scene)
        assert not missing.exists()
        assert len(manager.spooled()) == 2
        with pytest.raises(DatabaseReplaced):
            manager.check_files()
    with QueueManager(str(tmp_path)) as manager:
        assert manager.take_in_spool() == 2


def test_an_edit_is_also_kept_in_a_file_if_the_index_goes_while_a_hook_stores_it(
    tmp_path: Path,
) -> None:
    with QueueManager(str(tmp_path)) as manager:
        manager.jobs.put(scene_job(1, "edit", NOW))
        manager.notices.set(Cause.RESTORED, "Look here.")
        index = Path(manager.jobs.file + "-shm")
        record = {
            "key": "scene:2",
            "scene_id": 2,
            "update_type": "Scene.Update.Post",
            "connection": "{}",
            "now": NOW,
        }
        said: list[str] = []

        def remove_the_index(level: str, line: str) -> None:
            said.append(level + line)
            index.rename(index.with_name("elsewhere"))  # within the hook's transaction

        producer.store(str(tmp_path), record, say=remove_the_index)
        assert said == ["wLook here."]
        assert len(manager.spooled()) == 1
        index.with_name("elsewhere").rename(index)


def test_what_looks_damaged_through_a_lost_index_is_not_restored(tmp_path: Path) -> None:
    with pytest.raises(DatabaseReplaced), QueueManager(str(tmp_path)) as manager:
        os.remove(manager.jobs.file + "-shm")
        raise damaged("a page of the log that others have overwritten")
    assert Path(losses.path_of(str(tmp_path))).read_text() == "data.db-shm"


@pytest.mark.parametrize("change", [os.remove, lambda file: os.replace(file, file + ".old")])
def test_a_commit_that_others_may_have_written_over_is_an_error(
    tmp_path: Path, change: Callable[[str], None]
) -> None:
    """A process may be stopped between the look at its files and the commit."""
    with pytest.raises(DatabaseReplaced), QueueManager(str(tmp_path)) as manager:
        index = manager.jobs.file + "-shm"
        looks = iter([False, True])

        def look() -> None:
            if next(looks):
                change(index)
            manager.files.check()

        manager.jobs.check_files = look
        manager.jobs.put(scene_job(1, "edit", NOW))
    assert Path(losses.path_of(str(tmp_path))).exists()


def test_the_log_of_the_database_that_is_there_now_stays_when_an_older_one_is_closed(
    tmp_path: Path,
) -> None:
    """SQLite deletes a log by its name, be it another database's."""
    with QueueManager(str(tmp_path)) as manager:
        path = Path(manager.jobs.file)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink()
        code = (
            "import os, sys\nfrom sync_queue.manager import QueueManager\n"
            "from sync_queue.models import scene_job\nmanager = QueueManager(sys.argv[1])\n"
            "manager.jobs.put(scene_job(2, 'edit', 1.0))\nos._exit(0)"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True)
    assert keys(tmp_path) == {"scene:2"}
