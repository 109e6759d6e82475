"""The tasks from a shell: what Stash's Tasks page can do, for people and cron."""

from __future__ import annotations

import argparse
import inspect
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from typing import TextIO

from tasks.context import TaskRequest, TaskResult
from tasks.keep import keep_report
from tasks.modes import MODES
from validation.errors import PlexSyncError, TransientError
from worker import logs

USAGE, AWAY, INTERRUPTED = 2, 3, 130
DEFAULT_MODE = "process_queue"
ALIASES: Mapping[str, str] = {"drain": "process_queue", "check": "check_setup"}
CONNECTION_VARIABLES = ("PLEX_URL", "PLEX_TOKEN", "STASH_URL", "STASH_API_KEY")
BAR_WIDTH = 40
# Option -> its help, and the modes that take it. A dry run of a mode that knows none would write.
NUMBERS: Mapping[str, tuple[str, frozenset[str]]] = {
    "scene": (
        "a scene's number in Stash",
        frozenset({"sync", "preview", "sync_all", "pin", "ignore"}),
    ),
    "item": ("an item's ratingKey in Plex", frozenset({"pin"})),
    "job": ("a dead letter's number", frozenset({"retry", "dismiss"})),
}
DRY_RUN = frozenset({"process_queue", "sync_all", "sync_changed", "sync", "preview"})

EPILOG = f"""\
environment and --config: {", ".join(CONNECTION_VARIABLES)}
  are used where the same setting in Stash is empty. Without them PlexSync knows Stash only once
  a scene was saved there. A --config file has lines such as PLEX_URL=http://192.168.1.10:32400.

exit status:
  0  nothing that is due is left      1  some scenes need a person, or failed for good
  2  wrong usage or settings          3  Plex or Stash is away, edits wait      130  interrupted
"""


class UsageError(Exception):
    """What was asked cannot be done as it was asked; ``str()`` says what to do instead."""


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

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.bar.clear()
        super().emit(record)


def main(argv: Sequence[str], environ: Mapping[str, str], plugin_dir: str, data_dir: str) -> int:
    """Run one mode on ``data_dir``; returns the exit status."""
    asked = parse(argv)
    bar = ProgressBar(sys.stderr)
    handler = TerminalHandler(bar)
    handler.setLevel(logging.NOTSET if asked.verbose else logging.WARNING)
    logs.install(handler)
    # kill and a shutdown give the leases back as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        given = read_config(asked.config) if asked.config else {}
        request = TaskRequest(
            mode=asked.mode,
            plugin_dir=plugin_dir,
            arguments=task_arguments(asked),
            data_dir=data_dir,
            environ={**environ, **given},
        )
        result = MODES[asked.mode](request, bar)
    except KeyboardInterrupt:
        return refuse(asked, bar, "Interrupted: what was not finished waits.", INTERRUPTED)
    except TransientError as error:
        return refuse(asked, bar, str(error), AWAY)
    except (UsageError, PlexSyncError, OSError) as error:
        return refuse(asked, bar, str(error), USAGE)
    bar.clear()
    keep_report(request, result)
    report(asked, result)
    return result.exit_code


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """What was asked. Ends the process with status 2 for what makes no sense."""
    parser = build_parser()
    asked = parser.parse_args(argv)
    takes = {**{name: modes for name, (_, modes) in NUMBERS.items()}, "dry_run": DRY_RUN}
    for name in task_arguments(asked):
        if asked.mode not in takes[name]:
            parser.error(f"--{name.replace('_', '-')} says nothing to {asked.mode}; see --help")
    return asked


def task_arguments(asked: argparse.Namespace) -> dict[str, object]:
    """The options that were given, as Stash would send them to the mode."""
    given = vars(asked)
    names = [name for name in (*NUMBERS, "dry_run") if given[name] is not None]
    return {name: given[name] for name in names if given[name] is not False}


def build_parser() -> argparse.ArgumentParser:
    """The command line; it offers the modes that exist."""
    parser = argparse.ArgumentParser(
        prog="process_queue.py",
        description=f"{__doc__}\n\nmodes:\n{describe_modes()}",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "mode", nargs="?", type=mode_name, default=DEFAULT_MODE, help="one of the modes above"
    )
    for name, (says, modes) in NUMBERS.items():
        takers = ", ".join(sorted(modes & MODES.keys()))
        parser.add_argument(f"--{name}", type=int, metavar="N", help=f"{says} ({takers})")
    parser.add_argument("--dry-run", action="store_true", help="say what would be written")
    parser.add_argument("--data-dir", metavar="DIR", help="where PlexSync keeps its queue")
    parser.add_argument("--config", metavar="FILE", help="connection settings, KEY=VALUE lines")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("-v", "--verbose", action="store_true", help="log each step on stderr")
    return parser


def describe_modes() -> str:
    """One line for each mode: its names, and the first line of what it says of itself."""
    said = []
    for mode, run in MODES.items():
        names = [mode.replace("_", "-"), *(a for a, name in ALIASES.items() if name == mode)]
        does = (inspect.getdoc(run) or "").partition("\n")[0]
        said.append(f"  {', '.join(names):24} {does}")
    return "\n".join(said)


def mode_name(text: str) -> str:
    """The mode of that name or alias, written with ``-`` or ``_``."""
    mode = ALIASES.get(text, text.replace("-", "_"))
    if mode not in MODES:
        raise argparse.ArgumentTypeError(f"there is no mode {text!r}; see --help")
    return mode


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
    """Print what a mode has to say."""
    if asked.json:
        counts = {"done": result.done, "left": result.left, "problems": result.problems}
        said = result.report or result.lines
        print_json({"mode": asked.mode, **counts, **result.output, "lines": said})
        return
    # Windows gives a file or a pipe an encoding that lacks most letters.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    for line in result.lines:
        sys.stdout.write(f"{line}\n")


def refuse(asked: argparse.Namespace, bar: ProgressBar, sentence: str, status: int) -> int:
    """Say why nothing (more) was done."""
    bar.clear()
    if asked.json:
        print_json({"mode": asked.mode, "error": sentence})
    else:
        sys.stderr.write(f"{sentence}\n")
    return status


def print_json(answer: Mapping[str, object]) -> None:
    """The one JSON object on standard output."""
    sys.stdout.write(json.dumps(answer) + "\n")
