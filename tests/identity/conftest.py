"""Fixtures: houses, each with both servers and a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.identity.house import House

MakeHouse = Callable[..., House]
KEEP = pytest.mark.parametrize("keep", [False, True], ids=["default", "keep edits"])


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[MakeHouse]:
    """``make_house(**settings)``: both servers run, the worker waits to be stepped."""
    houses: list[House] = []

    def make(**settings: object) -> House:
        houses.append(House(tmp_path / f"house{len(houses)}", **settings))
        return houses[-1]

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    """A house with the usual settings: a path rule, no posters."""
    return make_house()
