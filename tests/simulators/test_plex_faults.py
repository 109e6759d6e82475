"""Every way to go wrong, once; and who is let in."""

from __future__ import annotations

import socket
import time
import xml.etree.ElementTree as ET

import pytest
import requests

from simulators.faults import Kind
from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp

LIST = "/library/sections/1/all?type=1"
EDIT = "/library/sections/1/all?type=1&id=1&title.value=B"


@pytest.fixture
def movie(plex: PlexSimulator, movies: Section) -> Item:
    return plex.add_movie(movies, "/data/movies/a.mp4", title="Ä")


def status(http: PlexHttp, target: str = LIST, method: str = "GET") -> int:
    return http.ask(method, target).status_code


def test_a_fault_meets_the_nth_requests_of_its_method_and_path(
    http: PlexHttp, plex: PlexSimulator, movie: Item
) -> None:
    fault = plex.faults.add("status", method="GET", path=r"/all$", nth=2, times=2, status=502)
    assert status(http, "/library/sections") == 200
    assert status(http, EDIT, "PUT") == 200
    assert [status(http) for _ in range(4)] == [200, 502, 502, 200]
    assert fault.hits == 2


def test_a_fault_can_last_until_it_is_cleared(
    http: PlexHttp, plex: PlexSimulator, movie: Item
) -> None:
    plex.faults.add(Kind.STATUS, times=None, status=503)
    assert [status(http) for _ in range(3)] == [503] * 3
    plex.faults.clear()
    assert status(http) == 200


@pytest.mark.parametrize("code", [400, 404, 413, 429, 498, 500, 507, 520, 599])
def test_any_status_can_be_answered(
    http: PlexHttp, plex: PlexSimulator, movie: Item, code: int
) -> None:
    plex.faults.add("status", status=code)
    answer = http.ask("PUT", EDIT)
    assert (answer.status_code, movie.title) == (code, "Ä")
    assert str(code) in answer.text


def test_maintenance_has_its_own_body(http: PlexHttp, plex: PlexSimulator) -> None:
    plex.faults.add("maintenance")
    answer = http.ask("GET", "/identity")
    response = ET.fromstring(answer.content)
    assert (answer.status_code, response.tag, response.attrib["title"]) == (
        503,
        "Response",
        "Maintenance",
    )


@pytest.mark.parametrize("kind", ["garbage", "html", "empty", "truncated"])
def test_an_answer_with_200_can_be_no_xml(
    http: PlexHttp, plex: PlexSimulator, movie: Item, kind: str
) -> None:
    plex.faults.add(kind)
    answer = http.ask("GET", LIST)
    assert answer.status_code == 200
    with pytest.raises(ET.ParseError):
        ET.fromstring(answer.content)


def test_a_redirect_leads_to_its_location(http: PlexHttp, plex: PlexSimulator, movie: Item) -> None:
    plex.faults.add("redirect", location="http://192.0.2.1/elsewhere")
    answer = http.ask("PUT", EDIT)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://192.0.2.1/elsewhere")
    assert movie.title == "Ä"


@pytest.mark.parametrize(("kind", "title"), [("close_before", "Ä"), ("close_after", "B")])
def test_a_connection_can_close_before_or_after_the_work(
    http: PlexHttp, plex: PlexSimulator, movie: Item, kind: str, title: str
) -> None:
    plex.faults.add(kind)
    with pytest.raises(requests.ConnectionError):
        http.ask("PUT", EDIT)
    assert movie.title == title
    (request,) = plex.requests
    assert (request.status, request.fault) == (0, kind)
    assert status(http) == 200


def test_a_body_can_break_off(http: PlexHttp, plex: PlexSimulator, movie: Item) -> None:
    plex.faults.add("drop_body")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        http.ask("GET", LIST, headers={"Accept-Encoding": "identity"})


def test_a_missing_charset_spoils_the_letters(
    http: PlexHttp, plex: PlexSimulator, movie: Item
) -> None:
    plex.faults.add("no_charset")
    answer = http.ask("GET", LIST)
    assert answer.headers["Content-Type"] == "text/xml"
    assert "Ã\x84" in answer.text, "read as latin-1"


