"""Bytecode that a full disk cut short stops neither a hook nor the worker, and is mended."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path

import pytest

from simulators.resident import stop_workers, workers
from tests.installed_plugin import InstalledPlugin, eventually
from worker import bytecode

if sys.platform != "win32":
    import resource


@pytest.fixture
def own(own_plugin: InstalledPlugin) -> Iterator[InstalledPlugin]:
    yield own_plugin
    stop_workers(own_plugin.data_dir)


def bytecode_of(plugin: InstalledPlugin, module: str) -> Path:
    return Path(util.cache_from_source(str(plugin.directory / f"{module}.py")))


def whole(content: bytes) -> bytes:
    return content


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def zeros_behind_the_header(content: bytes) -> bytes:
    return content[:16] + bytes(len(content) - 16)


def header_alone(content: bytes) -> bytes:
    return content[:16]


@pytest.mark.parametrize("spoil", [whole, cut, zeros_behind_the_header, header_alone])
@pytest.mark.parametrize(
    "module", ["hooks/handlers", "hooks/protocol", "sync_queue/producer", "sync_queue/lock"]
)
def test_a_hook_stores_its_edit_whatever_became_of_its_bytecode(
    own_plugin: InstalledPlugin, module: str, spoil: object
) -> None:
    assert callable(spoil)
    file = bytecode_of(own_plugin, module)
    file.write_bytes(spoil(file.read_bytes()))
    with own_plugin.worker_lock():
        answer = own_plugin.send(own_plugin.hook_stdin(1))
    assert (answer.status, answer.stdout) == (0, b'{"output": "ok"}'), answer.stderr
    assert own_plugin.stored_keys() == ["scene:1"]


@pytest.mark.parametrize("module", ["tasks/start", "worker/resident", "sync_queue/manager"])
def test_a_worker_starts_and_mends_bytecode_that_was_cut_short(
    own: InstalledPlugin, module: str
) -> None:
    files = [bytecode_of(own, module), bytecode_of(own, "hooks/handlers")]
    before = [file.read_bytes() for file in files]
    for file, content in zip(files, before, strict=True):
        file.write_bytes(cut(content))
    assert own.send(own.hook_stdin(1)).stdout == b'{"output": "ok"}'
    eventually(lambda: workers(own.data_dir), timeout=20)
    after = [file.read_bytes() for file in files]
    assert [content[:16] for content in after] == [content[:16] for content in before]
    assert [type(marshal.loads(content[16:])).__name__ for content in after] == ["code"] * 2


def test_a_task_answers_although_its_bytecode_was_cut_short(own_plugin: InstalledPlugin) -> None:
    file = bytecode_of(own_plugin, "tasks/entry")
    file.write_bytes(cut(file.read_bytes()))
    assert own_plugin.send(own_plugin.stdin({"mode": "status"})).reply["output"]


def test_no_process_lets_python_write_bytecode(own_plugin: InstalledPlugin) -> None:
    files = [bytecode_of(own_plugin, name) for name in ("hooks/handlers", "tasks/entry")]
    for file in files:
        file.unlink()
    with own_plugin.worker_lock():
        own_plugin.send(own_plugin.hook_stdin(1))
        own_plugin.send(own_plugin.stdin({"mode": "status"}))
    script = own_plugin.directory / "process_queue.py"
    subprocess.run([sys.executable, script, "status"], check=False, capture_output=True)
    assert not any(file.exists() for file in files)


@pytest.mark.posix
@pytest.mark.parametrize("room", [0, 10, 3000])
def test_on_a_full_disk_bytecode_is_written_whole_or_not_at_all(tmp_path: Path, room: int) -> None:
    source = tmp_path / "module.py"
    source.write_text("\n".join(f"name_{n} = 'value {n}'" for n in range(500)))

    def in_the_child() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    subprocess.run(
        [
            # Without -B Python itself would write half a file, beside our own source.
            *(sys.executable, "-B", "-c"),
            "import sys, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
            "from worker import bytecode; bytecode.compile_module(sys.argv[1])",
            str(source),
        ],
        check=True,
        preexec_fn=in_the_child,
        cwd=Path(__file__).resolve().parents[2],
        # A log that these went to would be full too.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    cache = tmp_path / "__pycache__"
    assert not cache.exists() or list(cache.iterdir()) == []


def test_bytecode_is_what_python_itself_would_take(tmp_path: Path) -> None:
    source = tmp_path / "fresh_module.py"
    source.write_text("VALUE = 42\n")
    bytecode.compile_module(str(source))
    shown = subprocess.run(
        [sys.executable, "-v", "-c", "import fresh_module"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert f"# {util.cache_from_source(str(source))} matches {source}" in shown.stderr
