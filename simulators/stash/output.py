"""What Stash makes of a plugin's stdout, stderr lines and exit code: pure rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from simulators.stash.process import Finished

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
