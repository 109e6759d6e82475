"""Fixtures that every room's tests may use."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import installed_plugin
from tests.installed_plugin import InstalledPlugin, StandInWorkers

# A busy machine makes any example slow: pytest-timeout alone decides what takes too long.
settings.register_profile("plexsync", deadline=None)
settings.load_profile("plexsync")


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """``eventually(look, timeout=10.0)``: polls until ``look()`` is true and returns that."""
    return installed_plugin.eventually


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ships, with bytecode, in a directory with spaces and letters beyond ASCII."""
    target = tmp_path_factory.mktemp("stash") / "Stash plugins für Zoë" / "PlexSync – 映画"
    installed_plugin.install(target)
    return target


@pytest.fixture
def plugin(shipped: Path, tmp_path: Path) -> Iterator[InstalledPlugin]:
    """The installed plugin with no data yet. Its files are shared: tests leave them alone."""
    installed = InstalledPlugin(shipped, tmp_path / "stash config")
    yield installed
    shutil.rmtree(installed.data_dir, ignore_errors=True)


@pytest.fixture
def own_plugin(shipped: Path, tmp_path: Path) -> InstalledPlugin:
    """A copy of the installed plugin whose files a test may change."""
    directory = tmp_path / "plugins" / "PlexSync – 映画"
    shutil.copytree(shipped, directory)
    return InstalledPlugin(directory, tmp_path / "stash config")


@pytest.fixture
def stand_in_workers(own_plugin: InstalledPlugin) -> Iterator[StandInWorkers]:
    """Workers of ``own_plugin`` that hold the lock and do nothing else."""
    workers = StandInWorkers(own_plugin)
    yield workers
    workers.end()
