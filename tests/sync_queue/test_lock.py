"""The worker's lock: who has it, who only looks, and how it changes hands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync_queue import lock
from tests.installed_plugin import ROOT, eventually

HOLD = """
import sys
from sync_queue import lock
descriptor = lock.acquire(sys.argv[1], patience=float(sys.argv[2]))
print("none" if descriptor is None else "zero" if descriptor == 0 else "held", flush=True)
sys.stdin.read() if descriptor != 0 else __import__("time").sleep(60)
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> str:
    (tmp_path / "queue").mkdir()
    return str(tmp_path)


@contextmanager
def process(
    data_dir: str, stdin: int = subprocess.PIPE, patience: float = 0.0
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-S", "-c", HOLD, data_dir, str(patience)],
        cwd=ROOT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def answer(started: subprocess.Popen[str]) -> str:
    assert started.stdout
    return started.stdout.readline().strip()


def test_one_process_holds_the_lock_and_its_death_frees_it(data_dir: str) -> None:
    with process(data_dir) as first:
        assert answer(first) == "held"
        assert lock.worker_alive(data_dir)
        assert lock.take_for_worker(data_dir) is None
        with process(data_dir) as second:
            assert answer(second) == "none"
    assert not lock.worker_alive(data_dir)


def test_looking_creates_nothing_and_takes_nothing(data_dir: str) -> None:
    assert not lock.worker_alive(data_dir)
    assert os.listdir(os.path.join(data_dir, "queue")) == []
    descriptor = lock.acquire(data_dir, patience=0)
    assert descriptor is not None
    os.close(descriptor)
    assert not lock.worker_alive(data_dir)
    descriptor = lock.acquire(data_dir, patience=0)
    assert descriptor is not None
    os.close(descriptor)


def test_a_released_lock_can_be_taken_by_another(data_dir: str) -> None:
    descriptor = lock.acquire(data_dir, patience=0)
    assert descriptor is not None
    lock.release(descriptor)
    with process(data_dir) as other:
        assert answer(other) == "held"
        assert not lock.take(descriptor)
    os.close(descriptor)


@pytest.mark.posix
def test_a_returning_worker_is_patient(data_dir: str) -> None:
    descriptor = lock.acquire(data_dir, patience=0)
    assert descriptor is not None
    with process(data_dir, patience=20) as returning:
        eventually(lambda: waits_for_the_lock(returning.pid, data_dir))
        lock.release(descriptor)
        assert answer(returning) == "held"
    os.close(descriptor)


def waits_for_the_lock(pid: int, data_dir: str) -> bool:
    wanted = os.path.join(data_dir, "queue", lock.LOCK_FILE)
    links = Path(f"/proc/{pid}/fd").iterdir()
    return any(os.path.realpath(link) == wanted for link in links)


@pytest.mark.posix
def test_the_lock_is_handed_over_as_standard_input(data_dir: str) -> None:
    descriptor = lock.take_for_worker(data_dir)
    assert descriptor is not None
    with process(data_dir, stdin=descriptor) as worker:
        os.close(descriptor)  # the hook ends
        assert answer(worker) == "zero"
        assert lock.worker_alive(data_dir)
    assert not lock.worker_alive(data_dir)


@pytest.mark.posix
def test_a_worker_that_dies_before_it_looks_leaves_no_lock(data_dir: str) -> None:
    descriptor = lock.take_for_worker(data_dir)
    assert descriptor is not None
    subprocess.run([sys.executable, "-S", "-c", ""], stdin=descriptor, check=True)
    assert lock.take_for_worker(data_dir) is None  # the hook still has it
    os.close(descriptor)
    taken = lock.take_for_worker(data_dir)
    assert taken is not None
    os.close(taken)


def test_a_program_without_standard_input_gets_a_lock_of_its_own(data_dir: str) -> None:
    code = "import sys; from sync_queue import lock; print(lock.acquire(sys.argv[1]))"
    run = subprocess.run(
        ["sh", "-c", 'exec "$0" -S -c "$1" "$2" <&-', sys.executable, code, data_dir],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip().isdigit()


@pytest.mark.posix
def test_the_lock_file_is_for_the_owner_only(data_dir: str) -> None:
    before = os.umask(0)
    try:
        os.close(lock.open_lock(data_dir))
    finally:
        os.umask(before)
    assert os.stat(os.path.join(data_dir, "queue", lock.LOCK_FILE)).st_mode & 0o777 == 0o600


# --- Windows: msvcrt's byte ranges, played by POSIX record locks (they too belong to a process)

MSVCRT = """
import fcntl
LK_UNLCK, LK_NBLCK = 0, 2
def locking(descriptor, mode, count):
    fcntl.lockf(descriptor, fcntl.LOCK_UN if mode == LK_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB,
                count, 0, 1)
"""
ON_WINDOWS = """
import sys
sys.platform = "win32"
from sync_queue import lock
"""


@pytest.fixture
def on_windows(tmp_path: Path, data_dir: str) -> Callable[[str], subprocess.Popen[str]]:
    """Start a program that sees Windows, the data directory as ``sys.argv[1]``."""
    (tmp_path / "windows").mkdir()
    (tmp_path / "windows" / "msvcrt.py").write_text(MSVCRT)
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path / 'windows'}{os.pathsep}{ROOT}"}

    def start(code: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-S", "-c", ON_WINDOWS + code, data_dir],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start


LOOK = "print(lock.worker_alive(sys.argv[1]), lock.take_for_worker(sys.argv[1]) is None)"
WORK = """
print(lock.acquire(sys.argv[1], patience=0) is not None, flush=True)
sys.stdin.read()
"""


def test_on_windows_a_worker_excludes_another_and_a_look_does_not(
    on_windows: Callable[[str], subprocess.Popen[str]],
) -> None:
    with on_windows(LOOK) as early:
        assert early.communicate()[0].strip() == "False False"
    with on_windows(WORK) as worker:
        assert answer(worker) == "True"
        with on_windows(LOOK) as looking, on_windows(WORK) as second:
            assert looking.communicate()[0].strip() == "True True"
            assert second.communicate()[0].strip() == "False"
        worker.communicate()
    with on_windows(WORK) as again:
        assert again.communicate()[0].strip() == "True"
