"""A data directory that cannot be used is said in one sentence with the next step, everywhere."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_queue import datadir, lock
from sync_queue.manager import QueueManager
from sync_queue.reading import read_only, version_of
from sync_queue.report import read_report
from tests.hooks.test_trouble import mode, without_root_powers
from tests.installed_plugin import Answer, InstalledPlugin

# Each kind of failure, with words of its next step.
FAILURES = {
    errno.ENOSPC: "Free some space",
    errno.EDQUOT: "Free some space",
    errno.EROFS: "Mount it writable",
    errno.EACCES: "owner or mode",
    errno.EPERM: "owner or mode",
    errno.ENOLCK: "STASH_PLUGIN_DATA",
    errno.EOPNOTSUPP: "STASH_PLUGIN_DATA",
    errno.ENOTDIR: "Move that file",
    errno.EEXIST: "Move that file",
    errno.EIO: "Check its disk",
}


@pytest.mark.parametrize("number", FAILURES)
def test_each_failure_of_a_directory_has_a_sentence_with_the_next_step(number: int) -> None:
    with pytest.raises(datadir.Unusable) as found, datadir.Using("/data"):
        raise OSError(number, os.strerror(number))
    sentence = str(found.value)
    assert FAILURES[number] in sentence
    assert "/data" in sentence
    assert "Errno" not in sentence
    assert sentence.endswith(".")
    assert found.value.errno == number


def said(answer: Answer) -> str:
    return " ".join(line for _, line in answer.log)


def assert_told(answer: Answer, *words: str) -> None:
    text = said(answer)
    assert all(word in text for word in words), text
    assert "Errno" not in text + answer.stdout.decode(), text
    assert "Traceback" not in text, text


@pytest.mark.posix
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("status", "cannot be written"),
        ("check_setup", "cannot be written"),
        ("process_queue", "write access"),
        ("wake", ""),
    ],
)
def test_every_task_reports_a_foreign_directory(
    ready: InstalledPlugin, name: str, words: str
) -> None:
    with mode(ready.data_dir / "queue" / "worker.lock", 0), mode(ready.data_dir / "queue", 0o500):
        answer = ready.send(ready.stdin({"mode": name}), preexec_fn=without_root_powers)
    assert_told(answer, words)


@pytest.mark.posix
@pytest.mark.parametrize("bits", [0o500, 0o000])
@pytest.mark.parametrize("name", ["status", "check_setup", "process_queue"])
def test_every_task_reports_a_directory_without_permissions(
    own_plugin: InstalledPlugin, tmp_path: Path, name: str, bits: int
) -> None:
    own_plugin.data_dir = tmp_path / "elsewhere"
    own_plugin.data_dir.mkdir()
    with mode(own_plugin.data_dir, bits):
        answer = own_plugin.send(
            own_plugin.stdin({"mode": name}),
            environ={"STASH_PLUGIN_DATA": str(own_plugin.data_dir)},
            preexec_fn=without_root_powers,
        )
    assert answer.status == 0
    assert_told(answer, *(() if (name, bits) == ("status", 0o500) else ("cannot be written",)))


@pytest.mark.posix
def test_check_set_up_tells_of_directories_that_everybody_may_write(
    own_plugin: InstalledPlugin,
) -> None:
    own_plugin.create_database()
    own_plugin.data_dir.chmod(0o777)
    own_plugin.directory.chmod(0o777)
    text = said(own_plugin.send(own_plugin.stdin({"mode": "check_setup"})))
    for name, folder in (("data", own_plugin.data_dir), ("plugin", own_plugin.directory)):
        assert f"can write to the {name} directory {folder}" in text
    assert "chmod o-w" in text


@pytest.mark.posix
def test_a_reply_with_a_path_of_any_letters_is_json(
    own_plugin: InstalledPlugin, tmp_path: Path
) -> None:
    place = tmp_path / 'a "quoted"\\ path\nwith Zoë \x1b[31m'
    place.write_text("a file")
    answer = own_plugin.send(own_plugin.hook_stdin(1), environ={"STASH_PLUGIN_DATA": str(place)})
    assert "could not store this edit" in answer.reply["error"]
    assert "Zoë" in answer.reply["error"]


# -- names that are no UTF-8 -----------------------------------------------------------------------


@pytest.fixture
def odd(tmp_path: Path) -> str:
    """A data directory whose name is not UTF-8."""
    path = os.fsencode(tmp_path) + b"/Zo\xeb 100% #?"
    os.mkdir(path)
    return os.fsdecode(path)


@pytest.mark.posix
def test_a_database_opens_again_in_a_directory_whose_name_is_not_utf_8(odd: str) -> None:
    path = datadir.database_path(odd)
    for _ in range(2):
        QueueManager(odd).close()
        assert version_of(path, 1.0)
        read_only(path, 1.0).close()
        assert read_report(odd, 1.0).problem == ""


@pytest.mark.posix
def test_edits_are_stored_and_a_worker_starts_twice_where_the_name_is_not_utf_8(
    own_plugin: InstalledPlugin, odd: str
) -> None:
    environ = {"STASH_PLUGIN_DATA": odd}
    for _ in range(2):
        answer = own_plugin.send(own_plugin.stdin({"mode": "process_queue"}), environ=environ)
        assert answer.reply["output"], answer
    os.close(lock.open_lock(odd))
    answer = own_plugin.send(own_plugin.stdin({"mode": "status"}), environ=environ)
    assert answer.reply["output"]["problem"] == ""


# -- Windows' habits -------------------------------------------------------------------------------


def refusing(times: int) -> Callable[[], str]:
    """What a file does that another process holds open for a moment."""
    left = [times]

    def act() -> str:
        if left[0]:
            left[0] -= 1
            raise PermissionError(errno.EACCES, "Access denied")
        return "done"

    return act


def test_a_file_that_is_refused_for_a_moment_is_tried_again() -> None:
    assert datadir.patiently(refusing(3), 30.0, system="nt") == "done"
    with pytest.raises(PermissionError):
        datadir.patiently(refusing(1), 0.0, system="nt")
    with pytest.raises(PermissionError):
        datadir.patiently(refusing(1), 30.0, system="posix")


# -- closed standard streams -----------------------------------------------------------------------


@pytest.mark.posix
@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_the_queue_is_drained_whatever_streams_are_closed(
    own_plugin: InstalledPlugin, closed: str
) -> None:
    own_plugin.create_database()
    script = own_plugin.directory / "process_queue.py"
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" "$1" drain {closed}', sys.executable, str(script)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=own_plugin.environ,
    )
    assert done.returncode == 0, done
    assert b"Traceback" not in done.stderr


@pytest.mark.posix
@pytest.mark.parametrize("closed", ["2>&-", "2>&- >&-"])
def test_a_task_ends_well_whatever_streams_are_closed(
    own_plugin: InstalledPlugin, closed: str
) -> None:
    own_plugin.create_database()
    script = own_plugin.directory / "PlexSync.py"
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -S "$1" {closed}', sys.executable, str(script)],
        input=b'{"args": {"mode": "status"}}',
        capture_output=True,
        check=False,
        env=own_plugin.environ,
    )
    assert done.returncode == 0, done
    assert (b'"output": {"mode": "status"' in done.stdout) is (">&-" not in closed.split())
