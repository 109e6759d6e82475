"""The file of the sign-in: whole or not at all, its owner's alone, and forgotten in time."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from sync_queue import credentials
from sync_queue.credentials import Account, ChosenServer, Pin, SignIn
from validation.errors import SetupError

NOW = 1_800_000_000.0
SERVER = ChosenServer(
    "m", "Harbour", "http://10.0.0.1:32400", "t", (("http://10.0.0.1", True, False),)
)


def test_a_sign_in_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    data_dir = str(tmp_path / "data")
    pin, account = Pin(5, "code", NOW + 60, NOW + 9), Account("token", "Ann", NOW)
    credentials.write(data_dir, SignIn(pin, account, SERVER))
    found = credentials.read(data_dir, NOW)
    assert found.server == SERVER
    assert found.pin is not None
    assert (found.pin.number, found.pin.code, found.pin.ask_at) == (5, "code", NOW + 9)
    assert found.account is not None
    assert (found.account.token, found.account.name) == ("token", "Ann")


@pytest.mark.posix
def test_the_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    credentials.write(str(tmp_path), SignIn(server=SERVER))
    assert stat.S_IMODE((tmp_path / credentials.FILE).stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [credentials.FILE]


@pytest.mark.parametrize("later", [credentials.ACCOUNT_SECONDS, -1.0])
def test_an_account_is_over_in_time_and_before_its_own_time(tmp_path: Path, later: float) -> None:
    credentials.write(str(tmp_path), SignIn(None, Account("token", "", NOW), SERVER))
    found = credentials.read(str(tmp_path), NOW + later)
    assert found.account is None
    assert found.server == SERVER
    credentials.forget_old(str(tmp_path), NOW + later)
    assert b'token": "token' not in (tmp_path / credentials.FILE).read_bytes()


def test_a_sign_in_in_time_is_not_written_again(tmp_path: Path) -> None:
    credentials.write(str(tmp_path), SignIn(None, Account("token", "", NOW), SERVER))
    before = credentials.stamp(str(tmp_path))
    credentials.forget_old(str(tmp_path), NOW + 60)
    assert credentials.stamp(str(tmp_path)) == before


def test_without_a_sign_in_there_is_no_file(tmp_path: Path) -> None:
    credentials.write(str(tmp_path), SignIn(server=SERVER))
    credentials.write(str(tmp_path), SignIn())
    credentials.forget(str(tmp_path))
    assert os.listdir(tmp_path) == []
    assert credentials.stamp(str(tmp_path)) == 0


def test_a_damaged_file_is_an_error_without_a_secret(tmp_path: Path) -> None:
    (tmp_path / credentials.FILE).write_text('{"version": 1, "server": {"token": "canary"')
    with pytest.raises(SetupError) as caught:
        credentials.read(str(tmp_path), NOW)
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_moved_server_is_not_stored_over_another_choice(tmp_path: Path) -> None:
    other = ChosenServer("n", "Other", "http://10.0.0.2:32400", "u", ())
    credentials.write(str(tmp_path), SignIn(server=other))
    credentials.move(str(tmp_path), SERVER, SERVER.at("http://10.0.0.9:32400"), NOW)
    assert credentials.read(str(tmp_path), NOW).server == other


def test_readers_never_see_half_a_file(tmp_path: Path) -> None:
    credentials.write(str(tmp_path), SignIn(server=SERVER))
    done = threading.Event()

    def write() -> None:
        for number in range(60):
            credentials.write(str(tmp_path), SignIn(server=SERVER.at(f"http://10.0.0.{number}")))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert credentials.read(str(tmp_path), NOW).server is not None
    writer.join()
