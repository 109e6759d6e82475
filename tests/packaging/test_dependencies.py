"""The libraries are found, or installed privately, or one sentence says what to do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools import package
from worker import dependencies, private_packages

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bare_plugin(tmp_path: Path) -> Path:
    """The plugin's files in a directory with a space and a letter beyond ASCII in its path."""
    folder = tmp_path / "plug ins ü" / "PlexSync"
    package.write_zip(tmp_path / package.ZIP, datetime.now(UTC))
    with zipfile.ZipFile(tmp_path / package.ZIP) as archive:
        archive.extractall(folder)
    return folder


def make_python(folder: Path, *options: str) -> Path:
    """A Python of its own with no packages, and with pip unless told otherwise."""
    subprocess.run([sys.executable, "-m", "venv", *options, folder], check=True)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """A Python with nothing: not even pip."""
    return make_python(tmp_path / "bare", "--without-pip")


def run_task(
    python: Path, plugin: Path, data: Path, mode: str, **environ: str
) -> dict[str, object]:
    done = subprocess.run(
        [python, "-S", plugin / "PlexSync.py"],
        input=json.dumps({"args": {"mode": mode}}).encode(),
        capture_output=True,
        env={**os.environ, "STASH_PLUGIN_DATA": str(data), **environ},
        check=True,
    )
    reply: dict[str, object] = json.loads(done.stdout)
    return reply


def test_a_version_that_works_is_distinguished_from_one_that_does_not() -> None:
    assert dependencies.found_version("no-such-distribution") == ()
    assert dependencies.all_present()


def test_requirements_and_the_versions_looked_for_agree() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    ranges = dict(
        line.split("#")[0].strip().replace("<", "").lower().split(">=")
        for line in lines
        if ">=" in line and not line.startswith("#")
    )
    for name, (oldest, first) in dependencies.NEEDED.items():
        texts = (".".join(map(str, part)) for part in (oldest, first))
        assert ranges[name] == ",".join(texts), name


def test_without_pip_one_sentence_names_the_command_and_nothing_is_left_behind(
    bare_python: Path, bare_plugin: Path, tmp_path: Path
) -> None:
    reply = run_task(bare_python, bare_plugin, tmp_path / "data", "process_queue")
    assert reply["output"] is None
    assert "-m pip install --target" in str(reply["error"])
    folder = tmp_path / "data" / "dependencies"
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []


def test_status_installs_nothing(bare_python: Path, bare_plugin: Path, tmp_path: Path) -> None:
    reply = run_task(bare_python, bare_plugin, tmp_path / "data", "status")
    assert reply["output"]["packages"] == "missing"  # type: ignore[index]
    assert not (tmp_path / "data").exists()


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_the_first_task_installs_what_is_missing_and_later_ones_find_it(
    bare_plugin: Path, tmp_path: Path
) -> None:
    data, python = tmp_path / "data", make_python(tmp_path / "bare")
    assert run_task(python, bare_plugin, data, "process_queue")["output"]
    (target,) = (path for path in (data / "dependencies").iterdir() if path.is_dir())
    assert not list(target.rglob("*.yml"))
    offline = {"PIP_NO_INDEX": "1"}
    assert run_task(python, bare_plugin, data, "status", **offline)["output"]


def test_looking_whether_packages_load_reads_no_plexapi_configuration(tmp_path: Path) -> None:
    config = tmp_path / "config.ini"
    config.write_text("damaged")
    done = subprocess.run(
        [sys.executable, "-c", "from worker import dependencies as d; print(d.why_not_loaded())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PLEXAPI_CONFIG_PATH": str(config)},
        check=True,
    )
    assert done.stdout == "\n", done.stdout


def test_packages_of_older_versions_are_removed_and_others_stay(tmp_path: Path) -> None:
    old, new, other = (
        tmp_path / name
        for name in (
            f"{private_packages.platform_tag()}-000000000000",
            private_packages.folder_name(str(ROOT / dependencies.LOCK_FILE)),
            "cpython-399-elsewhere-000000000000",
        )
    )
    for folder in (old, new, other):
        folder.mkdir()
    private_packages.remove_older(str(new))
    assert sorted(tmp_path.iterdir()) == sorted([new, other])


def test_the_lock_file_names_a_hash_for_every_package() -> None:
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines
    assert all("==" in line and "--hash=sha256:" in line for line in lines)


def test_each_locked_version_lies_in_the_range_that_is_tested() -> None:
    locked = dict(re.findall(r"^([\w.-]+)==([\d.]+)", lock_text(), re.MULTILINE))
    names = {name.lower(): parse_version(version) for name, version in locked.items()}
    for name, (oldest, first) in dependencies.NEEDED.items():
        assert oldest <= names[name] < first, name


def lock_text() -> str:
    return (ROOT / "requirements.lock").read_text()


def parse_version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
