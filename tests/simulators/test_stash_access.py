"""Logins of the simulated Stash: cookies, keys, and images behind them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from simulators.stash.pictures import png
from simulators.stash.server import StashSimulator
from tests.simulators.fake_plugin import write_plugin

USER = ("ada", "secret")


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_795_220_065.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sim(time: Time, tmp_path: Path) -> Iterator[StashSimulator]:
    """A Stash with credentials."""
    with StashSimulator(config_dir=tmp_path, credentials=USER, now=time) as sim:
        yield sim


@pytest.fixture
def open_sim(tmp_path: Path) -> Iterator[StashSimulator]:
    """A Stash without credentials."""
    with StashSimulator(config_dir=tmp_path) as sim:
        yield sim


def ask(sim: StashSimulator, **options: Any) -> requests.Response:
    query = {"query": "{version{version}}"}
    return requests.post(f"{sim.url}/graphql", json=query, timeout=10, **options)


def cookie_of(sim: StashSimulator) -> dict[str, str]:
    return {"session": sim.server_connection()["SessionCookie"]["Value"]}


def test_without_credentials_every_client_may_ask_and_a_garbage_cookie_is_ignored(
    open_sim: StashSimulator,
) -> None:
    assert ask(open_sim).status_code == 200
    assert ask(open_sim, cookies={"session": "garbage"}).status_code == 200
    assert "Set-Cookie" not in ask(open_sim).headers


def test_a_wrong_key_is_401_even_without_credentials(open_sim: StashSimulator) -> None:
    refused = ask(open_sim, headers={"ApiKey": "wrong"})
    assert (refused.status_code, refused.content) == (401, b"")
    assert ask(open_sim, headers={"ApiKey": ""}).status_code == 200


def test_with_credentials_a_stranger_gets_401_with_an_empty_body(sim: StashSimulator) -> None:
    for cookies in ({}, {"session": "garbage"}, {"session": "bm8=.deadbeef"}):
        refused = ask(sim, cookies=cookies)
        assert (refused.status_code, refused.content) == (401, b"")


def test_a_plugins_cookie_is_good_until_it_is_too_old(sim: StashSimulator, time: Time) -> None:
    cookies = cookie_of(sim)
    time.seconds += 3600
    assert ask(sim, cookies=cookies).status_code == 200
    time.seconds += 1
    assert ask(sim, cookies=cookies).status_code == 401


def test_each_answer_refreshes_the_cookie(sim: StashSimulator, time: Time) -> None:
    with requests.Session() as session:
        session.cookies.update(cookie_of(sim))
        for _ in range(3):
            time.seconds += 3000
            query = {"query": "{version{version}}"}
            assert session.post(f"{sim.url}/graphql", json=query, timeout=10).status_code == 200


def test_sessions_can_be_expired_at_once(sim: StashSimulator) -> None:
    cookies = cookie_of(sim)
    sim.expire_sessions()
    assert ask(sim, cookies=cookies).status_code == 401
    assert ask(sim, cookies=cookie_of(sim)).status_code == 200


def test_the_api_key_is_used_and_revoked(sim: StashSimulator) -> None:
    made = "a-key"
    sim.set_api_key(made)
    shown = sim.graphql("{configuration{general{apiKey username}}}").data["configuration"]
    assert shown["general"] == {"apiKey": made, "username": "ada"}
    for name in ("ApiKey", "apikey", "APIKEY"):
        assert ask(sim, headers={name: made}).status_code == 200
    assert ask(sim, params={"apikey": made}).status_code == 200
    sim.set_api_key("")
    assert ask(sim, headers={"ApiKey": made}).status_code == 401


def test_an_image_without_a_login_is_a_page_with_status_200(sim: StashSimulator) -> None:
    scene = sim.library.add_scene("x", cover=png())
    url = f"{sim.url}/scene/{scene}/screenshot?t=1"
    bare = requests.get(url, allow_redirects=False, timeout=10)
    assert bare.status_code == 302
    assert bare.headers["Location"].startswith("/login?returnURL=%2Fscene%2F1%2Fscreenshot")
    followed = requests.get(url, timeout=10)
    assert followed.status_code == 200
    assert followed.headers["Content-Type"] == "text/html"
    known = requests.get(url, cookies=cookie_of(sim), timeout=10)
    assert known.content == png()
    sim.set_api_key("k")
    assert requests.get(url, headers={"ApiKey": "k"}, timeout=10).content == png()
    assert requests.get(url, headers={"ApiKey": "wrong"}, timeout=10).status_code == 401


def test_the_health_page_needs_no_login(sim: StashSimulator) -> None:
    assert requests.get(f"{sim.url}/healthz", timeout=10).status_code == 200


def test_a_cookie_survives_a_restart(sim: StashSimulator) -> None:
    cookies = cookie_of(sim)
    url = sim.url
    sim.restart()
    assert sim.url == url
    assert ask(sim, cookies=cookies).status_code == 200


def test_a_stopped_server_refuses_connections(sim: StashSimulator) -> None:
    with requests.Session() as session:
        session.get(f"{sim.url}/healthz", timeout=10)
        sim.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{sim.url}/healthz", timeout=10)


def test_a_plugin_acts_for_the_user_whose_save_ran_it(tmp_path: Path) -> None:
    code = (
        "import json, sys, urllib.request\n"
        "server = json.load(sys.stdin)['server_connection']\n"
        "assert server['Host'] == '0.0.0.0'\n"
        "url = 'http://127.0.0.1:%d/graphql' % server['Port']\n"
        "cookie = {'Cookie': 'session=' + server['SessionCookie']['Value']}\n"
        'body = b\'{"query":"{version{version}}"}\'\n'
        "print(urllib.request.urlopen(urllib.request.Request(url, body, cookie)).read().decode())"
    )
    write_plugin(tmp_path / "plugins", code)
    options: dict[str, Any] = {"config_dir": tmp_path, "credentials": USER}
    with StashSimulator(tmp_path / "plugins", **options) as sim:
        (run,) = sim.scene_update(sim.library.add_scene("x"))
        assert run.error is None
        assert "v0.30.1" in run.stdout
