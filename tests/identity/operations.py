"""Tasks and operations as Stash starts them, in this process."""

from __future__ import annotations

import json
from dataclasses import replace

from tasks import modes
from tasks.context import TaskResult, parse_request
from tests.identity.house import House

# A request with settings of its own starts no worker, which would be a process of its own.
NO_WORKER = {"PLEX_TOKEN": "not used: Stash's settings have one"}


def run(house: House, mode: str, **arguments: object) -> TaskResult:
    """Run a mode to its end, as ``runPluginOperation`` would."""
    stdin = json.dumps(house.stash.task_stdin(mode=mode, **arguments)).encode()
    request = parse_request(stdin, str(house.plugin_dir))
    request = replace(request, data_dir=str(house.data_dir), environ=NO_WORKER)
    return modes.run(request, lambda _share: None)
