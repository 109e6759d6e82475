"""Signing in with Plex, from the code to the first synced scene, over real HTTP."""

from __future__ import annotations

import json
import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from plex import plextv
from plex.exceptions import PlexSetupError, WrongToken
from plex.plextv import PlexTvUnreachable, SignInAgain
from simulators.faults import Kind
from simulators.plex.server import PlexSimulator
from simulators.plextv import ACCOUNT_TOKEN, PlexTvSimulator
from sync_queue import credentials
from tasks.check_servers import check_guard
from tests.tasks.conftest import Library, SkippingClock
from validation.config import validate_config
from validation.errors import PlexSyncError, SetupError
from worker.servers import SettingsRead

SERVER_TOKEN = "plex-token-for-tests"  # the simulator's own
# A network of documentation: nothing answers there, and no packet reaches anybody.
PUBLIC = "http://203.0.113.9:32400"


@dataclass
class Account:
    """A library whose Plex is reached by signing in. ``clock`` is plex.tv's."""

    library: Library
    tv: PlexTvSimulator
    clock: SkippingClock

    @property
    def plex(self) -> PlexSimulator:
        return self.library.plex

    @property
    def data_dir(self) -> str:
        return str(self.library.data_dir)

    def ask(self, mode: str, **arguments: object) -> Any:
        return self.library.run(mode, **arguments).output

    def sign_in(self) -> None:
        self.ask("sign_in")
        self.tv.claim()
        assert self.ask("sign_in_state")["state"] == "signed_in"

    def choose(self, uri: str = "") -> Any:
        self.sign_in()
        return self.use(uri)

    def use(self, uri: str = "") -> Any:
        machine = self.plex.machine_identifier
        return self.ask("use_server", machine=machine, uri=uri or self.plex.url)

    def tokens_at(self, plex: PlexSimulator) -> set[str]:
        return set(filter(None, (one.headers.get("X-Plex-Token") for one in plex.requests)))


