"""The program that Stash starts. Standard input in, one JSON reply out; see hooks/handlers.py.

This file parses on any Python 3 and stays small: a main script is never cached as bytecode.
"""

import os
import sys

PLUGIN_DIR = os.path.dirname(os.path.abspath(__file__))
OLDEST_PYTHON = (3, 11)


def main(argv: list) -> None:  # type: ignore[type-arg]  # parses on any Python 3
    """Route this process: resident worker, hook, or task. Always exits with status 0."""
    if sys.version_info < OLDEST_PYTHON:
        sys.stdout.write(
            '{"output": null, "error": "PlexSync needs Python 3.11 or newer, but Stash started it'
            ' with %d.%d. Set a newer Python path in Stash: Settings > System."}'
            % sys.version_info[:2]
        )
        return
    sys.path.insert(0, PLUGIN_DIR)
    sys.dont_write_bytecode = True  # worker/bytecode.py writes it: whole, even on a full disk
    if "--worker" in argv:
        enable_site_packages()
        load("tasks.start").run_worker(PLUGIN_DIR)
        return
    hook = load("hooks.handlers")
    event = hook.handle(PLUGIN_DIR)
    if event is None:
        os._exit(0)  # everything is on disk; an orderly shutdown would cost a tenth of the hook
    if event.mode in hook.protocol.LOOKS:
        load("tasks.looks").run_look(event, PLUGIN_DIR)
        os._exit(0)
    enable_site_packages()
    load("tasks.start").run_task(event, PLUGIN_DIR)


def load(module: str):  # type: ignore[no-untyped-def]
    """Import one of our modules; from its source where bytecode was cut short."""
    try:
        return __import__(module, fromlist=["*"])
    except (EOFError, ValueError, TypeError, ImportError):
        if sys.pycache_prefix == os.devnull:
            raise
        sys.pycache_prefix = os.devnull
        return load(module)


def enable_site_packages() -> None:
    """Hooks run under ``python -S`` for speed; the libraries of tasks and worker need ``site``."""
    if sys.flags.no_site:
        load("site").main()
        sys.path.insert(0, sys.path.pop(sys.path.index(PLUGIN_DIR)))  # ours first


if __name__ == "__main__":
    main(sys.argv[1:])
