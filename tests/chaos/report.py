"""What a chaos run did and what came of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulators.plex.requests import Request

ITEMS = re.compile(r"^/library/(sections/\d+/all|metadata/(?P<items>[\d,]+))$")


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
    double: list[str] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        happened = ", ".join(f"{count} {name}" for name, count in sorted(self.happened.items()))
        return (
            f"chaos with CHAOS_SEED={self.seed}: {happened}; {self.faults_met} requests spoilt;"
            f" lost {len(self.lost)}, wrong {len(self.wrong)}, double writes {len(self.double)},"
            f" dead letters {len(self.dead_letters)}; {self.seconds:.1f} s"
        )


def double_writes(requests: Iterable[Request]) -> list[str]:
    """Edits that were sent again although the same one, the last of its item, had been answered;
    each with all that was asked of the item from the first to the second.
    """
    asked: dict[str, list[Request]] = {}
    double = []
    for request in requests:
        found = ITEMS.search(request.path)
        if found is None:
            continue
        if request.method != "PUT":
            for item in (found["items"] or "").split(","):
                asked.setdefault(item, []).append(request)
            continue
        item = request.parameters.get("id") or found["items"] or ""
        since = asked.get(item, [])
        if any(one.was_answered and one.query == request.query for one in since[:1]):
            double.append("; ".join(map(str, (*since, request))))
        asked[item] = [request]
    return double
