"""``make test-stash`` and ``make test-page``: one command for each Stash that STASH_BIN names.

STASH_BIN is the path of one Stash, or several with blanks, commas or colons between them. Ends with
status 1 if the command failed for one of them. Never shipped.

    python -m tools.each_stash COMMAND…
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BETWEEN = re.compile(r"[\s,:]+")


def named(value: str) -> list[str]:
    """The Stashes of a list; the path of one may have blanks and colons in it."""
    if os.path.isfile(value):
        return [value]
    return [path for path in BETWEEN.split(value) if path]


def release_of(binary: str) -> str:
    """How a Stash calls itself. Raises ``OSError`` for what is no program."""
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"v\d+\.\d+\.\d+\S*", done.stdout + done.stderr)
    return found[0] if found else Path(binary).name


def main(command: Sequence[str]) -> int:
    """Run ``command`` with each Stash; returns the exit status."""
    results = []
    for binary in named(os.environ["STASH_BIN"]):
        try:
            release = release_of(binary)
        except OSError as error:
            sys.stdout.write(f"{binary} cannot be started: {error.strerror}.\n")
            return 1
        say(f"== Stash {release}, {binary}")
        environ = {**os.environ, "STASH_BIN": os.path.abspath(binary)}
        failed = subprocess.run(command, env=environ, check=False).returncode
        results.append((release, "failed" if failed else "passed"))
    for release, result in results:
        say(f"Stash {release}: {result}")
    return int(any(result == "failed" for _, result in results))


def say(line: str) -> None:
    """Print a line before what the command prints."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
