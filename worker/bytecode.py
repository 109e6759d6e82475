"""Bytecode for the hook, which otherwise doubles its time where Python may not cache it."""

from __future__ import annotations

import os
import py_compile

HOOK_ROOMS = ("hooks", "sync_queue")


def compile_hook(plugin_dir: str) -> None:
    """Write what is missing of ``__pycache__`` for the modules that a hook imports.

    Python writes it by itself, unless ``PYTHONDONTWRITEBYTECODE`` is set, as in many containers;
    it reads it all the same. A directory that cannot be written is left as it is.
    """
    for room in HOOK_ROOMS:
        folder = os.path.join(plugin_dir, room)
        try:
            for name in sorted(os.listdir(folder)):
                if name.endswith(".py"):
                    py_compile.compile(os.path.join(folder, name), doraise=True)
        except (OSError, py_compile.PyCompileError):
            return
