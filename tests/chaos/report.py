"""What a chaos run did and what came of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from simulators.plex.requests import Request

ITEMS = re.compile(r"^/library/(sections/\d+/all|metadata/(?P<items>[\d,]+))$")
# What a cast's names and its lock are called in an edit; removals end with a minus sign.
CAST = re.compile(r"^actor(\[\d+\]\.tag\.tag|\.locked)$")
# A worker has noted an answer within this time.
NOTED_SECONDS = 1.0


@dataclass
class Report:
    """``lost``: scenes whose item does not show the newest edit; ``wrong``: items that show
    something which is not theirs; ``double``: edits sent again although the same one before was
    answered. ``kills``: when a worker or a task was killed (epoch seconds).
    """

    seed: int
    happened: Counter[str] = field(default_factory=Counter)
    faults_met: int = 0
    lost: Mapping[int, object] = field(default_factory=dict)
    wrong: list[int] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        happened = ", ".join(f"{count} {name}" for name, count in sorted(self.happened.items()))
        return (
            f"chaos with CHAOS_SEED={self.seed}: {happened}; {self.faults_met} requests spoilt;"
            f" lost {len(self.lost)}, wrong {len(self.wrong)}, double writes {len(self.double)},"
            f" dead letters {len(self.dead_letters)}; {self.seconds:.1f} s"
        )


def double_writes(requests: Iterable[Request], kills: Sequence[float]) -> list[str]:
    """Edits that were sent again although the same one, the last of its item, had been answered;
    each with all that was asked of the item from the first to the second.

    One that nobody can know of is none: its worker was killed before it could note the answer, and
    Plex does not show whether it was carried out.
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
        first = since[0] if since else None
        again = first is not None and first.was_answered and first.query == request.query
        if again and first is not None and not (leaves_no_trace(first) and cut_off(first, kills)):
            double.append("; ".join(map(str, (*since, request))))
        asked[item] = [request]
    return double


def leaves_no_trace(request: Request) -> bool:
    """Whether Plex may show the same before and after: an edit that takes nothing away and sends
    only the cast, perhaps in another order. A Plex that appends keeps its own order.
    """
    names = [parameter.name for parameter in request.parameters]
    return all(name in ("type", "id") or CAST.match(name) for name in names)


def cut_off(request: Request, kills: Sequence[float]) -> bool:
    """Whether a worker was killed within a second after its request was answered."""
    return any(0.0 <= killed - request.at <= NOTED_SECONDS for killed in kills)
