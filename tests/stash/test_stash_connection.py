"""Where Stash is: what it says on stdin, and what a person types."""

from __future__ import annotations

import json
import os

import pytest

from stash.connection import StashConnection
from validation.errors import SetupError

RECORDED = os.path.join(
    os.path.dirname(__file__), "..", "data", "stash", "hook_and_task_stdin.json"
)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:9999"),
        ("[::]", "http://127.0.0.1:9999"),
        ("::", "http://127.0.0.1:9999"),
        ("", "http://127.0.0.1:9999"),
        ("[fd00::7]", "http://[fd00::7]:9999"),
        ("fd00::7", "http://[fd00::7]:9999"),
        ("192.168.1.5", "http://192.168.1.5:9999"),
        ("nas.local", "http://nas.local:9999"),
    ],
)
def test_a_bind_address_becomes_one_that_can_be_reached(host: str, url: str) -> None:
    raw = {"Scheme": "http", "Host": host, "Port": 9999, "SessionCookie": None}

    assert StashConnection.from_stdin(raw).base_url == url


def test_the_connection_of_a_real_stash_is_parsed() -> None:
    with open(RECORDED, encoding="utf-8") as file:
        raw = json.load(file)[0]["stdin"][0]["server_connection"]

    connection = StashConnection.from_stdin(raw)

    assert connection.scheme == "http"
    assert connection.port == raw["Port"]
    assert connection.cookie == raw["SessionCookie"]["Value"]
    assert connection.dir == raw["Dir"]
    assert connection.plugin_dir == raw["PluginDir"]


def test_a_value_missing_from_stdin_has_a_default() -> None:
    assert StashConnection.from_stdin({}) == StashConnection("http", "127.0.0.1", 9999)


@pytest.mark.parametrize(
    "raw",
    [{"Port": 0}, {"Port": "9999"}, {"Port": True}, {"Port": 70000}, {"Scheme": "ftp"}],
    ids=str,
)
def test_an_address_that_cannot_be_one_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(SetupError, match="Stash"):
        StashConnection.from_stdin(raw)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://nas:9999", "http://nas:9999"),
        (" http://nas:9999/ ", "http://nas:9999"),
        ("nas", "http://nas:9999"),
        ("nas:1234", "http://nas:1234"),
        ("https://stash.example", "https://stash.example:443"),
        ("http://[::1]:9999/graphql", "http://[::1]:9999"),
        ("HTTP://0.0.0.0:9999", "http://127.0.0.1:9999"),
    ],
)
def test_an_address_that_a_user_types_is_understood(text: str, url: str) -> None:
    assert StashConnection.from_url(text).base_url == url


@pytest.mark.parametrize(
    "text", ["", "http://", "http://nas:port", "http://[::1", "ftp://nas", "http://nas:0x1"]
)
def test_nonsense_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(SetupError, match=r"Stash|STASH_URL"):
        StashConnection.from_url(text)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("[::1]", True),
        ("localhost", True),
        ("192.168.1.5", False),
        ("[fd00::7]", False),
        ("localhost.example", False),
    ],
)
def test_only_this_machine_needs_no_certificate_check(host: str, local: bool) -> None:
    assert StashConnection("https", host, 9999).is_local is local


def test_secrets_are_not_shown() -> None:
    shown = repr(StashConnection("http", "nas", 9999, cookie="c-secret", api_key="k-secret"))

    assert "secret" not in shown
