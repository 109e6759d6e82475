"""Fixtures that every room's tests may use."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import installed_plugin
from tests.installed_plugin import InstalledPlugin, StandInWorkers

# Files whose tests are whole processes that live for seconds, or that take seconds otherwise.
SLOW_FILES = frozenset(
    {
        "border/test_deadline.py",
        "border/test_memory.py",
        "cli/test_setup.py",
        "database/test_killed_rescue.py",
        "database/test_rescue.py",
        "database/test_resident_trouble.py",
        "database/test_worker_trouble.py",
        "docs/test_commands.py",
        "e2e/test_demo.py",
        "from_plex/test_echo.py",
        "from_plex/test_model.py",
        "hooks/test_start_places.py",
        "hooks/test_unreadable_input.py",
        "identity/test_another_plex.py",
        "packaging/test_installing.py",
        "recovery/test_kills.py",
        "recovery/test_tasks.py",
        "resident/test_asleep_at_random.py",
        "resident/test_hand_over.py",
        "resident/test_lock.py",
        "resident/test_off_switch.py",
        "resident/test_outages.py",
        "resident/test_parts.py",
        "resident/test_secrets.py",
        "resident/test_setup.py",
        "resident/test_signed_in.py",
        "resident/test_stash_away.py",
        "resident/test_wake.py",
        "resident/test_watchdog.py",
        "stash/test_stash_holes.py",
        "tasks/test_killed_sync_all.py",
        "undo/test_undo_attacks.py",
    }
)

# A busy machine makes any example slow: pytest-timeout alone decides what takes too long. The same
# examples each time, so that no change fails for what another one did; make check seeks new ones.
settings.register_profile("same", deadline=None, derandomize=True, max_examples=20)
settings.register_profile("new", deadline=None)
settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what ``SLOW_FILES`` names, and skip on Windows what is POSIX's."""
    here = Path(__file__).parent
    elsewhere = pytest.mark.skip(reason="POSIX's by nature")
    for item in items:
        if sys.platform == "win32" and item.get_closest_marker("posix"):
            item.add_marker(elsewhere)
        if item.path.relative_to(here).as_posix() in SLOW_FILES:
            item.add_marker(pytest.mark.slow)


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
    if sys.platform == "win32":
        pytest.skip("their end comes through a FIFO")
    workers = StandInWorkers(own_plugin)
    yield workers
    workers.end()
