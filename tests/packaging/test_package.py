"""What people install: one zip, one index, and a plugin that works from an empty folder."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from simulators import resident
from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator
from sync_queue.version import VERSION
from tests.installed_plugin import eventually
from tools import package

MADE = datetime(2026, 5, 4, 12, 30, 10, tzinfo=UTC)
IMPORT_ALL = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    assert importlib.import_module(name).__file__.startswith(sys.argv[1]), name
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``make package`` fills."""
    target = tmp_path_factory.mktemp("dist")
    package.build(target, MADE)
    return target


@pytest.fixture
def unzipped(built: Path, tmp_path: Path) -> Path:
    """The zip in an empty folder whose path has a space."""
    folder = tmp_path / "my plugins" / "PlexSync"
    with zipfile.ZipFile(built / package.ZIP) as archive:
        archive.extractall(folder)
    return folder


def names_in(built: Path) -> list[str]:
    with zipfile.ZipFile(built / package.ZIP) as archive:
        return archive.namelist()


def test_the_zip_is_the_same_each_time_byte_for_byte(built: Path, tmp_path: Path) -> None:
    package.build(tmp_path, MADE)
    for name in (package.ZIP, package.INDEX):
        assert (tmp_path / name).read_bytes() == (built / name).read_bytes()


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_package_builds_the_same_bytes_twice(tmp_path: Path) -> None:
    words = ["make", "--no-print-directory", "--dry-run", "package"]
    shown = subprocess.run(words, cwd=package.ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1].endswith("python -m tools.package")
    for folder in ("once", "twice"):
        assert build_in(package.ROOT, tmp_path / folder) == [
            str(tmp_path / folder / name) for name in (package.ZIP, package.INDEX)
        ]
    for name in (package.ZIP, package.INDEX):
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "twice" / name).read_bytes()


