"""``python -m simulators.plex``: the simulator in a process of its own."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from collections.abc import Sequence

from simulators.plex import seed
from simulators.plex.server import PlexSimulator


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; one JSON line says where."""
    parser = argparse.ArgumentParser(prog="python -m simulators.plex", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    parser.add_argument("--token", default="plex-token-for-tests", help='"" asks for none')
    parser.add_argument("--tag-mode", choices=("replace", "append"), default="replace")
    parser.add_argument("--seed", metavar="FILE.json", help="sections and items to begin with")
    parser.add_argument("--movies", type=int, default=0, metavar="N", help="generate N movies")
    options = parser.parse_args(arguments)
    simulator = PlexSimulator(options.token or None, options.tag_mode, options.port)
    if options.seed:
        with open(options.seed, encoding="utf-8") as file:
            seed.load(simulator.library, json.load(file))
    if options.movies:
        seed.generate(simulator.library, options.movies)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with simulator:
        print(json.dumps({"url": simulator.url, "token": simulator.token}), flush=True)
        while not stop.wait(3600):
            pass


if __name__ == "__main__":
    main()
