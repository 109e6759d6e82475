"""The version of this code. Standard library only."""

import os

VERSION = "1.0.0"


def code_version(plugin_dir: str) -> str:
    """The version and the time of the files that every release replaces.

    A resident worker asks again and again, and hands over when newer code was installed.
    """
    stamp = 0
    for name in ("PlexSync.yml", "PlexSync.py"):
        try:
            stamp = max(stamp, os.stat(os.path.join(plugin_dir, name)).st_mtime_ns)
        except OSError:
            continue
    return f"{VERSION}+{stamp}"
