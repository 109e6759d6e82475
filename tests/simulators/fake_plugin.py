"""Writes a small plugin into a folder, for tests of Stash's side of the bargain."""

from __future__ import annotations

import os
from collections.abc import Iterable

import yaml

_KINDS = ("Scene", "Performer", "Studio", "Tag", "Group")
_EVENTS = ("Create.Post", "Update.Post", "Destroy.Post")
ALL_TRIGGERS = (*(f"{kind}.{event}" for kind in _KINDS for event in _EVENTS), "Tag.Merge.Post")

ECHO = """
import os, sys
given = sys.stdin.read()
print('{"output": ' + given + '}')
"""
"""Answers with what it was given."""


def write_plugin(
    folder: str | os.PathLike[str],
    code: str = ECHO,
    *,
    plugin_id: str = "PlexSync",
    triggers: Iterable[str] = ALL_TRIGGERS,
    **manifest: object,
) -> str:
    """Make ``folder/<plugin_id>/`` with a manifest and one script; returns that directory.

    ``manifest`` replaces or adds top-level keys of the manifest.
    """
    directory = os.path.join(folder, plugin_id)
    os.makedirs(directory, exist_ok=True)
    described = {
        "name": plugin_id,
        "version": "0.0.1",
        "exec": ["python3", "-S", "-E", "{pluginDir}/plugin.py"],
        "hooks": [{"name": "hook", "triggeredBy": list(triggers)}],
        "tasks": [{"name": "Task", "defaultArgs": {"mode": "task"}}],
        **manifest,
    }
    with open(os.path.join(directory, f"{plugin_id}.yml"), "w", encoding="utf-8") as file:
        yaml.safe_dump(described, file)
    with open(os.path.join(directory, "plugin.py"), "w", encoding="utf-8") as file:
        file.write(code)
    return directory
