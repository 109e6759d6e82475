"""Every command in a document works: ``process_queue.py`` is run, the others are looked up."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator
from tests.docs.test_documents import DOCUMENTS, ROOT
from tools import package

BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
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
    found = {}
    for document in DOCUMENTS:
        for _, block in BLOCK.findall(document.read_text("utf-8")):
            for line in textwrap.dedent(block).splitlines():
                words = tuple(shlex.split(line, comments=True))
                if words[: len(IN_DOCKER)] == IN_DOCKER:
                    words = words[len(IN_DOCKER) :]
                words = tuple(word.replace(DOCKER_FOLDER, "") for word in words)
                if words:
                    found.setdefault(words, Command(document.name, words))
    return list(found.values())


COMMANDS = documented()
MAKE = [command for command in COMMANDS if command.words[0] == "make"]
PIP = [command for command in COMMANDS if command.words[1:4] == ("-m", "pip", "install")]
RUN = [command for command in COMMANDS if command.words[:2] == ("python3", "process_queue.py")]


def test_every_command_is_checked() -> None:
    assert MAKE
    assert RUN
    assert [str(command) for command in COMMANDS if command not in [*MAKE, *PIP, *RUN]] == []


@pytest.mark.parametrize("command", MAKE, ids=str)
def test_the_make_target_exists(command: Command) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in command.words[1:]:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("command", PIP, ids=str)
def test_what_pip_is_told_to_read_ships(command: Command) -> None:
    file = command.words[command.words.index("-r") + 1].removeprefix("PlexSync/")
    assert file in package.shipped_files()


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
            "PLEX_TOKEN": plex.token,
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
