"""The record of one plugin run, its origin, and its output as Stash reads it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.stash.process import Cancel, Finished
from simulators.stash.sessions import Visited

_LEVELS = {
    "t": "trace",
    "d": "debug",
    "i": "info",
    "w": "warning",
    "e": "error",
    "p": "progress",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of Stash's log; ``at`` is in seconds since the process (or server) started."""

    level: str
    message: str
    at: float = 0.0


def decode_line(line: str, default_level: str) -> tuple[str, str]:
    r"""Level and text of a stderr line: ``\x01<letter>\x02`` first, else the plugin's default."""
    if len(line) >= 4 and line[0] == "\x01" and line[2] == "\x02" and line[1] in _LEVELS:
        return _LEVELS[line[1]], line[3:].strip()
    return default_level, line


def decode_stdout(text: str) -> tuple[Any, str | None]:
    """``(output, error)``: one JSON object as a whole, else the raw text is the output."""
    try:
        parsed = json.loads(text, parse_constant=_not_json)
    except ValueError:
        return text, None
    if parsed is None:
        return None, None
    if not isinstance(parsed, dict):
        return text, None
    keys = {key.lower(): value for key, value in parsed.items()}
    error = keys.get("error")
    if error is not None and not isinstance(error, str):
        return text, None
    return keys.get("output"), error


def _not_json(word: str) -> Any:
    raise ValueError(word)


def result(finished: Finished) -> tuple[Any, str | None]:
    """``(output, error)`` of an ended process; a bad exit code is an error of its own."""
    if finished.cancelled:
        return None, "operation cancelled"
    output, error = decode_stdout(finished.stdout)
    if error is None and finished.exit_code:
        error = _exit_text(finished.exit_code)
    return output, error


def _exit_text(code: int) -> str:
    if code == -9:
        return "signal: killed"
    return f"exit status {code}" if code > 0 else f"signal: {-code}"


@dataclass(slots=True)
class PluginRun:
    """One run of a plugin process: its input and its whole output.

    ``stdin`` is the object written, ``output`` and ``error`` are Stash's reading of stdout;
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
    """The origin of a run: its user, the hooks on the way, its cancel and its runs."""

    user: str = ""
    visited: Visited = ()
    cancel: Cancel = field(default_factory=Cancel)
    runs: list[PluginRun] = field(default_factory=list)


@dataclass(slots=True)
class Host:
    """The surroundings of plugin runs. ``env`` replaces Stash's own environment when given."""

    python: str
    config_dir: str
    env: Mapping[str, str] | None = None
    told_host: str = "0.0.0.0"
    port: int = 0


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
