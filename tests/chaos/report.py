"""What a chaos run did and what came of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulators.plex.requests import Request

EDIT = re.compile(r"^/library/(sections/\d+/all|metadata/\d+)$")


@dataclass
class Report:
    """``lost``: scenes whose item does not show the newest edit; ``wrong``: items that show
    something which is not theirs; ``double``: edits sent again although the same one before was
    answered.
    """

    seed: int
    happened: Counter[str] = field(default_factory=Counter)
    faults_met: int = 0
    lost: Mapping[int, object] = field(default_factory=dict)
    wrong: list[int] = field(default_factory=list)
    double: int = 0
    dead_letters: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        happened = ", ".join(f"{count} {name}" for name, count in sorted(self.happened.items()))
        return (
            f"chaos with CHAOS_SEED={self.seed}: {happened}; {self.faults_met} requests spoilt;"
            f" lost {len(self.lost)}, wrong {len(self.wrong)}, double writes {self.double},"
            f" dead letters {len(self.dead_letters)}; {self.seconds:.1f} s"
        )


def double_writes(requests: Iterable[Request]) -> int:
    """Edits that were sent again although the same one, the last of its item, had been answered."""
    last: dict[str, Request] = {}
    double = 0
    for request in requests:
        if request.method != "PUT" or not EDIT.search(request.path):
            continue
        item = request.parameters.get("id") or request.path.rpartition("/")[2]
        before = last.get(item)
        answered = before is not None and before.status == 200 and not before.fault
        if before is not None and answered and before.query == request.query:
            double += 1
        last[item] = request
    return double
