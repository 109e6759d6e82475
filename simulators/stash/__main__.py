"""``python -m simulators.stash``: a Stash for benchmarks and demos; one JSON line when ready."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from simulators.stash.server import StashSimulator


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m simulators.stash", description=__doc__)
    parser.add_argument("--plugin-dir", help="folder that is walked for plugin manifests")
    parser.add_argument("--python", default=sys.executable, help="interpreter for plugins")
    parser.add_argument("--config-dir", help="Stash's own folder (default: a temporary one)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--credentials", metavar="USER:PASSWORD", help="switch authentication on")
    parser.add_argument("--scenes", type=int, default=0, help="how many scenes to make up")
    asked = parser.parse_args()
    pair = asked.credentials.partition(":") if asked.credentials else None
    sim = StashSimulator(
        asked.plugin_dir,
        asked.python,
        asked.config_dir,
        host=asked.host,
        port=asked.port,
        credentials=(pair[0], pair[2]) if pair else None,
    )
    sim.seed(asked.scenes)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with sim:
        print(json.dumps({"url": sim.url, "scenes": len(sim.library.scenes)}), flush=True)
        over.wait()


if __name__ == "__main__":
    main()