@pytest.fixture
def account(library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    clock = SkippingClock()
    library.environ.pop("PLEX_URL")
    library.environ.pop("PLEX_TOKEN")
    with PlexTvSimulator(clock) as tv:
        monkeypatch.setenv(plextv.VARIABLE, tv.url)
        library.environ[plextv.VARIABLE] = tv.url
        tv.add_server(
            "Harbour",
            library.plex.machine_identifier,
            [(library.plex.url, True, False)],
            token=SERVER_TOKEN,
        )
        yield Account(library, tv, clock)


def port_of(plex: PlexSimulator) -> int:
    return int(plex.url.rpartition(":")[2])


# -- the code --------------------------------------------------------------------------------------


def test_a_sign_in_is_noticed_once_the_user_has_allowed_it(account: Account) -> None:
    begun = account.ask("sign_in")
    assert begun["url"].startswith("https://app.plex.tv/auth#?clientID=")
    assert f"&code={begun['code']}&" in begun["url"]
    assert 1700 < begun["expires_in"] <= 1800
    waiting = account.ask("sign_in_state")
    assert (waiting["state"], waiting["account"]) == ("waiting", "")
    account.tv.claim()
    found = account.ask("sign_in_state")
    assert (found["state"], found["account"]) == ("signed_in", "Ann")
    asked = len(account.tv.requests)
    account.ask("sign_in_state")
    assert len(account.tv.requests) == asked


def test_every_request_says_which_device_asks(account: Account) -> None:
    account.sign_in()
    account.ask("servers")
    devices = {one.headers["x-plex-client-identifier"] for one in account.tv.requests}
    assert len(devices) == 1
    for one in account.tv.requests:
        assert one.headers["accept"] == "application/json"
        assert one.headers["x-plex-product"] == "PlexSync"
        assert {"x-plex-version", "x-plex-platform", "x-plex-device"} <= set(one.headers)
        assert "X-Plex-Token" not in one.query


def test_a_code_that_nobody_allows_expires(account: Account) -> None:
    account.ask("sign_in")
    account.clock.skip(1801)
    found = account.ask("sign_in_state")
    assert found["state"] == "expired"
    assert "expired" in found["sentence"]
    assert credentials.read(account.data_dir, time.time()).pin is None


def test_the_code_of_another_device_is_not_ours(account: Account) -> None:
    account.ask("sign_in")
    (account.library.data_dir / "device_identity.json").unlink()
    account.tv.claim()
    assert account.ask("sign_in_state")["state"] == "expired"


SHORT_OUTAGES: dict[str, dict[str, Any]] = {
    "a server error": {"kind": Kind.STATUS, "status": 503},
    "a cut connection": {"kind": Kind.CLOSE_BEFORE},
    "nonsense": {"kind": Kind.GARBAGE},
}


@pytest.mark.parametrize("trouble", SHORT_OUTAGES)
def test_an_outage_of_plex_tv_ends_no_sign_in(account: Account, trouble: str) -> None:
    account.ask("sign_in")
    account.tv.claim()
    account.tv.faults.add(**SHORT_OUTAGES[trouble], path="/pins/")
    found = account.ask("sign_in_state")
    assert found["state"] == "waiting"
    assert "plex.tv does not answer" in found["sentence"]
    assert account.ask("sign_in_state")["state"] == "signed_in"


def test_plex_tv_is_left_alone_for_as_long_as_it_asks(account: Account) -> None:
    account.ask("sign_in")
    account.tv.faults.add(Kind.STATUS, status=429, retry_after=120, path="/pins/")
    assert account.ask("sign_in_state")["state"] == "waiting"
    asked = len(account.tv.requests)
    account.tv.claim()
    assert account.ask("sign_in_state")["state"] == "waiting"
    assert len(account.tv.requests) == asked


def test_an_unreachable_plex_tv_has_its_own_sentence(account: Account) -> None:
    account.tv.stop()
    with pytest.raises(PlexTvUnreachable, match=r"plex\.tv does not answer .*internet"):
        account.ask("sign_in")


def test_a_redirect_of_plex_tv_gets_no_token(account: Account) -> None:
    account.sign_in()
    with PlexTvSimulator() as thief:
        account.tv.faults.add(Kind.REDIRECT, location=f"{thief.url}/api/v2/resources", times=None)
        with pytest.raises(PlexTvUnreachable, match="302"):
            account.ask("servers")
        assert thief.requests == []


def test_the_address_in_place_of_plex_tv_must_be_this_machine(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(plextv.VARIABLE, "https://plex.example.org")
    with pytest.raises(SetupError, match="this machine itself"):
        account.ask("sign_in")


def test_an_account_s_token_is_forgotten_after_thirty_minutes(account: Account) -> None:
    account.sign_in()
    later = time.time() + credentials.ACCOUNT_SECONDS + 1
    assert credentials.read(account.data_dir, later).account is None
    credentials.forget_old(account.data_dir, later)
    assert not (account.library.data_dir / credentials.FILE).exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version": 2}', b'{"version":1,"pin":5}'])
def test_a_damaged_sign_in_holds_everything_until_the_next_one(
    account: Account, damage: bytes
) -> None:
    account.choose()
    (account.library.data_dir / credentials.FILE).write_bytes(damage)
    with pytest.raises(SetupError, match=r"(?i)sign in"):
        account.ask("libraries")
    account.choose()
    assert account.ask("libraries")["libraries"]


def test_a_claim_that_arrives_after_signing_out_stores_nothing(account: Account) -> None:
    account.ask("sign_in")
    account.tv.claim()

    def sign_out() -> float:
        credentials.forget(account.data_dir)
        return time.time()

    account.tv.state.clock = sign_out  # while plex.tv looks the code up
    assert account.ask("sign_in_state")["state"] == "expired"
    assert not (account.library.data_dir / credentials.FILE).exists()


# -- the servers -----------------------------------------------------------------------------------


def test_servers_are_listed_with_every_address_tested(account: Account) -> None:
    with PlexSimulator(token=SERVER_TOKEN) as other:
        account.tv.state.resources.clear()
        account.tv.add_player("phone")
        account.tv.add_server("Bob's", "shared-1", [(PUBLIC, False, False)], token="x", owned=False)
        account.tv.add_server(
            "Harbour",
            account.plex.machine_identifier,
            [
                (account.plex.url, True, False),
                (account.plex.url, True, False),
                (other.url, True, False),
                ("http://127.0.0.1:9", True, False),
                (
                    f"https://127-0-0-1.{'a' * 32}.plex.direct:{port_of(account.plex)}",
                    True,
                    False,
                ),
                (account.plex.url.replace("127.0.0.1", "127.0.0.2"), False, True),
            ],
            token=SERVER_TOKEN,
        )
        account.sign_in()
        answer = account.ask("servers")
        assert account.tokens_at(other) == set()
    harbour, shared = answer["servers"]
    assert [one["name"] for one in answer["servers"]] == ["Harbour", "Bob's"]
    by_uri = {one["uri"]: one for one in harbour["addresses"]}
    assert len(by_uri) == len(harbour["addresses"]) == 5
    assert by_uri[account.plex.url]["ok"]
    assert harbour["best"] == account.plex.url
    assert "Another server" in by_uri[other.url]["why"]
    assert "not reachable" in by_uri["http://127.0.0.1:9"]["why"]
    assert (shared["owned"], shared["addresses"]) == (False, [])
    assert "owner" in shared["sentence"]
    assert account.tokens_at(account.plex) == {SERVER_TOKEN}


def test_a_name_without_dns_is_offered_as_a_plain_address_too(account: Account) -> None:
    account.tv.state.resources.clear()
    port = port_of(account.plex)
    name = f"https://127-0-0-1.{'a' * 32}.plex.direct:{port}"
    machine = account.plex.machine_identifier
    account.tv.add_server("Harbour", machine, [(name, True, False)], token=SERVER_TOKEN)
    account.sign_in()
    (found,) = account.ask("servers")["servers"]
    assert [one["uri"] for one in found["addresses"]] == [name, account.plex.url]
    assert found["best"] == account.plex.url


@pytest.mark.parametrize(
    ("shared", "words"), [(False, "has no server"), (True, "servers of other users")]
)
def test_an_account_without_an_own_server_is_told_so(
    account: Account, shared: bool, words: str
) -> None:
    account.tv.state.resources.clear()
    account.tv.add_player("phone")
    if shared:
        account.tv.add_server("Bob's", "shared-1", [], token="x", owned=False)
    account.sign_in()
    assert words in account.ask("servers")["sentence"]


def test_a_relay_is_never_chosen_beforehand(account: Account) -> None:
    account.tv.state.resources.clear()
    machine = account.plex.machine_identifier
    account.tv.add_server("Harbour", machine, [(account.plex.url, False, True)], token=SERVER_TOKEN)
    account.sign_in()
    (found,) = account.ask("servers")["servers"]
    assert found["best"] == ""
    assert "relay" in found["sentence"]
    account.use()  # chosen, it works
    assert account.ask("libraries")["libraries"]


def test_servers_need_a_sign_in(account: Account) -> None:
    with pytest.raises(SetupError, match="Sign in with Plex"):
        account.ask("servers")


def test_a_revoked_account_s_token_is_thrown_away(account: Account) -> None:
    account.sign_in()
    account.tv.revoke()
    with pytest.raises(SignInAgain, match="Sign in again"):
        account.ask("servers")
    assert credentials.read(account.data_dir, time.time()).account is None


def test_a_token_that_lives_seven_days_is_told_apart(account: Account) -> None:
    account.tv.state.token = "eyJhbGciOi.canary"
    account.sign_in()
    account.tv.faults.add(Kind.STATUS, status=498, path="/resources")
    with pytest.raises(SignInAgain, match="seven days"):
        account.ask("servers")


# -- the choice ------------------------------------------------------------------------------------


def test_a_chosen_server_is_synced_with_its_own_token(account: Account) -> None:
    scene, item = account.library.add("Harbour.mp4", title="Harbour", details="Docks.")
    used = account.choose()
    assert used["source"] == "signed in"
    stored = credentials.read(account.data_dir, time.time())
    assert stored.account is None
    assert stored.pin is None
    before = account.ask("status")
    assert (before["server"]["name"], before["server"]["source"]) == ("Harbour", "signed in")
    account.library.run("sync", scene=scene)
    assert item.fields["summary"] == "Docks."
    assert account.tokens_at(account.plex) == {SERVER_TOKEN}
    status = account.ask("status")
    assert status["server"]["source"] == "signed in"
    assert status["setup"] == []
    assert any("signed in" in line for line in account.library.run("status").lines)


def test_a_chosen_server_can_get_another_address_without_another_sign_in(account: Account) -> None:
    account.choose()
    other = account.plex.url.replace("127.0.0.1", "localhost")
    assert account.use(other)["uri"] == other
    with pytest.raises(SetupError, match="Sign in with Plex"):
        account.ask("servers")


def test_a_typed_private_address_gets_the_token(account: Account) -> None:
    account.choose(account.plex.url.replace("127.0.0.1", "localhost"))
    assert account.ask("libraries")["libraries"]
    assert account.tokens_at(account.plex) == {SERVER_TOKEN}


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("", "needs uri"),
        ("ftp://x", "http:// or https://"),
        ("http://user:word@127.0.0.1", "without a name or password"),
        ("http://127.0.0.1:9", "not reachable"),
    ],
)
def test_an_address_that_cannot_work_is_not_stored(account: Account, uri: str, words: str) -> None:
    account.sign_in()
    machine = account.plex.machine_identifier
    with pytest.raises(SetupError, match=words):
        account.ask("use_server", machine=machine, uri=uri)
    assert credentials.read(account.data_dir, time.time()).server is None


