"""A guard on what a save waits for; benchmarks/hook_latency.py has the numbers.

The goal is 1.5 times ``python3 -c pass``; the guard stands at 3, so that noise never fails it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.hook_latency import Ratios, hook_alone, with_a_long_history
from tests.installed_plugin import InstalledPlugin

GUARD = 3.0


@pytest.mark.parametrize("case", [hook_alone, with_a_long_history])
def test_a_hook_costs_little_more_than_an_interpreters_start(
    plugin: InstalledPlugin, case: Callable[[InstalledPlugin, int], Ratios]
) -> None:
    ratios = case(plugin, 9)
    assert ratios.enqueued < GUARD * ratios.bare
    assert ratios.filtered < GUARD * ratios.bare