@pytest.mark.parametrize("has_history", [False, True])
def test_without_a_readable_history_the_changelog_tells_the_day(
    tmp_path: Path, has_history: bool
) -> None:
    for name in (*package.shipped_files(), "tools/__init__.py", "tools/package.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package.ROOT / name, tmp_path / name)
    if has_history:
        (tmp_path / ".git").write_text("gitdir: belongs to somebody else")
    build_in(tmp_path, tmp_path / "dist")
    (entry,) = yaml.load((tmp_path / "dist" / package.INDEX).read_text("utf-8"), yaml.BaseLoader)
    day = re.findall(r"^## .* - (.*)$", (tmp_path / "CHANGELOG.md").read_text("utf-8"), re.M)[0]
    assert entry["date"] == f"{day} 00:00:00"


def test_a_given_time_comes_first(tmp_path: Path) -> None:
    build_in(package.ROOT, tmp_path, SOURCE_DATE_EPOCH=str(int(MADE.timestamp())))
    assert MADE.strftime(package.DATE_FORMAT) in (tmp_path / package.INDEX).read_text("utf-8")


def build_in(checkout: Path, target: Path, **environ: str) -> list[str]:
    """What ``make package`` starts, in that checkout; the files that it names."""
    given = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    command = [sys.executable, "-m", "tools.package", str(target)]
    done = subprocess.run(
        command, cwd=checkout, env={**given, **environ}, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_the_zip_is_compressed_and_holds_the_licence(built: Path) -> None:
    with zipfile.ZipFile(built / package.ZIP) as archive:
        assert archive.read("LICENSE") == (package.ROOT / "LICENSE").read_bytes()
        packed = sum(entry.compress_size for entry in archive.infolist())
        assert packed < 0.5 * sum(entry.file_size for entry in archive.infolist())


def test_the_files_lie_at_the_root_with_exactly_one_manifest(built: Path) -> None:
    names = names_in(built)
    assert {"PlexSync.py", "PlexSync.yml", "process_queue.py", "requirements.lock"} <= set(names)
    assert [name for name in names if name.endswith(".yml")] == ["PlexSync.yml"]
    assert len(names) == len(set(names))


def test_nothing_ships_that_only_developers_need(built: Path) -> None:
    tops = {name.partition("/")[0] for name in names_in(built)}
    assert not tops & {"tests", "simulators", "benchmarks", "tools", "data", "dist"}
    assert not [name for name in names_in(built) if "__pycache__" in name or "/." in name]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_every_module_of_a_room_ships(built: Path) -> None:
    command = ["git", "ls-files", "--", *(f"{room}/*.py" for room in package.PACKAGES)]
    listed = subprocess.run(command, cwd=package.ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    kept = [name for name in listed.stdout.split() if (package.ROOT / name).exists()]
    assert kept
    assert set(kept) <= set(names_in(built))


@pytest.mark.slow
def test_every_shipped_module_imports(built: Path, unzipped: Path) -> None:
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in names_in(built)
        if name.endswith(".py")
    ]
    command = [sys.executable, "-c", IMPORT_ALL, str(unzipped), *modules]
    subprocess.run(command, cwd=unzipped.parent, check=True)


def test_the_index_names_the_zip_as_stash_checks_it(built: Path) -> None:
    text = (built / package.INDEX).read_text("utf-8")
    (entry,) = yaml.load(text, yaml.BaseLoader)
    manifest = yaml.safe_load((package.ROOT / package.MANIFEST).read_text("utf-8"))
    archive = (built / package.ZIP).read_bytes()
    assert entry == {
        "id": "PlexSync",
        "name": "PlexSync",
        "metadata": {"description": manifest["description"]},
        "version": VERSION,
        "date": "2026-05-04 12:30:10",
        "path": package.ZIP,
        "sha256": hashlib.sha256(archive).hexdigest(),
    }


def test_all_places_name_the_same_version() -> None:
    manifest = yaml.safe_load((package.ROOT / package.MANIFEST).read_text("utf-8"))
    releases = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$",
        (package.ROOT / "CHANGELOG.md").read_text("utf-8"),
        re.MULTILINE,
    )
    project = tomllib.loads((package.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert VERSION == manifest["version"] == project["version"] == releases[0]


@pytest.mark.slow
@pytest.mark.posix
def test_the_unzipped_plugin_syncs_a_scene(unzipped: Path, tmp_path: Path) -> None:
    sync_a_scene(unzipped, tmp_path, sys.executable, seconds=40)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.posix
def test_with_a_bare_python_it_installs_what_it_needs_and_syncs(
    unzipped: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", bare], check=True)
    sync_a_scene(unzipped, tmp_path, str(bare / "bin" / "python"), seconds=600)
    assert list(unzipped.rglob("*.yml")) == [unzipped / "PlexSync.yml"]


def sync_a_scene(unzipped: Path, tmp_path: Path, python: str, seconds: float) -> None:
    """Save a scene in Stash, with nothing but the unzipped files; Plex shows it."""
    with both_servers(unzipped, tmp_path, python) as (stash, plex):
        section = plex.add_section("Videos", locations=["/media"], agent="none")
        item = plex.add_movie(section, "/media/Harbour Lights.mp4")
        scene = stash.library.add_scene(files=[{"path": "/data/Harbour Lights.mp4"}])
        (run,) = stash.scene_update(scene, title="Harbour", details="At the docks.")
        assert json.loads(run.stdout) == {"output": "ok"}
        eventually(lambda: item.title == "Harbour", timeout=seconds)
        assert item.fields["summary"] == "At the docks."


@contextmanager
def both_servers(
    unzipped: Path, tmp_path: Path, python: str
) -> Iterator[tuple[StashSimulator, PlexSimulator]]:
    """Stash with the plugin in its plugins folder, and Plex; leaves no worker behind."""
    env = {name: value for name, value in os.environ.items() if name != "STASH_PLUGIN_DATA"}
    stash = StashSimulator(unzipped.parent, python, config_dir=tmp_path, env=env)
    with PlexSimulator() as plex, stash:
        stash.settings = {
            "plex_url": plex.url,
            "plex_token": plex.token,
            "path_map": "/data => /media",
            "skip_posters": True,
        }
        try:
            yield stash, plex
        finally:
            resident.stop_workers(unzipped / "data")
