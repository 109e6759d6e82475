"""Fixtures of the hook's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installed_plugin import InstalledPlugin


@pytest.fixture
def ready(plugin: InstalledPlugin) -> Iterator[InstalledPlugin]:
    """A plugin whose database exists and whose worker seems to be alive."""
    plugin.create_database()
    with plugin.worker_lock():
        yield plugin
