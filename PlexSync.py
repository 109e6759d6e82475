"""PlexSync: what Stash starts. Standard input in, one JSON reply out; see hooks/handlers.py.

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
    if "--worker" in argv:
        enable_site_packages()
        from tasks.start import run_worker

        run_worker(PLUGIN_DIR)
        return
    from hooks import handlers

    event = handlers.handle(PLUGIN_DIR)
    if event is None:
        os._exit(0)  # everything is on disk; an orderly shutdown would cost a tenth of the hook
    enable_site_packages()
    from tasks.start import run_task

    run_task(event, PLUGIN_DIR)


def enable_site_packages() -> None:
    """Hooks run under ``python -S`` for speed; the libraries of tasks and worker need ``site``."""
    import site

    if sys.flags.no_site:
        site.main()
        sys.path.remove(PLUGIN_DIR)
        sys.path.insert(0, PLUGIN_DIR)


if __name__ == "__main__":
    main(sys.argv[1:])