def test_the_settings_win_where_they_are_filled_in(account: Account) -> None:
    account.choose()
    with PlexSimulator(token="typed") as typed:
        typed.add_section("Typed", locations=["/media"], agent="none")
        account.library.stash.settings |= {"plex_url": typed.url, "plex_token": "typed"}
        (found,) = account.ask("libraries")["libraries"]
        assert found["title"] == "Typed"
        assert account.tokens_at(typed) == {"typed"}
        used = account.choose()
        assert used["source"] == "settings"
        assert "win" in used["sentence"]
        account.ask("settings")
        assert account.ask("status")["setup"] == []


def test_sign_out_forgets_everything(account: Account) -> None:
    account.choose()
    said = account.ask("sign_out")
    assert "devices" in said["devices"]
    assert not (account.library.data_dir / credentials.FILE).exists()
    status = account.ask("status")
    assert status["server"] == {}
    assert "The sign-in with Plex is gone" in status["setup"][0]
    with pytest.raises(SetupError, match="sign in with Plex"):
        account.ask("libraries")


def test_a_revoked_server_token_says_to_sign_in_again(account: Account) -> None:
    scene, _ = account.library.add("Harbour.mp4", title="Harbour")
    account.choose()
    account.plex.faults.add(Kind.STATUS, status=401, path="^(?!/identity)", times=None)
    with pytest.raises(WrongToken, match="sign in with Plex again"):
        account.ask("libraries")
    account.library.run("sync", scene=scene)
    status = account.ask("status")
    assert "sign in with Plex again" in status["hold"]["sentence"]
    checked = account.ask("check_setup")["findings"]
    assert any("Sign in with Plex again" in one["todo"] for one in checked)


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("http://203.0.113.9:32400", True),
        ("https://203.0.113.9:32400", False),
        ("http://192.168.1.20:32400", False),
        ("http://plex:32400", False),
    ],
)
def test_check_set_up_warns_of_a_token_that_travels_unencrypted(url: str, warns: bool) -> None:
    read = SettingsRead(validate_config({"plex_url": url, "plex_token": "t"}, {}).config)
    assert bool(list(check_guard(read))) is warns


