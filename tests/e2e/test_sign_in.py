"""Signing in as a page does it: operations of Stash, each a process, and the worker they start."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plex.plextv import VARIABLE
from simulators.plextv import ACCOUNT_TOKEN, PlexTvSimulator
from sync_queue import credentials
from tests.e2e.conftest import MakeRoad, Road, make_road
from tests.installed_plugin import eventually

__all__ = ["make_road"]  # fixture

pytestmark = pytest.mark.posix

Ask = Callable[..., Any]


@pytest.fixture
def tv(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlexTvSimulator]:
    with PlexTvSimulator() as server:
        monkeypatch.setenv(VARIABLE, server.url)
        yield server


@pytest.fixture
def unset(make_road: MakeRoad, tv: PlexTvSimulator) -> Road:
    """A road whose settings name no Plex."""
    road = make_road(plex_url="", plex_token="")
    addresses = [(road.plex.url, True, False)]
    tv.add_server("Harbour", road.plex.machine_identifier, addresses, token=road.plex.token)
    return road


def asked(road: Road, mode: str, **arguments: object) -> Any:
    """The answer of an operation that works."""
    run = road.stash.run_operation({"mode": mode, **arguments})
    assert not run.error, run.error
    return run.output


def test_a_page_signs_in_and_the_waiting_edit_is_synced(unset: Road, tv: PlexTvSimulator) -> None:
    scene, item = unset.add("Harbour Lights.mp4", title="Harbour")
    unset.stash.scene_update(scene, details="Docks.")
    eventually(lambda: "sign in with Plex" in unset.log(), timeout=30)
    begun = asked(unset, "sign_in")
    assert asked(unset, "sign_in_state", quiet=True)["state"] == "waiting"
    pin = tv.claim()
    assert asked(unset, "sign_in_state", quiet=True)["account"] == "Ann"
    (server,) = asked(unset, "servers")["servers"]
    used = asked(unset, "use_server", machine=server["machine"], uri=server["best"])
    assert used["source"] == "signed in"
    eventually(lambda: item.fields.get("summary") == "Docks.", timeout=20)
    assert asked(unset, "status", quiet=True)["server"]["source"] == "signed in"
    stored = unset.plugin.data_dir / credentials.FILE
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    secrets = (ACCOUNT_TOKEN, unset.plex.token or "", str(pin.number), begun["code"])
    shown = [*(line.message for line in unset.stash.logs), unset.log(), of_process(unset.worker())]
    shown += [
        file.read_bytes().decode("latin-1")
        for file in unset.plugin.data_dir.rglob("*")
        if file.is_file() and file != stored
    ]
    shown.append(json.dumps(unset.stash.settings))
    for secret in secrets:
        assert not any(secret in text for text in shown), secret


def of_process(pid: int) -> str:
    """Arguments and environment of a process."""
    files = (Path(f"/proc/{pid}/{name}") for name in ("cmdline", "environ"))
    return "".join(file.read_bytes().decode("latin-1") for file in files)


def test_signing_in_needs_no_package(unset: Road, tv: PlexTvSimulator) -> None:
    environ = {**os.environ, VARIABLE: tv.url}
    for mode in ("sign_in", "sign_in_state", "sign_out"):
        stdin = unset.plugin.stdin({"mode": mode})
        answer = unset.plugin.send(stdin, flags=("-S", "-I", "-X", "importtime"), environ=environ)
        assert b"requests" not in answer.stderr
        assert b"pydantic" not in answer.stderr
        assert answer.reply["output"]["mode"] == mode
    assert not unset.workers_ever()


def test_setup_is_no_operation_of_a_page(unset: Road) -> None:
    run = unset.stash.run_operation({"mode": "setup"})
    assert "for a shell" in str(run.error)
