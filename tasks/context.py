"""The request to a task or operation, parsed once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync_queue import datadir
from tasks.given import Given
from validation.config import ENVIRONMENT
from validation.documents import read_json
from validation.errors import SetupError

# Moves the progress bar to a share (0 to 1).
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class TaskRequest(Given):
    """``arguments`` are Stash's ``args`` without ``mode``: defaults arrive as strings.

    ``connection`` is what a hook would store: ``server_connection`` and ``settings``; empty from a
    shell. ``stash_dir`` is Stash's configuration directory ("" from a shell). ``environ`` is where
    empty settings come from; a shell's may hold keys of its own that no child process inherits.
    """

    mode: str
    plugin_dir: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    connection: Mapping[str, Any] = field(default_factory=dict)
    stash_dir: str = ""
    data_dir: str = ""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def lets_worker_in(self) -> bool:
        """Whether a resident worker, which inherits our own environment, would reach the same
        servers: not so with settings that came from a file."""
        return all(self.environ.get(name) == os.environ.get(name) for name in ENVIRONMENT.values())

    def resolve(self) -> str:
        """The data directory, created when missing. Raises ``OSError`` when it cannot be."""
        if self.data_dir:
            datadir.make_private(os.path.join(self.data_dir, datadir.QUEUE_DIR))
            return self.data_dir
        return datadir.resolve(self.plugin_dir, self.stash_dir, self.environ)

    def locate(self) -> str:
        """The data directory for a reader: creates nothing."""
        return self.data_dir or datadir.locate(self.plugin_dir, self.stash_dir, self.environ)


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A task's report: jobs done and left, problems met, lines for the user (top first).

    ``report`` is the whole of it where the lines are only the most important part. ``exit_code`` is
    the command line's exit status. 0: nothing due left. 1: some scenes need the user or are dead.
    2: usage or settings. 3: Plex or Stash is unreachable and jobs wait. 130: interrupted. ``title``
    is the run's name among Status's last runs, "" for what is not kept there. ``output`` goes into
    the reply to Stash, beside the counts; ``details`` are for ``--json`` alone.
    """

    done: int = 0
    left: int = 0
    problems: int = 0
    lines: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    exit_code: int = 0
    output: Mapping[str, object] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)
    title: str = ""


def parse_request(raw: bytes, plugin_dir: str) -> TaskRequest:
    """Read what Stash wrote to a task's standard input. Raises ``SetupError`` for anything else."""
    try:
        doc = read_json(raw)
    except ValueError:
        doc = None
    if not isinstance(doc, dict):
        raise SetupError("Standard input is not the JSON object that Stash sends to a task.")
    given, connection = doc.get("args"), doc.get("server_connection")
    arguments = dict(given) if isinstance(given, dict) else {}
    if not isinstance(connection, dict):
        connection = {}
    mode, stash_dir = arguments.pop("mode", ""), connection.get("Dir")
    return TaskRequest(
        mode=mode if isinstance(mode, str) else "",
        plugin_dir=plugin_dir,
        arguments=arguments,
        connection={"server_connection": connection, "settings": doc.get("settings")},
        stash_dir=stash_dir if isinstance(stash_dir, str) else "",
    )