def test_a_wrong_token_of_the_settings_is_called_wrong(account: Account) -> None:
    account.library.stash.settings |= {"plex_url": account.plex.url, "plex_token": "nope"}
    found = account.ask("check_setup")["findings"]
    (bad,) = (one for one in found if "The token is wrong" in one["what"])
    assert "Correct the Plex token" in bad["todo"]
    assert "runs" not in bad["todo"]


# -- attackers -------------------------------------------------------------------------------------


def test_a_typed_public_address_is_never_sent_a_token(account: Account) -> None:
    account.sign_in()
    with pytest.raises(SetupError, match="cannot be used"):
        account.use(PUBLIC)
    assert credentials.read(account.data_dir, time.time()).server is None


def test_a_typed_address_of_another_machine_is_never_sent_a_token(account: Account) -> None:
    account.sign_in()
    with PlexSimulator(token=SERVER_TOKEN) as other:
        with pytest.raises(PlexSetupError, match="Another server"):
            account.use(other.url)
        assert account.tokens_at(other) == set()


def test_a_changed_plex_url_never_receives_the_token(account: Account) -> None:
    account.choose()
    with PlexSimulator(token=None) as thief:
        for settings in ({"plex_url": thief.url}, {"plex_url": thief.url, "plex_token": "x"}):
            account.library.stash.settings |= settings
            try:
                account.ask("libraries")
            except SetupError as error:
                assert "plex_token" in str(error)
        assert account.tokens_at(thief) <= {"x"}


