"""Which code this is. Standard library only."""

import os

VERSION = "1.0.0"


def code_version(plugin_dir: str) -> str:
    """The version and the manifest's time: changes when an update replaces the files.

    Each job carries it, so that a resident worker started by older code notices.
    """
    try:
        stamp = int(os.stat(os.path.join(plugin_dir, "PlexSync.yml")).st_mtime)
    except OSError:
        stamp = 0
    return f"{VERSION}+{stamp}"
