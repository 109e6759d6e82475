"""Which address of a server is the best, who may be sent a token there, and how long tests take."""

from __future__ import annotations

import threading
import time

import pytest

from plex.addresses import Address, Guard, guard_of, plain_uri, rank, with_plain
from plex.probing import NOT_TRIED, Probed, Question, best_of, probe_all
from plex.resources import parse_resources
from validation.addresses import is_loopback, is_private, is_public

DIRECT = f"https://192-168-1-20.{'a' * 32}.plex.direct:32400"


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("172.32.0.1", False),
        ("192.168.1.20", True),
        ("169.254.1.1", True),
        ("100.64.0.1", False),
        ("fd00::1", True),
        ("fe80::1%eth0", True),
        ("2001:db8::1", False),
        ("::ffff:192.168.1.1", True),
        ("::ffff:8.8.8.8", False),
        ("0.0.0.0", False),
        ("8.8.8.8", False),
        ("255.255.255.255", False),
        ("plex.example.org", False),
        ("192.168.1.20.example.org", False),
        ("", False),
    ],
)
def test_private_addresses_are_numbers_of_this_network(host: str, private: bool) -> None:
    assert is_private(host) is private


def test_a_name_is_neither_private_nor_public() -> None:
    assert not is_public("plex")
    assert is_public("8.8.8.8")
    assert is_loopback("localhost")
    assert not is_loopback("localhost.example.org")


@pytest.mark.parametrize(
    ("uri", "listed", "insecure", "private_only"),
    [
        ("https://a.plex.direct:32400", True, False, False),
        ("https://a.plex.direct:32400", True, True, True),
        ("https://a.plex.direct:32400", False, False, True),
        ("http://192.168.1.20:32400", True, False, True),
        ("http://203.0.113.9:32400", True, False, True),
        ("HTTPS://a.plex.direct:32400", True, False, False),
    ],
)
def test_only_listed_https_with_a_checked_certificate_may_be_public(
    uri: str, listed: bool, insecure: bool, private_only: bool
) -> None:
    known = {uri} if listed else set()
    found = guard_of(uri, "machine", known, insecure_tls=insecure)
    assert found == Guard("machine", private_only)


def test_a_proxy_s_folder_is_part_of_the_question() -> None:
    assert guard_of("http://10.0.0.1/plex", "m", set(), insecure_tls=False).path == "/plex"


@pytest.mark.parametrize(
    ("uri", "plain"),
    [
        (DIRECT, "http://192.168.1.20:32400"),
        (f"https://203-0-113-9.{'a' * 32}.plex.direct:32400", ""),
        ("https://192.168.1.20:32400", ""),
        ("https://192-168-1-20.example.org:32400", ""),
    ],
)
def test_a_local_plex_direct_name_holds_its_address(uri: str, plain: str) -> None:
    assert plain_uri(uri) == plain


def test_addresses_are_ranked_local_remote_relay_then_https_then_time() -> None:
    addresses = [
        Address("https://relay", relay=True),
        Address("http://remote"),
        Address("https://remote"),
        Address("http://local", local=True),
        Address("https://local", local=True),
    ]
    ranked = [one.uri for one in sorted(addresses, key=rank)]
    assert ranked == [one.uri for one in reversed(addresses)]
    slow, quick = (Probed(Address(f"https://{n}", local=True), n, "") for n in (90, 10))
    assert best_of([slow, quick]) is quick


def test_a_relay_has_to_be_chosen() -> None:
    relay = Probed(Address("https://relay", relay=True), 5, "")
    assert best_of([relay]) is None
    assert best_of([relay], relay=True) is relay


def test_doubles_go_and_a_plain_address_comes_unless_https_is_required() -> None:
    twice = [Address(DIRECT, local=True), Address(DIRECT, local=True)]
    plain = "http://192.168.1.20:32400"
    assert [one.uri for one in with_plain(twice, https_required=False)] == [DIRECT, plain]
    assert [one.uri for one in with_plain(twice, https_required=True)] == [DIRECT]


@pytest.mark.parametrize(
    "doc",
    [
        None,
        {},
        [5, None, []],
        [{"provides": "server"}],
        [{"provides": "client,player", "clientIdentifier": "x"}],
        [{"provides": 5, "clientIdentifier": "x"}],
    ],
)
def test_nonsense_lists_no_server(doc: object) -> None:
    assert parse_resources(doc) == ()


def test_connections_that_are_no_addresses_are_left_out() -> None:
    connections = [
        None,
        {"uri": 5},
        {"uri": "ftp://x"},
        {"uri": "http://u:p@10.0.0.1:32400"},
        {"uri": "http://10.0.0.1:32400", "local": True},
    ]
    device = {
        "provides": "server",
        "clientIdentifier": "m",
        "owned": True,
        "accessToken": "two words\n",
        "connections": connections,
    }
    (found,) = parse_resources([{**device, "name": "A\x1b[31m\nB"}])
    assert [one.uri for one in found.addresses] == ["http://10.0.0.1:32400"]
    assert "\n" not in found.name
    assert found.token == ""
    assert "token" not in repr(found)


# -- side by side ----------------------------------------------------------------------------------


def questions(count: int) -> list[Question]:
    return [Question(Address(f"http://10.0.0.{n}"), "m", "", {}, frozenset()) for n in range(count)]


def test_four_addresses_are_tested_at_once_and_results_keep_their_order() -> None:
    together = threading.Barrier(4)

    def ask(question: Question) -> Probed:
        together.wait(timeout=10)  # broken unless four are under way
        return Probed(question.address, 1, "")

    asked = questions(8)
    found = probe_all(asked, ask=ask)
    assert [one.address for one in found] == [one.address for one in asked]
    assert all(one.ok for one in found)


def test_an_address_that_hangs_costs_its_own_time_and_no_other_s() -> None:
    released = threading.Event()

    def ask(question: Question) -> Probed:
        if question.address.uri.endswith(".0"):
            released.wait(30)
        return Probed(question.address, 1, "")

    begun = time.monotonic()
    found = probe_all(questions(6), ask=ask, each=0.3, total=20)
    released.set()
    assert time.monotonic() - begun < 10
    assert "No answer within" in found[0].why
    assert all(one.ok for one in found[1:])


def test_all_addresses_together_have_an_end() -> None:
    released = threading.Event()

    def ask(question: Question) -> Probed:
        released.wait(30)
        return Probed(question.address, 1, "")

    found = probe_all(questions(9), ask=ask, each=20, total=0.3)
    released.set()
    assert {one.why for one in found} == {NOT_TRIED}
