"""``make demo`` shows what it promises."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_ends_with_plex_showing_what_stash_has() -> None:
    command = [sys.executable, "-m", "simulators.demo"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=55)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stderr == ""
    assert answer.stdout.rstrip().endswith("Plex shows what Stash has.")
