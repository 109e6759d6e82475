"""The Plex items that show a scene: the verdict over weighed candidates.

HIGH is the very file, or two independent facts and a clear lead; only HIGH is written. Every other
item that looks like the scene is LOW and listed for a user.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Protocol

from plex.candidates import Search, Sources, Weighed
from plex.evidence import LEAD, PLAUSIBLE, STRONG, ScoredCandidate
from validation import numbers
from validation.metadata import SyncMetadata
from validation.paths import PathRules
from validation.reasons import Reason

_SHOWN = 10  # candidates that a report lists
_NEEDED = (
    "without the same path a match needs a name or folder that says something, a size or duration"
    f" that no other file has, and a lead of {LEAD} points"
)


class MatchConfidence(StrEnum):
    """How sure a match is; only HIGH is written, unless ``allow_ambiguous`` takes the best."""

    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The verdict about one scene.

    ``confidence`` is None when no candidate is plausible (then the reason is ``not_in_plex``).
    ``matches`` are the items to write, each held once; empty if there is a ``reason`` against it.
    ``candidates`` are all that were weighed, best first, for preview and dead letter.
    """

    confidence: MatchConfidence | None
    matches: tuple[ScoredCandidate, ...]
    candidates: tuple[ScoredCandidate, ...]
    reason: Reason | None

    def explain(self, *, paths: bool = False) -> str:
        """Why: one line per candidate, the verdict first. With ``paths``, for debug and preview."""
        verdict = self.reason or f"{self.confidence} confidence"
        head = f"{verdict} ({_NEEDED})"
        return "\n".join((head, *(one.explain(paths=paths) for one in self.candidates[:_SHOWN])))

    def as_evidence(self) -> dict[str, list[dict[str, object]]]:
        """The candidates as JSON, for a dead letter that a user decides by."""
        return {
            "candidates": [
                {
                    "item": one.item.rating_key,
                    "section": one.item.section_id,
                    "title": one.item.title,
                    "file": one.plex_file,
                    "year": numbers.year(one.item.values.get("year")),
                    "score": one.score,
                    "proven": (one.identical or one.proven) and not one.objection,
                    "evidence": one.words(),
                    "why": one.explain(),
                }
                for one in self.candidates[:_SHOWN]
            ]
        }


class MatchSettings(Protocol):
    """The settings that matching needs; ``PlexSyncConfig`` has them."""

    @property
    def path_rules(self) -> PathRules: ...
    @property
    def strict_matching(self) -> bool: ...


def judge(
    weighed: Weighed, *, strict: bool
) -> tuple[MatchConfidence | None, tuple[ScoredCandidate, ...]]:
    """The verdict over the candidates of each file of a scene: confidence, and the items to write.

    Every item that holds the very file is a match. Otherwise Plex's files compete, not its items:
    the best has to be proven and clearly ahead of the next. Unless ``strict``, the best strong one
    is taken without a clear lead, but never one of two equals.
    """
    matches: dict[int, ScoredCandidate] = {}
    sure = False
    for file, rivals in _rivals(weighed).items():
        taken = identical(weighed[file])
        sure_here = bool(taken) or (leads(rivals, LEAD) and rivals[0].proven)
        if not taken and (sure_here or (not strict and leads(rivals, 1) and _is_strong(rivals[0]))):
            taken = [one for one in weighed[file] if one.file_key == rivals[0].file_key]
        for one in taken:
            matches.setdefault(one.item.rating_key, one)
        sure = sure or sure_here
    if sure:
        return MatchConfidence.HIGH, tuple(matches.values())
    plausible = any(one.score >= PLAUSIBLE for one in chain(*weighed.values()))
    return (MatchConfidence.LOW if plausible else None), tuple(matches.values())


@dataclass(frozen=True, slots=True)
class Contender:
    """A candidate that wins if its size or its duration is its own. ``siblings`` are the files of
    Plex that belong to other files of the scene."""

    candidate: ScoredCandidate
    siblings: frozenset[str]


