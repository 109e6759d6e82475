"""Faults to order, the request log, and the simulator as a process of its own."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulators.stash.server import StashSimulator

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def sim() -> Iterator[StashSimulator]:
    with StashSimulator() as sim:
        sim.library.add_scene("x", performers=["Ada"], studio="S")
        yield sim


def ask(sim: StashSimulator, query: str = "{findScene(id:1){id}}") -> requests.Response:
    return requests.post(f"{sim.url}/graphql", json={"query": query}, timeout=10)


def test_a_fault_begins_with_the_nth_match_and_ends_by_itself(sim: StashSimulator) -> None:
    sim.faults.add(path="^/graphql$", nth=2, times=2, status=503)
    assert [ask(sim).status_code for _ in range(4)] == [200, 503, 503, 200]


def test_a_fault_can_look_for_a_method_and_a_query(sim: StashSimulator) -> None:
    sim.faults.add(method="POST", body="findScenes", times=None, status=500)
    assert ask(sim).status_code == 200
    assert [ask(sim, "{findScenes{count}}").status_code for _ in range(2)] == [500, 500]
    sim.faults.clear()
    assert ask(sim, "{findScenes{count}}").status_code == 200


def test_a_connection_can_be_closed_without_an_answer(sim: StashSimulator) -> None:
    sim.faults.add(close=True)
    with pytest.raises(requests.ConnectionError):
        ask(sim)
    assert ask(sim).status_code == 200


def test_an_answer_can_be_broken_json_or_a_page(sim: StashSimulator) -> None:
    sim.faults.add(garbage=True)
    sim.faults.add(html=True, status=502, nth=2)
    garbage, page = ask(sim), ask(sim)
    assert garbage.status_code == 200
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(garbage.text)
    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html")


def test_an_answer_can_carry_errors_and_partial_data(sim: StashSimulator) -> None:
    query = "{findScenes{count scenes{id studio{name} performers{name}}}}"
    sim.faults.add(error="database is locked", null_at=("findScenes", "scenes", "performers"))
    answer = ask(sim, query).json()
    assert answer["errors"][0]["message"] == "database is locked"
    scene = {"id": "1", "studio": {"name": "S"}, "performers": None}
    assert answer["data"] == {"findScenes": {"count": 1, "scenes": [scene]}}
    sim.faults.add(error="gone", nth=1)
    assert ask(sim).json()["data"] == {"findScene": None}


def test_a_delay_is_cut_short_by_a_shutdown(sim: StashSimulator) -> None:
    sim.faults.add(delay=60.0)
    sim.faults.add(nth=2, delay=0.01)
    answers: list[int] = []
    client = threading.Thread(target=lambda: answers.append(ask(sim).status_code))
    client.start()
    while not sim.faults.taken:
        threading.Event().wait(0.001)
    sim.restart()
    client.join(10)
    assert answers == [200]


def test_requests_are_counted_by_path_and_by_field(sim: StashSimulator) -> None:
    ask(sim, "{version{version} findScene(id:1){id}}")
    ask(sim)
    requests.get(f"{sim.url}/scene/1/screenshot", headers={"ApiKey": "no"}, timeout=10)
    assert sim.requests.total == 3
    assert sim.requests.by_path == {"/graphql": 2, "/scene/1/screenshot": 1}
    assert sim.requests.by_field == {"version": 1, "findScene": 2}
    last = sim.requests.last[-1]
    assert (last.status, last.auth, last.method) == (401, "key", "GET")
    sim.requests.clear()
    assert len(sim.requests) == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"query": 1}'])
def test_a_body_that_is_no_query_is_400(sim: StashSimulator, body: bytes) -> None:
    answer = requests.post(f"{sim.url}/graphql", data=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["data"] is None
