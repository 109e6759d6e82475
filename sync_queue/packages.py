"""How far the installation of the libraries is, as a note that Status reads. Standard library only.

Text, because reading it must be quick: version, state, version of the code, when it was.
"""

from __future__ import annotations

import os

from sync_queue import datadir
from sync_queue.version import VERSION

FILE = "packages.state"
FORMAT = "1"
MISSING, FETCHING, READY, FAILED = "missing", "fetching", "ready", "failed"
# An installation takes no longer; after it, its process was killed.
LONGEST_SECONDS = 600.0
_LONGEST = 200


def read(data_dir: str, now: float) -> str:
    """The state of the packages, "" when nothing is known of this version's."""
    try:
        with open(os.path.join(data_dir, FILE), "rb") as file:
            text = file.read(_LONGEST).decode("ascii")
        form, state, version, at = text.split()
        age = now - int(at[:12])
    except (OSError, ValueError):
        return ""
    known = form == FORMAT and version == VERSION and state in (FETCHING, READY, FAILED)
    if not known:
        return ""
    if state == FETCHING and not -LONGEST_SECONDS < age < LONGEST_SECONDS:
        return MISSING
    return state


def note(data_dir: str, state: str, now: float) -> None:
    """Keep the state. A directory that cannot be written keeps none: nothing depends on it."""
    if state == READY and read(data_dir, now) == READY:
        return
    text = f"{FORMAT} {state} {VERSION} {int(now)}\n"
    try:
        datadir.write_private(os.path.join(data_dir, FILE), text.encode("ascii"))
    except OSError:
        return
