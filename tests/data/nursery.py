"""Starts workers and tasks by fork, with everything imported: a start costs milliseconds.

``nursery.py <plugin dir>`` reads one JSON object per line, ``{"start": "worker"}`` or
``{"start": "task", "stdin": …}``, and answers with the child's pid. Most end by SIGKILL.
"""

import json
import os
import signal
import sys
from typing import Any

plugin_dir = sys.argv[1]
sys.path.insert(0, plugin_dir)

from hooks.protocol import parse_event
from tasks.entry import main as run_task
from worker.resident import Limits
from worker.resident import main as run_worker

# An idle worker ends soon; the lock of one that was killed is free at once.
LIMITS = Limits(watch=0.02)


def child(order: dict[str, Any]) -> None:
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(quiet, stream)
    if order["start"] == "worker":
        run_worker(plugin_dir, LIMITS)
    else:
        run_task(parse_event(json.dumps(order["stdin"]).encode()), plugin_dir)


signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        try:
            child(json.loads(line))
        finally:
            os._exit(0)
    sys.stdout.write(f"{pid}\n")
    sys.stdout.flush()
