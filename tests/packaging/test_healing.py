"""The plugin on a Python without packages and without a way to the index, and how it heals.

The wheels are those of the Python that runs the tests, packed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from simulators import resident
from sync_queue import lock
from tests.installed_plugin import Answer, InstalledPlugin, eventually
from worker import dependencies

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.posix,
]
SENTENCE = f"{dependencies.FAILED} Run this where Stash runs: "


def pack_wheel(name: str, folder: Path) -> Path:
    """An installed distribution as the wheel that it came from."""
    found = metadata.distribution(name)
    about = found.read_text("WHEEL") or ""
    tag = re.findall(r"^Tag: (.*)$", about, re.MULTILINE)[0]
    wheel = folder / f"{name.replace('-', '_')}-{found.version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in found.files or ():
            if not file.parts[0].startswith("..") and "__pycache__" not in file.parts:
                archive.write(str(file.locate()), file.as_posix())
    return wheel


def lock_line(wheel: Path) -> str:
    name, version, *_ = wheel.name.split("-")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python of its own that has pip and no packages."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return str(folder / "bin" / "python")


@pytest.fixture
def bare(
    own_plugin: InstalledPlugin, bare_python: str, tmp_path: Path
) -> Iterator[InstalledPlugin]:
    """The plugin on a Python without packages, and without a network."""
    own_plugin.python = bare_python
    own_plugin.environ |= {"PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1"}
    locked = own_plugin.directory / dependencies.LOCK_FILE
    names = re.findall(r"^([\w-]+)==", locked.read_text("utf-8"), re.MULTILINE)
    (tmp_path / "wheels").mkdir()
    wheels = [pack_wheel(name, tmp_path / "wheels") for name in names]
    locked.write_text("".join(map(lock_line, wheels)), "utf-8")
    yield own_plugin
    resident.stop_workers(own_plugin.data_dir)


def send(plugin: InstalledPlugin, stdin: Mapping[str, Any]) -> Answer:
    return plugin.send(stdin, timeout=200)


def test_without_an_index_edits_wait_and_it_heals_when_packages_can_be_had(
    bare: InstalledPlugin, tmp_path: Path
) -> None:
    assert send(bare, bare.hook_stdin(7)).reply == {"output": "ok"}
    log = bare.data_dir / "plexsync.log"
    eventually(lambda: log.exists() and SENTENCE in log.read_text("utf-8"), timeout=60)
    eventually(lambda: not lock.worker_alive(str(bare.data_dir)))
    for mode in ("process_queue", "check_setup", "preview"):
        answer = send(bare, bare.stdin({"mode": mode})).reply
        assert answer["output"] is None
        assert answer["error"].startswith(SENTENCE)
    assert len(bare.spooled()) == 1

    bare.environ["PIP_FIND_LINKS"] = (tmp_path / "wheels").as_uri()
    send(bare, bare.stdin({"mode": "check_setup"}))
    answer = send(bare, bare.stdin({"mode": "status"})).reply
    assert answer["output"]["left"] == 1


def test_a_broken_installation_gives_one_reply_and_a_line_in_the_worker_s_log(
    bare: InstalledPlugin, tmp_path: Path
) -> None:
    for name, (oldest, _) in dependencies.NEEDED.items():
        version = ".".join(map(str, oldest))
        about = tmp_path / "broken" / f"{name.replace('-', '_')}-{version}.dist-info" / "METADATA"
        about.parent.mkdir(parents=True)
        about.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    bare.environ["PYTHONPATH"] = str(tmp_path / "broken")
    for mode in ("process_queue", "no such mode"):
        answer = send(bare, bare.stdin({"mode": mode}))
        assert answer.status == 0
        assert answer.reply["output"] is None
    worker = [bare.python, str(bare.directory / "PlexSync.py"), "--worker"]
    subprocess.run(worker, env=bare.environ, stdin=subprocess.DEVNULL, check=True)
    assert SENTENCE in (bare.data_dir / "plexsync.log").read_text("utf-8")
    shell = [bare.python, str(bare.directory / "process_queue.py"), "drain"]
    done = subprocess.run(shell, env=bare.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert SENTENCE in done.stderr
    assert "Traceback" not in done.stderr


def test_a_page_of_stash_starts_a_worker_that_installs_only_when_something_waits(
    bare: InstalledPlugin, tmp_path: Path
) -> None:
    log = bare.data_dir / "plexsync.log"
    assert send(bare, bare.stdin({"mode": "wake"})).reply["output"]["left"] == 0
    assert not bare.data_dir.exists()
    spool = bare.data_dir / "spool"
    spool.mkdir(parents=True)
    (bare.data_dir / "queue").mkdir()
    (spool / "1.json").write_text(json.dumps({"version": 1}))
    assert send(bare, bare.stdin({"mode": "wake"})).reply["output"]["left"] == 1
    eventually(lambda: log.exists() and SENTENCE in log.read_text("utf-8"), timeout=60)
    eventually(lambda: not lock.worker_alive(str(bare.data_dir)))
    assert not os.path.exists(tmp_path / "stash config" / "plexsync")
