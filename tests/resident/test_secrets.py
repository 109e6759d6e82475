"""Tokens, cookies and keys are in no log, report, reply or dead letter, whatever goes wrong."""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable

import pytest

from simulators.faults import Kind
from tests.resident.bench import Bench

TOKEN = "plex-token-for-tests"  # the simulator's own
API_KEY = "canary-stash-key-2"
# What only the worker reads, to log in: everything else is shown to people or copied into reports.
NOT_SHOWN = frozenset({"connection"})


def forget_session(bench: Bench) -> None:
    bench.stash.set_api_key("another")
    bench.stash.expire_sessions()


TROUBLES: dict[str, Callable[[Bench], object]] = {
    "nothing": lambda bench: None,
    "Plex refuses the token": lambda bench: bench.plex.faults.add(
        Kind.STATUS, status=401, times=None
    ),
    "Plex refuses the edit": lambda bench: bench.plex.faults.add(
        Kind.STATUS, method="PUT", status=400, times=None
    ),
    "Plex fails": lambda bench: bench.plex.faults.add(
        Kind.STATUS, method="PUT", status=500, times=None
    ),
    "Plex redirects": lambda bench: bench.plex.faults.add(
        Kind.REDIRECT, times=None, location=f"http://127.0.0.1:1/?X-Plex-Token={TOKEN}"
    ),
    "Plex is away": lambda bench: bench.plex.stop(),
    "Stash is away": lambda bench: bench.stash.stop(),
    "Stash forgot the session": forget_session,
    "a token that HTTP cannot carry": lambda bench: bench.stash.settings.update(
        plex_token=TOKEN + "\n\u2028é"
    ),
    "an address with the token in it": lambda bench: bench.stash.settings.update(
        plex_url=f"{bench.plex.url}/?X-Plex-Token={TOKEN}"
    ),
}


def shown_tables(bench: Bench) -> str:
    """All rows of all tables that people, reports or dead letters are made of."""
    database = bench.manager.connection
    names = [
        row[0]
        for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if row[0] not in NOT_SHOWN
    ]
    return "\n".join(
        str(row) for name in names for row in database.execute(f"SELECT * FROM {name}")
    )


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_secret_is_shown_anywhere(
    bench: Bench, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)  # of the libraries, too
    bench.stash.set_api_key(API_KEY)
    bench.stash.settings.update(stash_api_key=API_KEY, debug_logging=True)
    assert bench.stash.settings["plex_token"] == TOKEN
    scene, _ = bench.add()
    bench.edit(scene, title="First")
    bench.run()
    TROUBLES[trouble](bench)
    cookie = bench.stash.server_connection()["SessionCookie"]["Value"]
    bench.edit(scene, title="Second")
    bench.pass_time(900)
    bench.hook(scene)
    records = [line for line in caplog.records if line.name.startswith("plexsync")]
    assert records
    logged = "\n".join(logging.Formatter().format(record) for record in records)
    shown = logged + "\n".join(bench.said) + shown_tables(bench)
    for secret in (TOKEN, API_KEY, cookie):
        assert secret not in shown
    assert "First" in logged or "Harbour" in logged  # debug lines name titles: the log was on


def test_titles_and_paths_are_logged_at_debug_only(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="plexsync")
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=400)
    scenes = [bench.add(f"Canary {n}.mp4")[0] for n in range(3)]
    scenes.append(bench.add_scene("Canary elsewhere.mp4"))
    for scene in scenes:
        bench.edit(scene, title="Canary title", details="Canary details")
    bench.pass_time(900)
    assert caplog.records
    assert "Canary" not in caplog.text


@pytest.mark.posix
def test_files_with_secrets_belong_to_their_owner_alone(bench: Bench) -> None:
    bench.edit(bench.add()[0], title="New")
    bench.spool(1)
    bench.pass_time(7 * 24 * 3600 + 7200)  # a weekly copy is made, too
    files = [file for file in bench.data_dir.rglob("*") if file.is_file()]
    assert len(files) >= 3
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
