"""``make demo-setup``: from an empty installation to path rules that find every file.

The commands are the plugin's own, run as a user runs them in a shell; plex.tv, Plex and Stash are
simulated. Ends with status 1 when a step fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulators import resident
from simulators.plex.server import PlexSimulator
from simulators.plextv import PlexTvSimulator
from simulators.stash.server import StashSimulator

CHECKOUT = Path(__file__).resolve().parents[1]
STASH_FOLDER, PLEX_FOLDER = "/data", "/media"
FILES = 40
PATIENCE = 60.0


class StepFailed(Exception):
    """A command ended with an error; ``str()`` is what it said."""


class Shell:
    """Runs ``process_queue.py`` and prints what a user would type."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command whose steps come one a line."""
        print(f"\n$ process_queue.py {' '.join(words)}")
        script = str(CHECKOUT / "process_queue.py")
        return subprocess.Popen(
            [sys.executable, script, *words, "--json"],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> dict[str, Any]:
        """The answer of a command. Raises ``StepFailed``."""
        out, _ = self.start(*words).communicate(timeout=PATIENCE)
        answer: dict[str, Any] = json.loads(out)
        if "error" in answer:
            raise StepFailed(answer["error"])
        for line in answer["lines"][:4]:
            print(f"  {line}")
        return answer


def main() -> int:
    """Play the steps; returns the exit status."""
    with (
        tempfile.TemporaryDirectory(prefix="plexsync-demo-") as folder,
        PlexSimulator() as plex,
        StashSimulator(config_dir=folder) as stash,
        PlexTvSimulator() as plex_tv,
    ):
        fill(stash, plex)
        dead = "http://127.0.0.1:9"
        addresses = [(dead, True, False), (plex.url, True, False)]
        plex_tv.add_server("Harbour", plex.machine_identifier, addresses, token=plex.token)
        data_dir = Path(folder) / "data"
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PLEX")},
            "STASH_PLUGIN_DATA": str(data_dir),
            "STASH_URL": stash.url,
            "PLEXSYNC_PLEXTV_URL": plex_tv.url,
        }
        try:
            return play(Shell(environ), plex_tv)
        except (StepFailed, ValueError, subprocess.TimeoutExpired) as error:
            print(f"A step failed: {error}")
            return 1
        finally:
            resident.stop_workers(data_dir)


def fill(stash: StashSimulator, plex: PlexSimulator) -> None:
    """The same files for both servers, under other paths."""
    section = plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
    for number in range(FILES):
        name, size = f"Studio/Scene {number:02}.mp4", 1_000_000 + number
        file = {"path": f"{STASH_FOLDER}/{name}", "size": size, "duration": 60.0}
        stash.library.add_scene(f"Scene {number}", files=[file])
        plex.add_movie(section, f"{PLEX_FOLDER}/{name}", size=size, duration=60_000)


def play(shell: Shell, plex_tv: PlexTvSimulator) -> int:
    """Sign in, choose the server, take the proposed rule."""
    sign_in(shell, plex_tv)
    before = shell.run("paths")
    proposals = [one for folder in before["folders"] for one in folder["proposals"]]
    if not proposals:
        raise StepFailed("no path rule is proposed")
    rule = proposals[0]["rule"]
    shell.run("save-settings", "--values", json.dumps({"path_map": rule}))
    after = shell.run("paths")
    print(f"\n{before['found']} of {FILES} files were found before, {after['found']} are now.")
    return int(after["found"] != FILES)


def sign_in(shell: Shell, plex_tv: PlexTvSimulator) -> None:
    """The steps of ``setup``; the user allows PlexSync as soon as the address is shown."""
    with shell.start("setup") as running:
        for line in running.stdout or ():
            step = json.loads(line)
            if "error" in step:
                raise StepFailed(step["error"])
            if step.get("step") == "sign_in":
                print(f"  Open {step['url']}")
                plex_tv.claim()
                print("  (the user signs in to Plex there, and allows PlexSync)")
            elif step.get("step") == "sign_in_state":
                print(f"  Signed in as {step['account']}.")
            elif step.get("step") == "servers":
                for one in step["servers"][0]["addresses"]:
                    print(f"  {one['uri']}: {one['why'] or str(one['milliseconds']) + ' ms'}")
            else:
                print(f"  {step['sentence']}")


if __name__ == "__main__":
    sys.exit(main())
