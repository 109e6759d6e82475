"""Fixtures: the whole road, whose workers and tasks are to be killed."""

from __future__ import annotations

from tests.e2e.conftest import MakeRoad, Road, make_road, road

__all__ = ["MakeRoad", "Road", "make_road", "road"]
