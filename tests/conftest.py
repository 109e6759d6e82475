"""Fixtures that every room's tests may use."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import installed_plugin
from tests.installed_plugin import InstalledPlugin, StandInWorkers


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """``eventually(look, timeout=10.0)``: polls until ``look()`` is true and returns that."""
    return installed_plugin.eventually


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that ship, with bytecode, to be copied."""
    target = tmp_path_factory.mktemp("shipped") / "PlexSync"
    installed_plugin.install(target)
    return target


@pytest.fixture
def plugin(shipped: Path, tmp_path: Path) -> InstalledPlugin:
    """A fresh copy of the plugin, in a directory with spaces and letters beyond ASCII."""
    directory = tmp_path / "Stash plugins für Zoë" / "PlexSync – 映画"
    shutil.copytree(shipped, directory)
    return InstalledPlugin(directory, tmp_path / "stash config")


@pytest.fixture
def stand_in_workers(plugin: InstalledPlugin) -> Iterator[StandInWorkers]:
    """Workers of ``plugin`` that hold the lock and do nothing else."""
    workers = StandInWorkers(plugin)
    yield workers
    workers.end()