def contenders(weighed: Weighed) -> list[Contender]:
    """The candidates for which it has to be found out whether their numbers are their own."""
    firsts = _firsts(weighed)
    return [
        Contender(rivals[0], frozenset(key for other, key in firsts.items() if other != file))
        for file, rivals in _rivals(weighed).items()
        if leads(rivals, LEAD) and not rivals[0].identical and not rivals[0].objection
    ]


def identical(candidates: Iterable[ScoredCandidate]) -> list[ScoredCandidate]:
    """The candidates that hold the very file."""
    return [one for one in candidates if one.identical]


def rank(candidates: Iterable[ScoredCandidate]) -> list[ScoredCandidate]:
    """The best candidate of each Plex file, best first."""
    best: dict[str, ScoredCandidate] = {}
    for one in candidates:
        if one.file_key not in best or one.score > best[one.file_key].score:
            best[one.file_key] = one
    return sorted(best.values(), key=lambda one: -one.score)


def leads(ranking: Sequence[ScoredCandidate], lead: int) -> bool:
    """Whether there is a first, at least ``lead`` points ahead of the second."""
    return len(ranking) == 1 or (len(ranking) > 1 and ranking[0].score - ranking[1].score >= lead)


def _rivals(weighed: Weighed) -> dict[str, list[ScoredCandidate]]:
    """The ranking of each file, without the files of Plex that come first for another file of the
    same scene: those are no rivals."""
    firsts = _firsts(weighed)
    rivals = {}
    for file, candidates in weighed.items():
        ranking = rank(candidates)
        others = {key for other, key in firsts.items() if other != file}
        rivals[file] = ranking[:1] + [one for one in ranking[1:] if one.file_key not in others]
    return rivals


def _firsts(weighed: Weighed) -> dict[str, str]:
    """The file of Plex that comes first for each file of the scene, where one does."""
    rankings = {file: rank(candidates) for file, candidates in weighed.items()}
    return {
        file: ranking[0].file_key
        for file, ranking in rankings.items()
        if leads(ranking, 1) and not ranking[0].objection
    }


def _is_strong(candidate: ScoredCandidate) -> bool:
    return candidate.proven or candidate.score >= STRONG


def find_plex_items_with_confidence(
    scene: SyncMetadata, settings: MatchSettings, sources: Sources
) -> MatchResult:
    """Find the items that show ``scene``.

    Costs one read for a known scene, and one request for a new one whose mapped path lies in one
    library. An item's owner and the user's pins are not considered here. Transport errors pass
    through; they are never "not found". Raises PlexSetupError when ``plex_library`` names no
    library of this server.
    """
    if not scene.files:
        return MatchResult(None, (), (), Reason.NO_FILE)
    search = Search(scene, settings.path_rules, sources)
    weighed = search.gather()
    if search.is_listed:
        weighed = _with_facts(search, weighed)
    strict = settings.strict_matching or not search.is_listed
    confidence, matches = judge(weighed, strict=strict)
    best: dict[int, ScoredCandidate] = {}
    for one in sorted(chain(*weighed.values()), key=lambda one: -one.score):
        best.setdefault(one.item.rating_key, one)
    reason = Reason.NOT_IN_PLEX if confidence is None else Reason.AMBIGUOUS
    return MatchResult(confidence, matches, tuple(best.values()), None if matches else reason)


def _with_facts(search: Search, weighed: Weighed) -> Weighed:
    """The candidates, those that would win with the fact that their numbers are their own."""
    found = {
        (one.candidate.scene_file, one.candidate.file_key): fact
        for one in contenders(weighed)
        if (fact := search.own_numbers(one.candidate, one.siblings)) is not None
    }
    return {
        file: [
            one.with_fact(found[(file, one.file_key)]) if (file, one.file_key) in found else one
            for one in candidates
        ]
        for file, candidates in weighed.items()
    }
