"""Fixtures: a worker stepped by hand on a bench, and the whole road with real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeRoad, Road, make_road, road
from tests.resident.bench import Bench, MakeBench
from tests.resident.hand_started import HandStarted

__all__ = ["MakeRoad", "Road", "make_road", "road"]


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    """``make_bench(**settings)``: both servers run, the worker waits to be stepped."""
    benches: list[Bench] = []

    def make(**settings: object) -> Bench:
        benches.append(Bench(tmp_path / f"bench{len(benches)}", **settings))
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A bench with the usual settings."""
    return make_bench()


@pytest.fixture
def by_hand(road: Road) -> Iterator[HandStarted]:
    """Workers of ``road`` that the test starts itself."""
    workers = HandStarted(road)
    yield workers
    workers.end()
