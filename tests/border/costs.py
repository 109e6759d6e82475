"""Prints how many megabytes an answer costs a process: ``costs.py WHAT ADDRESS``."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from plex.client import PlexClient
from plex.images import as_jpeg
from stash.client import StashClient
from stash.connection import StashConnection
from validation.errors import PlexSyncError


def most_megabytes() -> float:
    """The most memory that this process ever had."""
    found = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def main(what: str, url: str) -> None:
    """Ask, whatever comes of it."""
    plex = PlexClient(url, "t", sleep=lambda _: None)
    stash = StashClient(StashConnection.from_url(url))
    before = most_megabytes()
    with suppress(PlexSyncError):
        if what == "plex":
            plex.read(1)
        elif what == "identity":
            plex.identity()
        elif what == "stash":
            stash.read_scenes([1])
        else:
            as_jpeg(stash.image("/scene/1/screenshot") or b"")
    sys.stdout.write(f"{most_megabytes() - before:.0f}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
