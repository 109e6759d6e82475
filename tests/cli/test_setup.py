"""Signing in with Plex from a shell."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plex.plextv import VARIABLE
from simulators.plex.server import PlexSimulator
from simulators.plextv import ACCOUNT_TOKEN, PlexTvSimulator
from simulators.stash.server import StashSimulator
from tests.cli.conftest import CommandLine


@pytest.fixture
def tv(plex: PlexSimulator) -> Iterator[PlexTvSimulator]:
    with PlexTvSimulator() as server:
        addresses = [(plex.url, True, False)]
        server.add_server("Harbour", plex.machine_identifier, addresses, token=plex.token)
        yield server


@pytest.fixture
def shell_with_tv(shell: CommandLine, stash: StashSimulator, tv: PlexTvSimulator) -> CommandLine:
    known = {"STASH_URL": stash.url, VARIABLE: tv.url}
    return CommandLine(shell.plugin, {**shell.environ, **known})


def asked(line: CommandLine, *words: str) -> Any:
    """The JSON answer of a mode that works."""
    done = line.run(*words, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_each_step_is_a_command(
    shell_with_tv: CommandLine, tv: PlexTvSimulator, plex: PlexSimulator
) -> None:
    line = shell_with_tv
    begun = line.run("sign-in")
    assert "https://app.plex.tv/auth#?" in begun.stdout
    tv.claim()
    assert asked(line, "sign-in-state")["account"] == "Ann"
    (server,) = asked(line, "servers")["servers"]
    assert server["best"] == plex.url
    used = asked(line, "use-server", "--machine", server["machine"], "--uri", server["best"])
    assert used["source"] == "signed in"
    assert [one["title"] for one in asked(line, "libraries")["libraries"]] == ["Videos"]
    assert asked(line, "paths", "--rules", "/data => /media")["looked_at"] == 1
    assert asked(line, "status")["server"].get("source", "signed in") == "signed in"
    asked(line, "sign-out")
    assert line.run("libraries").returncode == 2


@pytest.mark.parametrize("as_json", [True, False])
def test_setup_waits_for_the_user_and_takes_the_only_server(
    shell_with_tv: CommandLine,
    tv: PlexTvSimulator,
    plex: PlexSimulator,
    eventually: Callable[..., Any],
    as_json: bool,
) -> None:
    words = ["setup", *(["--json"] if as_json else [])]
    running = subprocess.Popen(
        shell_with_tv.command(*words),
        env=dict(shell_with_tv.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: tv.state.pins, timeout=30)
    tv.claim()
    out, err = running.communicate(timeout=40)
    assert running.returncode == 0, out + err
    for secret in (ACCOUNT_TOKEN, plex.token or "", str(next(iter(tv.state.pins)))):
        assert secret not in out + err
    if as_json:
        steps = [json.loads(line) for line in out.splitlines()]
        names = [one.get("step") for one in steps]
        assert names == ["sign_in", "sign_in_state", "servers", None]
        assert steps[-1]["uri"] == plex.url
    else:
        assert "Signed in as Ann." in out
        assert f"Harbour at {plex.url} is used from now on." in out


def test_setup_asks_for_a_server_if_there_are_several(
    shell_with_tv: CommandLine, tv: PlexTvSimulator
) -> None:
    tv.add_server("Second", "second-machine", [], token="x")
    shell_with_tv.run("sign-in")
    tv.claim()
    done = shell_with_tv.run("setup")
    assert done.returncode == 2
    assert "--machine" in done.stderr
    assert "second-machine" in done.stderr


@pytest.mark.posix
def test_no_child_process_is_given_a_secret(
    shell_with_tv: CommandLine, tv: PlexTvSimulator, plex: PlexSimulator
) -> None:
    shell_with_tv.run("sign-in")
    tv.claim()
    shell_with_tv.run("setup")
    secrets = (ACCOUNT_TOKEN.encode(), (plex.token or "").encode())
    for process in filter(str.isdigit, os.listdir("/proc")):
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{process}/{name}", "rb") as file:
                    content = file.read()
            except OSError:
                continue
            if str(shell_with_tv.plugin.directory).encode() in content:
                assert not any(secret in content for secret in secrets)
