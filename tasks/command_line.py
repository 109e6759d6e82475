"""The tasks from a shell: the modes of Stash's Tasks page, for users and cron."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from typing import TextIO

from tasks import exit_codes, modes
from tasks.arguments import CONNECTION_VARIABLES, task_arguments
from tasks.context import TaskRequest, TaskResult
from tasks.outcomes import keep_report
from validation.errors import PlexSyncError
from validation.reasons import Exit
from validation.texts import one_line, one_lines
from worker import logs, stop_signals

BAR_WIDTH = 40


class UsageError(Exception):
    """The request cannot be carried out as given; ``str()`` names the alternative."""


class ProgressBar:
    """A bar on a terminal; nothing at all on anything else."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.shows = stream.isatty()
        self.percent = -1

    def __call__(self, fraction: float) -> None:
        """Show ``fraction``, 0 to 1."""
        percent = int(100 * min(max(fraction, 0.0), 1.0))
        if self.shows and percent != self.percent:
            done = "#" * (BAR_WIDTH * percent // 100)
            self.stream.write(f"\r[{done:.<{BAR_WIDTH}}] {percent:3d} %")
            self.stream.flush()
            self.percent = percent

    def clear(self) -> None:
        """Take the bar away, so that a line can be written."""
        if self.percent >= 0:
            self.stream.write(f"\r{'':{BAR_WIDTH + 8}}\r")
            self.stream.flush()
            self.percent = -1


class TerminalHandler(logging.StreamHandler[TextIO]):
    """Log lines above the progress bar."""

    def __init__(self, bar: ProgressBar) -> None:
        super().__init__(bar.stream)
        self.bar = bar
        self.setFormatter(logs.PlainFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.bar.clear()
        super().emit(record)


def main(
    asked: argparse.Namespace, environ: Mapping[str, str], plugin_dir: str, data_dir: str
) -> int:
    """Run the mode that was asked for on ``data_dir``; returns the exit status."""
    bar = ProgressBar(sys.stderr)
    handler = TerminalHandler(bar)
    handler.setLevel(logging.NOTSET if asked.verbose else logging.WARNING)
    logs.install(handler)
    stop_signals.interrupt_like_ctrl_c()  # leases are given back
    try:
        given = read_config(asked.config) if asked.config else {}
        request = TaskRequest(
            mode=asked.mode,
            plugin_dir=plugin_dir,
            arguments={**task_arguments(asked), "json": asked.json},
            data_dir=data_dir,
            environ={**environ, **given},
        )
        result = modes.run(request, bar)
    except KeyboardInterrupt:
        return refuse(asked, bar, "Interrupted. Unfinished edits wait.", Exit.INTERRUPTED)
    except (UsageError, PlexSyncError, OSError) as error:
        return refuse(asked, bar, str(error), exit_codes.of_error(error))
    bar.clear()
    keep_report(request, result)
    report(asked, result)
    return result.exit_code


def read_config(path: str) -> dict[str, str]:
    """The connection settings of a file: ``KEY=VALUE`` lines, ``#`` comments, optional quotes.

    Raises ``UsageError`` with the number of a wrong line, never with what it holds.
    """
    found = {}
    with open(path, encoding="utf-8") as file:
        if sys.platform != "win32" and os.fstat(file.fileno()).st_mode & 0o077:
            logging.getLogger("plexsync").warning(
                "Other users can read %s and the keys in it: run chmod 600 on it.", path
            )
        for number, line in enumerate(file, 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            key, separator, value = text.removeprefix("export ").partition("=")
            key = key.strip()
            if not separator or key not in CONNECTION_VARIABLES:
                known = ", ".join(CONNECTION_VARIABLES)
                raise UsageError(f"Line {number} of {path} does not set one of {known}.")
            found[key] = unquote(value.strip())
    return found


def unquote(value: str) -> str:
    """``value`` without the quotes around it."""
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def report(asked: argparse.Namespace, result: TaskResult) -> None:
    """Print the report of a mode."""
    if asked.json:
        counts = {"done": result.done, "left": result.left, "problems": result.problems}
        said = result.report or result.lines
        facts = {**counts, **result.output, **result.details}
        print_json({"mode": asked.mode, **facts, "lines": said})
        return
    # Windows gives a file or a pipe an encoding that lacks most letters.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    for line in result.lines:
        sys.stdout.write(f"{one_line(line)}\n")


def refuse(asked: argparse.Namespace, bar: ProgressBar, sentence: str, status: int) -> int:
    """Report why nothing (more) was done."""
    bar.clear()
    if asked.json:
        print_json({"mode": asked.mode, "error": sentence})
    else:
        sys.stderr.write(f"{one_line(sentence)}\n")
    return status


def print_json(answer: Mapping[str, object]) -> None:
    """The one JSON object on standard output."""
    sys.stdout.write(json.dumps(one_lines(answer)) + "\n")
