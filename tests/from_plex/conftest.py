"""Fixtures: a bench whose Plex and Stash have a synced scene."""

from __future__ import annotations

from tests.resident.conftest import bench, make_bench

__all__ = ["bench", "make_bench"]