@pytest.mark.parametrize("kind", ["delay", "busy"])
def test_an_answer_can_be_late(http: PlexHttp, plex: PlexSimulator, movie: Item, kind: str) -> None:
    plex.faults.add(kind, seconds=0.15)
    began = time.monotonic()
    assert status(http, EDIT, "PUT") == 200
    assert time.monotonic() - began >= 0.15
    assert movie.title == "B"


def test_a_busy_database_makes_every_request_wait_until_the_server_stops(
    http: PlexHttp, plex: PlexSimulator, movie: Item
) -> None:
    fault = plex.faults.add("busy", method="PUT", seconds=30)
    with socket.create_connection(("127.0.0.1", int(plex.url.rpartition(":")[2]))) as writer:
        head = f"PUT {EDIT} HTTP/1.1\r\nHost: x\r\nX-Plex-Token: {plex.token}\r\n\r\n"
        writer.sendall(head.encode())
        with pytest.raises(requests.ReadTimeout):
            while True:
                http.session.get(plex.url + LIST, timeout=0.2)
        assert fault.hits == 1
        plex.stop()


def test_a_body_can_drip(http: PlexHttp, plex: PlexSimulator, movie: Item) -> None:
    plex.faults.add("drip", seconds=0.01)
    whole = http.get(LIST)
    assert whole[0].attrib["title"] == "Ä"
    plex.faults.add("drip", seconds=0.5)
    with pytest.raises(requests.exceptions.ConnectionError):
        http.session.get(plex.url + LIST, timeout=0.1)


def test_a_restart_refuses_then_serves_the_same_state_on_the_same_port(
    http: PlexHttp, plex: PlexSimulator, movie: Item
) -> None:
    url = plex.url
    assert status(http) == 200
    plex.stop()
    with pytest.raises(requests.ConnectionError):
        status(http)
    plex.start()
    assert plex.url == url
    assert status(http) == 200
    plex.restart()
    assert http.keys(LIST) == [movie.rating_key]


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_without_the_token_only_identity_answers(plex: PlexSimulator, token: str | None) -> None:
    headers = {} if token is None else {"X-Plex-Token": token}
    with requests.Session() as session:
        answers = {
            path: session.get(plex.url + path, headers=headers, timeout=10).status_code
            for path in ("/", "/identity", "/library/sections", "/nothing")
        }
    assert answers == {"/": 401, "/identity": 200, "/library/sections": 401, "/nothing": 401}


def test_the_token_may_come_in_the_query(plex: PlexSimulator) -> None:
    with requests.Session() as session:
        url = f"{plex.url}/?X-Plex-Token={plex.token}"
        root = ET.fromstring(session.get(url, timeout=10).content)
        identity = ET.fromstring(session.get(plex.url + "/identity", timeout=10).content)
    assert root.attrib["machineIdentifier"] == plex.machine_identifier
    assert identity.attrib["machineIdentifier"] == plex.machine_identifier


def test_a_server_without_token_admits_every_client() -> None:
    with PlexSimulator(token=None) as plex, PlexHttp(plex.url, "") as http:
        assert status(http, "/") == 200


def test_a_long_request_line_is_refused_where_a_proxy_would() -> None:
    with PlexSimulator(max_target=8192) as plex, PlexHttp(plex.url, plex.token or "") as http:
        assert status(http, "/?x=" + "a" * 8188) == 200
        assert status(http, "/?x=" + "a" * 8189) == 414


def test_every_request_is_logged(http: PlexHttp, plex: PlexSimulator, movie: Item) -> None:
    status(http), status(http, EDIT, "PUT"), status(http, "/nothing")
    seen = [(r.method, r.path, r.query, r.status) for r in plex.requests]
    assert seen == [
        ("GET", "/library/sections/1/all", "type=1", 200),
        ("PUT", "/library/sections/1/all", "type=1&id=1&title.value=B", 200),
        ("GET", "/nothing", "", 404),
    ]
    assert plex.requests.count() == 3
    assert plex.requests.count("GET", r"/all$") == 1
    assert [request.target for request in plex.requests.writes()] == [EDIT]
    assert plex.requests.writes()[0].headers["X-Plex-Token"] == plex.token
    plex.requests.clear()
    assert len(plex.requests) == 0
