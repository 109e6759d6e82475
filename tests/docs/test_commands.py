"""Every command in a document works.

``process_queue.py`` and the demo are run. make prints the commands that it would run: most of them
are the tests themselves, and ``tests/packaging`` runs the command of ``make package``.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from itertools import chain, dropwhile
from pathlib import Path

import pytest

from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator
from tests.docs.test_documents import DOCUMENTS, ROOT

BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(make [a-z-]+)`")
CAPTURE = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a capture leaves out.
LEFT_OUT = "…"
VARIABLE = re.compile(r"[A-Z_]+=")
# The official image's way to the plugin; what stands after it is run here.
IN_DOCKER = ("docker", "exec", "-it", "stash")
DOCKER_FOLDER = "/root/.stash/plugins/PlexSync/"
# The numbers that stand for a scene and an item of the reader's.
SCENE, ITEM = "12", "3456"


@dataclass(frozen=True)
class Command:
    """One command as a document has it."""

    document: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.document}: {shlex.join(self.words)}"


def documented() -> list[Command]:
    """Each command once, in the order of the documents."""
    found: dict[tuple[str, ...], Command] = {}
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        blocks = (textwrap.dedent(block).splitlines() for _, block in BLOCK.findall(text))
        for line in (*chain.from_iterable(blocks), *INLINE.findall(text)):
            words = words_of(line)
            if words:
                found.setdefault(words, Command(document.name, words))
    return list(found.values())


def words_of(line: str) -> tuple[str, ...]:
    """A command without comment, variables set for it, and the way into Docker."""
    words = tuple(dropwhile(VARIABLE.match, shlex.split(line, comments=True)))
    if words[: len(IN_DOCKER)] == IN_DOCKER:
        words = words[len(IN_DOCKER) :]
    return tuple(word.replace(DOCKER_FOLDER, "") for word in words)


COMMANDS = documented()
MAKE = [command for command in COMMANDS if command.words[0] == "make"]
RUN = [command for command in COMMANDS if command.words[:2] == ("python3", "process_queue.py")]


def test_every_command_is_checked() -> None:
    assert MAKE
    assert RUN
    checked = [*MAKE, *RUN]
    assert [str(command) for command in COMMANDS if command not in checked] == []


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("command", MAKE, ids=str)
def test_make_knows_what_to_run(command: Command) -> None:
    words = ["make", "--dry-run", *command.words[1:]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.slow
def test_every_process_queue_command_works(shipped: Path, tmp_path: Path) -> None:
    with PlexSimulator() as plex, StashSimulator(config_dir=tmp_path) as stash:
        section = plex.add_section("Videos", locations=["/data"], agent="none")
        item = plex.add_movie(section, "/data/Harbour Lights.mp4")
        scene = stash.library.add_scene("Harbour", files=[{"path": "/data/Harbour Lights.mp4"}])
        stash.settings = {"skip_posters": True}
        environ = {
            "STASH_PLUGIN_DATA": str(tmp_path / "data"),
            "PLEX_URL": plex.url,
            "PLEX_TOKEN": plex.token or "",
            "STASH_URL": stash.url,
            "PATH": "",
        }
        theirs = {SCENE: str(scene), ITEM: str(item.rating_key)}
        for command in RUN:
            words = [theirs.get(word, word) for word in command.words[1:]]
            done = subprocess.run(
                [sys.executable, *words],
                cwd=shipped,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode in (0, 1), f"{command}: {done.stdout}{done.stderr}"
            assert done.stdout, str(command)
            assert "Traceback" not in done.stderr, f"{command}: {done.stderr}"
        assert item.title == "Harbour"


@pytest.mark.slow
def test_the_readme_shows_what_the_demo_prints() -> None:
    (capture,) = CAPTURE.findall((ROOT / "README.md").read_text("utf-8"))
    words = [sys.executable, "-m", "simulators.demo"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    printed = map(without_numbers, done.stdout.splitlines())
    for line in capture.splitlines():
        # Consumes what was printed, so the order counts too.
        assert line.strip() == LEFT_OUT or without_numbers(line) in printed, line


def without_numbers(line: str) -> str:
    """A line whose times, dates and counts may differ from run to run."""
    return re.sub(r"[\d.]+", "#", line)
