"""What a hook imports is time that a person waits for."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.installed_plugin import InstalledPlugin

# Each of these costs a tenth of an interpreter start or more (measured with python -X importtime).
EXPENSIVE = frozenset(
    {
        "argparse", "asyncio", "contextlib", "ctypes", "dataclasses", "datetime", "enum", "http",
        "inspect", "json", "logging", "pathlib", "pickle", "random", "re", "shutil", "signal",
        "site", "socket", "sqlite3", "ssl", "string", "subprocess", "tempfile", "threading",
        "traceback", "typing", "urllib", "uuid", "weakref",
    }
)  # fmt: skip
OURS = frozenset({"hooks", "sync_queue"})


def imported(plugin: InstalledPlugin, fields: list[str], flags: tuple[str, ...]) -> set[str]:
    """The names of all modules that one hook imports, from the interpreter's own report."""
    answer = plugin.send(plugin.hook_stdin(1, fields), flags=(*flags, "-X", "importtime"))
    assert answer.stdout == b'{"output": "ok"}'
    lines = re.findall(rb"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)\r?$", answer.stderr, re.MULTILINE)
    assert len(lines) > 20
    return {line.decode() for line in lines}


@pytest.mark.parametrize("fields", [["title"], ["play_count"]], ids=["enqueued", "filtered"])
def test_a_hook_imports_only_the_standard_library(
    ready: InstalledPlugin, fields: list[str]
) -> None:
    names = {name.partition(".")[0] for name in imported(ready, fields, ("-S",))}
    assert names <= sys.stdlib_module_names | OURS
    assert not names & EXPENSIVE


def test_a_hook_that_stores_in_a_file_imports_nothing_more(plugin: InstalledPlugin) -> None:
    with plugin.worker_lock():
        names = {name.partition(".")[0] for name in imported(plugin, ["title"], ("-S",))}
    assert plugin.spooled()
    assert names <= sys.stdlib_module_names | OURS
    assert not names & EXPENSIVE


def test_a_filtered_hook_imports_nothing_of_the_queue_but_its_sqlite(
    ready: InstalledPlugin,
) -> None:
    names = imported(ready, ["play_count"], ("-S",))
    ours = {name for name in names if name.partition(".")[0] in OURS}
    assert ours == {
        "hooks",
        "hooks.handlers",
        "hooks.protocol",
        "sync_queue",
        "sync_queue.light_sqlite",
    }


def test_importing_the_main_script_has_no_effect(ready: InstalledPlugin) -> None:
    before = list(sys.path)
    source = (ready.directory / "PlexSync.py").read_text("utf-8")
    exec(compile(source, "PlexSync.py", "exec"), {"__name__": "PlexSync", "__file__": "PlexSync"})
    assert sys.path == before
    assert ready.rows() == []


def test_the_main_script_is_short() -> None:
    script = Path(__file__).parents[2] / "PlexSync.py"  # compiled anew by every process
    assert len(script.read_text("utf-8").splitlines()) < 60
