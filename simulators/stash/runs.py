"""The record of one plugin run, and who it runs for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.stash.output import LogLine, decode_line
from simulators.stash.process import Cancel
from simulators.stash.sessions import Visited


@dataclass(slots=True)
class PluginRun:
    """One run of a plugin process: what it was given, and all that it said.

    ``stdin`` is the object written, ``output`` and ``error`` what Stash made of stdout;
    ``exit_code`` is negative for a signal and None when the process could not be started.
    A log line's ``at`` and ``seconds`` count from the start of the process.
    """

    stdin: dict[str, Any]
    stdout: str = ""
    output: Any = None
    error: str | None = None
    exit_code: int | None = None
    logs: list[LogLine] = field(default_factory=list)
    progress: list[float] = field(default_factory=list)
    seconds: float = 0.0
    pid: int = 0
    cancelled: bool = False


@dataclass(slots=True)
class Origin:
    """Whose request leads to a run, over which hooks it came, and how it is cancelled."""

    user: str = ""
    visited: Visited = ()
    cancel: Cancel = field(default_factory=Cancel)
    runs: list[PluginRun] = field(default_factory=list)


@dataclass(slots=True)
class Host:
    """How Stash runs plugins here. ``env`` replaces its own environment when given."""

    python: str
    config_dir: str
    env: Mapping[str, str] | None = None
    told_host: str = "0.0.0.0"
    port: int = 0
    sends_settings: bool = False
    loses_lines_within: float = 0.0


class LineReader:
    """Sorts stderr lines into the run's logs and progress."""

    def __init__(
        self,
        name: str,
        default_level: str,
        run: PluginRun,
        log: Callable[[str, str], None],
        on_progress: Callable[[float], None] | None,
    ) -> None:
        self._name = name
        self._default_level = default_level
        self._run = run
        self._log = log
        self._on_progress = on_progress
        self._started = time.monotonic()

    def read(self, line: str) -> None:
        level, text = decode_line(line, self._default_level)
        if level == "progress":
            self._progress(text)
        elif level != "none":
            self._run.logs.append(LogLine(level, text, time.monotonic() - self._started))
            self._log(level, f"[Plugin / {self._name}] {text}")

    def _progress(self, text: str) -> None:
        try:
            value = float(text)
        except ValueError:
            self._log("error", f"Error parsing progress value '{text}'")
            return
        self._run.progress.append(value)
        if self._on_progress:
            self._on_progress(value)
