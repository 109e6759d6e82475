"""PlexSync: what Stash starts. Standard input in, one JSON reply out; see hooks/handlers.py.

This file parses on any Python 3 and stays small: a main script is never cached as bytecode.
"""

import os
import sys

PLUGIN_DIR = os.path.dirname(os.path.abspath(__file__))
OLDEST_PYTHON = (3, 11)
# What Python raises for bytecode that was cut short; hooks/handlers.py has the same.
HALF_WRITTEN = (EOFError, ValueError, TypeError, ImportError)


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
    # Python leaves half a file where the disk is full; worker/bytecode.py writes whole ones.
    sys.dont_write_bytecode = True
    event = None
    if "--worker" not in argv:
        try:
            from hooks import handlers
        except HALF_WRITTEN:
            sys.pycache_prefix = os.devnull
            from hooks import handlers

        event = handlers.handle(PLUGIN_DIR)
        if event is None:
            os._exit(0)  # everything is on disk; an orderly shutdown would cost a tenth of the hook
    enable_site_packages()
    try:
        from tasks import start
    except HALF_WRITTEN:
        sys.pycache_prefix = os.devnull
        from tasks import start

    if event is not None:
        start.run_task(event, PLUGIN_DIR)
        return
    try:
        start.run_worker(PLUGIN_DIR)
    except Exception as error:
        start.leave_reason(PLUGIN_DIR, error)
        raise


def enable_site_packages() -> None:
    """Hooks run under ``python -S`` for speed; the libraries of tasks and worker need ``site``."""
    import site

    if sys.flags.no_site:
        site.main()
        sys.path.remove(PLUGIN_DIR)
        sys.path.insert(0, PLUGIN_DIR)


if __name__ == "__main__":
    main(sys.argv[1:])
