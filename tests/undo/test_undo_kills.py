"""An undo that is killed at any step comes to the same end when it is run again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tests.identity.conftest import MakeHouse
from tests.undo.before import before
from tests.undo.test_undo_task import film, left, undo

# The lines of the run are dealt to so many tests, of which each takes one in four.
HANDS = 12
FILES = ("worker/undo.py", "plex/pictures.py", "plex/client.py")


class Killed(BaseException):
    """The process is killed."""


def lines_of(act: Callable[[], object], last: int = 0) -> int:
    """Do something, and die before the line ``last`` of the run (0 = never); returns how many lines
    it has come."""
    lines = 0

    def trace(frame: FrameType, event: str, _value: object) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.endswith(FILES):
            return None
        lines += event == "line"
        if lines == last > 0:
            sys.settrace(None)
            raise Killed
        return trace

    sys.settrace(trace)
    try:
        act()
    except Killed:
        pass
    finally:
        sys.settrace(None)
    return lines


@pytest.mark.slow
@pytest.mark.parametrize("append", [True, False], ids=["appends", "replaces"])
@pytest.mark.parametrize("hand", range(HANDS))
def test_a_kill_at_any_step_only_needs_another_run(
    make_house: MakeHouse, hand: int, append: bool
) -> None:
    house = make_house(skip_posters=False)
    house.plex.library.append_tags = append
    pairs = [film(house, name) for name in ("Quiet Orchard.mp4", "Winter Ferry.mp4")]
    earlier = [before(item) for _, item in pairs]
    total, last = 0, 0
    while last <= total:
        for scene, _item in pairs:
            house.stash.settings["paused"] = False
            house.clock.now += 60
            house.saved(scene)
        assert left(pairs[0][1], earlier[0])
        came = lines_of(lambda: undo(house, all=True), last)
        undo(house, all=True)
        assert [left(item, was) for (_, item), was in zip(pairs, earlier, strict=True)] == [[], []]
        assert house.manager.ledger.count_since(house.server, 0) == (0, 0)
        total = total or came
        last += 4 * HANDS if last else 4 * hand + 1
    assert total > 100