def test_another_machine_at_the_chosen_address_is_never_sent_a_token(account: Account) -> None:
    account.choose()
    account.plex.stop()
    port = port_of(account.plex)
    with PlexSimulator(token=None, port=port) as thief:
        with pytest.raises(Exception, match="gets no token"):
            account.ask("libraries")
        assert thief.requests.total > 0
        assert account.tokens_at(thief) == set()


def test_a_redirect_of_the_server_gets_no_token(account: Account) -> None:
    account.choose()
    with PlexSimulator(token=None) as thief:
        account.plex.faults.add(Kind.REDIRECT, location=thief.url, times=None, path="/library")
        with pytest.raises(PlexSetupError, match="redirect"):
            account.ask("libraries")
        assert thief.requests.total == 0


# -- canaries --------------------------------------------------------------------------------------

TROUBLES: dict[str, Callable[[Account], object]] = {
    "nothing": lambda account: None,
    "plex.tv fails": lambda account: account.tv.faults.add(Kind.STATUS, status=500, times=None),
    "Plex refuses": lambda account: account.plex.faults.add(Kind.STATUS, status=401, times=None),
    "Plex fails": lambda account: account.plex.faults.add(Kind.STATUS, status=500, times=None),
    "Plex is away": lambda account: account.plex.stop(),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_secret_leaves_its_file(
    account: Account, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account.library.stash.settings["debug_logging"] = True
    scene, _ = account.library.add("Harbour.mp4", title="Harbour", details="Docks.")
    shown: list[object] = []

    def ask(mode: str, **arguments: object) -> Any:
        try:
            result = account.library.run(mode, **arguments)
        except (PlexSyncError, OSError) as error:
            shown.append(str(error))
            return {}
        shown.append((result.output, result.lines, result.report, result.details))
        return result.output

    begun = account.ask("sign_in")
    pin = account.tv.claim()
    ask("sign_in_state")
    TROUBLES[trouble](account)
    ask("servers")
    ask("use_server", machine=account.plex.machine_identifier, uri=account.plex.url)
    for mode in ("libraries", "settings", "status", "check_setup", "support", "log", "preview"):
        ask(mode)
    ask("sync", scene=scene)
    texts = [caplog.text, json.dumps(shown, default=str), str(dict(os.environ))]
    for file in account.library.data_dir.rglob("*"):
        if file.is_file() and file.name != credentials.FILE:
            texts.append(file.read_bytes().decode("latin-1"))
    secrets = (ACCOUNT_TOKEN, SERVER_TOKEN, str(pin.number), begun["code"])
    for secret in secrets:
        assert all(secret not in text for text in texts), secret
    assert not any(secret in json.dumps(account.library.stash.settings) for secret in secrets)
    stored = account.library.data_dir / credentials.FILE
    if stored.exists() and os.name != "nt":
        assert stat.S_IMODE(stored.stat().st_mode) == 0o600


def test_a_sign_in_shows_its_secrets_in_no_repr(account: Account) -> None:
    account.choose()
    stored = credentials.read(account.data_dir, time.time())
    assert SERVER_TOKEN not in repr((stored, stored.server))
