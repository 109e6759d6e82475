"""Time and requests of the operation ``paths`` in a library of 50,000 files.

python -m benchmarks.path_survey [--scenes 50000]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simulators.pair import both_servers
from tasks import modes
from tasks.context import TaskRequest

MOST_SECONDS, MOST_REQUESTS = 10.0, 60


def main() -> int:
    """Print one line for each run; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scenes", type=int, default=50_000)
    asked = parser.parse_args()
    worst, most = 0.0, 0
    with both_servers(asked.scenes, covers=False) as servers, tempfile.TemporaryDirectory() as data:
        for rules in ("", "/data/scenes => /media/videos"):
            servers.ask("clear")
            request = TaskRequest(
                "paths",
                plugin_dir=str(ROOT),
                arguments={"rules": rules},
                data_dir=data,
                environ=servers.environ(),
            )
            begun = time.perf_counter()
            result = modes.run(request, lambda _share: None)
            seconds = time.perf_counter() - begun
            requests = sum(servers.ask("count")[0].values())
            worst, most = max(worst, seconds), max(most, requests)
            print(f"{rules or 'no rules':32} {seconds:5.1f} s, {requests} requests to Plex")
            print(f"  {result.lines[0]}")
    return int(worst > MOST_SECONDS or most > MOST_REQUESTS)


if __name__ == "__main__":
    sys.exit(main())
