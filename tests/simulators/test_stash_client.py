"""The real client library works against the simulated Stash, and trips where it really trips."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stashapi.stashapp import StashInterface

from simulators.stash.server import StashSimulator


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    with StashSimulator(config_dir=tmp_path, credentials=("ada", "secret")) as sim:
        sim.library.add_scene("Harbour Lights", performers=["Ada"], files=[{"path": "/a.mp4"}])
        yield sim


def connect(sim: StashSimulator, **changes: Any) -> StashInterface:
    """A client with a plugin's connection; it writes its log where pytest keeps it."""
    logger = logging.getLogger("stashapi-test")
    return StashInterface({**sim.server_connection(), "Logger": logger, **changes})


def test_the_client_connects_with_three_requests(sim: StashSimulator) -> None:
    connect(sim)
    counts = sim.requests.by_field
    assert counts == {"version": 1, "configuration": 1, "__schema": 1}


def test_it_finds_scenes_with_an_explicit_fragment(sim: StashSimulator) -> None:
    stash = connect(sim)
    fragment = "id title performers{name} files{path}"
    scene = {
        "id": "1",
        "title": "Harbour Lights",
        "performers": [{"name": "Ada"}],
        "files": [{"path": "/a.mp4"}],
    }
    assert stash.find_scene(1, fragment=fragment) == scene
    assert stash.find_scenes({}, filter={"per_page": -1}, fragment=fragment) == [scene]


def test_its_default_fragment_names_a_field_that_this_version_lacks(sim: StashSimulator) -> None:
    with pytest.raises(AttributeError):
        connect(sim).find_scene(1)


def test_an_expired_cookie_is_an_authentication_error(sim: StashSimulator) -> None:
    stash = connect(sim)
    sim.expire_sessions()
    with pytest.raises(Exception, match="Authentication error"):
        stash.find_scene(1, fragment="id")


def test_an_api_key_works_where_the_cookie_does_not(sim: StashSimulator) -> None:
    sim.set_api_key("k")
    stash = connect(sim, SessionCookie=None, ApiKey="k")
    assert stash.find_scene(1, fragment="id") == {"id": "1"}
