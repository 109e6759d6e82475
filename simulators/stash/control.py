"""``/_control``: the simulator's own methods over HTTP, for benchmarks in other processes.

``POST /_control/call`` with ``{"method": "scene_update", "args": [1], "kwargs": {"title": "x"}}``
answers ``{"result": …}``, or status 400 with ``{"error": …}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from simulators.stash.reply import Reply, json_reply
from simulators.stash.web import Incoming


class Control:
    """Calls one of the named functions for each request."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._functions = functions

    def answer(self, incoming: Incoming) -> Reply:
        if (incoming.method, incoming.path) != ("POST", "/_control/call"):
            return json_reply(404, {"error": f"known here: {sorted(self._functions)}"})
        try:
            asked = json.loads(incoming.body)
            function = self._functions[asked["method"]]
            result = function(*asked.get("args", ()), **asked.get("kwargs", {}))
        except (ValueError, KeyError, TypeError) as error:
            return json_reply(400, {"error": f"{type(error).__name__}: {error}"})
        return json_reply(200, {"result": plain(result)})


def plain(value: Any) -> Any:
    """Records and their lists as JSON can hold them."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value
