"""The cost of an operation that only looks, as a multiple of ``python3 -c pass``.

A page asks for ``status`` every two seconds, also on a NAS: at most three bare starts. The
processor's time is compared, not the clock's, so that other load on the machine matters little.

    python benchmarks/look_latency.py [--rounds 25] [--scenes 1000 100000]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hooks.protocol import LOOKS
from sync_queue import packages
from sync_queue.manager import QueueManager
from sync_queue.scenes import Outcome
from worker import bytecode

GOAL = 3.0
# It needs http and ssl to ask plex.tv.
SIGN_IN_GOAL = 5.0
AMBIGUOUS = 10  # one scene in so many
# A user asks for these once; "sign_in_state" is asked every two seconds.
ASK_PLEX_TV = frozenset({"sign_in", "sign_out"})
ASKED: Mapping[str, dict[str, object]] = {
    "status": {"mode": "status", "quiet": True},
    "scenes": {"mode": "scenes", "limit": 200},
    "letter": {"mode": "letter", "job": 1},
    "log": {"mode": "log"},
    "wake": {"mode": "wake"},
    "sign_in_state": {"mode": "sign_in_state", "quiet": True},
}


def fill(data_dir: str, scenes: int) -> None:
    """A queue that has synced so many scenes, one a second."""
    now = time.time()
    os.makedirs(os.path.join(data_dir, "queue"))
    with QueueManager(data_dir) as manager, manager.transaction():
        for scene in range(1, scenes + 1):
            name = "synced" if scene % AMBIGUOUS else "ambiguous"
            title, path = f"Title {scene}", f"/data/scenes/file {scene}.mp4"
            outcome = Outcome(scene, name, {"items": [scene]}, "", now - scene, title, path)
            manager.scenes.set_outcome(outcome, files=[])
    packages.note(data_dir, packages.READY, now)


def cost(command: list[str], stdin: bytes, environ: Mapping[str, str]) -> float:
    """The processor's time of one process, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, input=stdin, capture_output=True, env=dict(environ), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(data_dir: str, rounds: int) -> dict[str, float]:
    """Each operation's cost, by multiples of a bare interpreter's."""
    environ = {**os.environ, "STASH_PLUGIN_DATA": data_dir}
    script = [sys.executable, "-S", str(ROOT / "PlexSync.py")]
    runs = {name: json.dumps({"args": args}).encode() for name, args in ASKED.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ("bare", *runs)}
    for _ in range(rounds):
        seconds["bare"].append(cost([sys.executable, "-c", "pass"], b"", environ))
        for name, stdin in runs.items():
            seconds[name].append(cost(script, stdin, environ))
    bare = statistics.median(seconds["bare"])
    return {name: statistics.median(seconds[name]) / bare for name in runs}


def main() -> int:
    """Print the table; the status is 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--scenes", type=int, nargs="*", default=[1000, 100_000])
    given = parser.parse_args()
    assert set(ASKED) == LOOKS - ASK_PLEX_TV
    bytecode.compile_rooms(str(ROOT), (*bytecode.HOOK_ROOMS, *bytecode.OTHER_ROOMS))
    worst = sign_in = 0.0
    print("scenes  " + "".join(f"{name:>14}" for name in ASKED))
    for scenes in given.scenes:
        with tempfile.TemporaryDirectory() as folder:
            data_dir = os.path.join(folder, "data")
            fill(data_dir, scenes)
            ratios = measure(data_dir, given.rounds)
        sign_in = max(sign_in, ratios["sign_in_state"])
        worst = max(worst, *(ratio for name, ratio in ratios.items() if name != "sign_in_state"))
        print(f"{scenes:<8}" + "".join(f"{ratio:14.2f}" for ratio in ratios.values()))
    print(f"The goal is {GOAL:g} bare starts; the most is {worst:.2f}.")
    print(f"For sign_in_state it is {SIGN_IN_GOAL:g}; the most is {sign_in:.2f}.")
    return int(worst > GOAL or sign_in > SIGN_IN_GOAL)


if __name__ == "__main__":
    sys.exit(main())
