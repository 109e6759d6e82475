"""``make demo`` and ``make demo-setup`` show what they promise."""

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


def test_the_demo_of_the_set_up_ends_with_every_file_found() -> None:
    command = [sys.executable, "-m", "simulators.demo_setup"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=55)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stderr == ""
    assert answer.stdout.rstrip().endswith("0 of 40 files were found before, 40 are now.")
