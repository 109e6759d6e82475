"""The command line's arguments. Standard library only: help needs no other library."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from tasks.mode_names import MODES
from validation.numbers import whole
from validation.texts import one_line

ABOUT = "The tasks of Stash's Tasks page from a shell, for users and cron."
DEFAULT_MODE = "process_queue"
ALIASES: Mapping[str, str] = {"drain": "process_queue", "check": "check_setup"}
CONNECTION_VARIABLES = ("PLEX_URL", "PLEX_TOKEN", "STASH_URL", "STASH_API_KEY")
# Option -> its help, and the modes that take it. A dry run of a mode that knows none would write.
NUMBERS: Mapping[str, tuple[str, frozenset[str]]] = {
    "scene": (
        "a scene's number in Stash",
        frozenset({"sync", "preview", "sync_all", "pin", "ignore", "dismiss", "scenes", "undo"}),
    ),
    "item": ("an item's ratingKey in Plex", frozenset({"pin"})),
    "job": ("the number of a dead letter", frozenset({"retry", "dismiss", "letter"})),
    "after": ("the value of next in the page before", frozenset({"scenes"})),
    "limit": ("at most so many, up to 200", frozenset({"scenes"})),
    "lines": ("so many lines, up to 500", frozenset({"log"})),
    "page": ("a page of the last Preview Sync or Undo", frozenset({"preview", "undo"})),
    "since": ("items first written since, in epoch seconds", frozenset({"undo"})),
}
TEXTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "outcome": ("a reason code, or synced", frozenset({"scenes"})),
    "search": ("a part of a title or path", frozenset({"scenes"})),
    "values": ("a JSON object of settings", frozenset({"save_settings"})),
    "machine": ("a server's machine identifier", frozenset({"use_server", "setup"})),
    "uri": ("an address of the server", frozenset({"use_server", "setup"})),
    "preview": ("true only shows, false undoes", frozenset({"undo"})),
    "rules": ("path rules to be tried; stores nothing", frozenset({"paths"})),
}
SWITCHES: Mapping[str, tuple[str, frozenset[str]]] = {
    "dry_run": (
        "show what would be written",
        frozenset({"process_queue", "sync_all", "sync_changed", "sync", "preview", "undo"}),
    ),
    "all": ("all items that PlexSync has written", frozenset({"undo"})),
    "probe": (
        "write one item's title unchanged, to test whether the token may edit",
        frozenset({"check_setup"}),
    ),
    "with_names": ("with titles, names and paths", frozenset({"support"})),
}

EPILOG = f"""\
environment and --config: {", ".join(CONNECTION_VARIABLES)}
  are used if the same setting in Stash is empty. Without them PlexSync finds Stash only after
  the first saved scene. A --config file has lines such as PLEX_URL=http://192.168.1.10:32400.

exit status:
  0  no due edit is left              1  some scenes need you, or are dead letters
  2  wrong usage or settings          3  Plex or Stash is unreachable, edits wait
  130  interrupted
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The parsed request. Ends the process with status 2 for arguments that make no sense."""
    parser = build_parser()
    asked = parser.parse_args(argv)
    takes = {**NUMBERS, **TEXTS, **SWITCHES}
    for name in task_arguments(asked):
        if asked.mode not in takes[name][1]:
            parser.error(f"--{name.replace('_', '-')} has no effect with {asked.mode}; see --help")
    return asked


def task_arguments(asked: argparse.Namespace) -> dict[str, object]:
    """The options that were given, as Stash would send them to the mode."""
    given = vars(asked)
    names = [name for name in (*NUMBERS, *TEXTS, *SWITCHES) if given[name] is not None]
    return {name: given[name] for name in names if given[name] is not False}


def build_parser() -> argparse.ArgumentParser:
    """The command line; it offers the modes that exist."""
    parser = argparse.ArgumentParser(
        prog="process_queue.py",
        description=f"{ABOUT}\n\nmodes:\n{describe_modes()}",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "mode", nargs="?", type=mode_name, default=DEFAULT_MODE, help="one of the modes above"
    )
    for name, (says, modes) in NUMBERS.items():
        takers = ", ".join(sorted(modes & MODES.keys()))
        parser.add_argument(f"--{name}", type=number, metavar="N", help=f"{says} ({takers})")
    for name, (says, modes) in TEXTS.items():
        parser.add_argument(f"--{name}", metavar="TEXT", help=f"{says} ({', '.join(modes)})")
    for name, (says, modes) in SWITCHES.items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(
            option, action="store_true", help=f"{says} ({', '.join(sorted(modes))})"
        )
    parser.add_argument("--data-dir", metavar="DIR", help="directory of the queue")
    parser.add_argument("--config", metavar="FILE", help="connection settings, KEY=VALUE lines")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("-v", "--verbose", action="store_true", help="log each step on stderr")
    return parser


def describe_modes() -> str:
    """One line for each mode: its names and its purpose."""
    said = []
    for mode, does in MODES.items():
        names = [mode.replace("_", "-"), *(a for a, name in ALIASES.items() if name == mode)]
        said.append(f"  {', '.join(names):24} {does}")
    return "\n".join(said)


def number(text: str) -> int:
    """The number that an option was given. Raises for one that nothing can have."""
    found = whole(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{one_line(text, 40)!r} is no whole number from 0, of at most 18 digits"
        )
    return found


def mode_name(text: str) -> str:
    """The mode of that name or alias, written with ``-`` or ``_``."""
    mode = ALIASES.get(text, text.replace("-", "_"))
    if mode not in MODES:
        raise argparse.ArgumentTypeError(f"there is no mode {text!r}; see --help")
    return mode
