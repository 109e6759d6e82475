"""Which Plex items show a scene: the verdict over weighed candidates.

Only a strong score with a clear lead is HIGH and written; whatever else looks like the scene is
LOW and listed for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Protocol

from plex.candidates import Search, Sources, Weighed
from plex.evidence import (
    LEAD,
    PLAUSIBLE,
    STRONG,
    Evidence,
    ScoredCandidate,
    chosen_by_a_person,
)
from validation.metadata import SyncMetadata
from validation.paths import PathRules, same_path
from validation.reasons import Reason
from validation.records import Owner

_SHOWN = 10  # candidates that a report lists


class MatchConfidence(StrEnum):
    """How sure a match is. HIGH is a strong score and a clear lead; only HIGH is written."""

    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The verdict about one scene.

    ``confidence`` is None when no candidate is worth a look (then the reason is ``not_in_plex``).
    ``matches`` are the items to write, each held once; empty when ``reason`` says why not.
    ``candidates`` are all that were weighed, best first, for preview and dead letter.
    """

    confidence: MatchConfidence | None
    matches: tuple[ScoredCandidate, ...]
    candidates: tuple[ScoredCandidate, ...]
    reason: Reason | None

    def explain(self, *, paths: bool = False) -> str:
        """Why: one line per candidate, the verdict first. With ``paths``, for debug and preview."""
        verdict = self.reason or f"{self.confidence} confidence"
        head = f"{verdict} (a match needs {STRONG} points and a lead of {LEAD})"
        return "\n".join((head, *(one.explain(paths=paths) for one in self.candidates[:_SHOWN])))

    def as_evidence(self) -> dict[str, object]:
        """The candidates as JSON, for a dead letter that a person decides by."""
        return {
            "candidates": [
                {
                    "item": one.item.rating_key,
                    "section": one.item.section_id,
                    "title": one.item.title,
                    "file": one.plex_file,
                    "score": one.score,
                    "why": one.explain(),
                }
                for one in self.candidates[:_SHOWN]
            ]
        }


class MatchSettings(Protocol):
    """What matching needs of the settings; ``PlexSyncConfig`` has it."""

    @property
    def path_rules(self) -> PathRules: ...
    @property
    def strict_matching(self) -> bool: ...


def may_claim(candidate: ScoredCandidate, scene_id: int, owner: Owner | None) -> bool:
    """Whether the scene may write the item: an item belongs to the scene of its first part.

    Without an owner any match may. A person's choice is final; otherwise an owner gives way only
    to the scene that holds the first part, when it does not hold that part itself.
    """
    if owner is None or owner.scene_id == scene_id:
        return True
    if candidate.has(Evidence.PINNED):
        return True
    if owner.pinned or not candidate.item.parts:
        return False
    first = candidate.item.parts[0].file
    return same_path(candidate.plex_file, first) and not same_path(owner.file, first)


def judge(
    weighed: Weighed, *, strict: bool
) -> tuple[MatchConfidence | None, tuple[ScoredCandidate, ...]]:
    """The verdict over the candidates of each file of a scene: confidence, and what to write.

    Every item that holds the very file is a match. Otherwise Plex's files compete, not its items:
    the best has to be strong and clearly ahead of the next. A file of Plex that comes first for
    another file of the same scene is no rival. Unless ``strict``, the best strong one is taken
    without a clear lead, but never one of two equals.
    """
    ranked = {file: rank(candidates) for file, candidates in weighed.items()}
    firsts = {file: ranking[0].file_key for file, ranking in ranked.items() if leads(ranking, 1)}
    matches: dict[int, ScoredCandidate] = {}
    sure = False
    for file, candidates in weighed.items():
        others = {key for other, key in firsts.items() if other != file}
        field = ranked[file][:1] + [one for one in ranked[file][1:] if one.file_key not in others]
        taken = identical(candidates)
        if not taken and leads(field, LEAD if strict else 1):
            taken = [one for one in candidates if one.file_key == field[0].file_key]
        for one in taken:
            matches.setdefault(one.item.rating_key, one)
        sure = sure or any(one.identical for one in taken) or leads(field, LEAD)
    if sure:
        return MatchConfidence.HIGH, tuple(matches.values())
    plausible = any(ranking[0].score >= PLAUSIBLE for ranking in ranked.values() if ranking)
    return (MatchConfidence.LOW if plausible else None), tuple(matches.values())


def identical(candidates: Iterable[ScoredCandidate]) -> list[ScoredCandidate]:
    """The candidates that hold the very file. The path decides where memory says otherwise."""
    held = [one for one in candidates if one.identical]
    return [one for one in held if one.has(Evidence.PATH)] or held


def rank(candidates: Iterable[ScoredCandidate]) -> list[ScoredCandidate]:
    """The best candidate of each Plex file, best first."""
    best: dict[str, ScoredCandidate] = {}
    for one in candidates:
        if one.file_key not in best or one.score > best[one.file_key].score:
            best[one.file_key] = one
    return sorted(best.values(), key=lambda one: -one.score)


def leads(ranking: Sequence[ScoredCandidate], lead: int) -> bool:
    """Whether the first is strong and at least ``lead`` points ahead of the second."""
    if not ranking or ranking[0].score < STRONG:
        return False
    return len(ranking) == 1 or ranking[0].score - ranking[1].score >= lead


def find_plex_items_with_confidence(
    scene: SyncMetadata,
    settings: MatchSettings,
    sources: Sources,
    *,
    pinned: int | None = None,
) -> MatchResult:
    """Find the items that show ``scene``. ``pinned`` is the item a person chose for it, if any.

    A pin wins while its item exists. Costs no search for a remembered scene, and one request for
    a new one whose mapped path lies in one library. Transport errors pass through; they are never
    "not found". Raises PlexSetupError when ``plex_library`` names no library of this server.
    """
    chosen = sources.read((pinned,)) if pinned is not None else ()
    if chosen:
        pins = tuple(map(chosen_by_a_person, chosen))
        return MatchResult(MatchConfidence.HIGH, pins, pins, None)
    if not scene.files:
        return MatchResult(None, (), (), Reason.NO_FILE)
    search = Search(scene, settings.path_rules, sources)
    strict = settings.strict_matching
    for is_enough in search.stages():
        weighed = search.weighed()
        confidence, matches = judge(weighed, strict=strict)
        if is_enough(weighed, confidence is MatchConfidence.HIGH):
            break
    own = tuple(
        one for one in matches if may_claim(one, scene.scene_id, sources.owner(one.item.rating_key))
    )
    best: dict[int, ScoredCandidate] = {}
    for one in sorted(chain(*weighed.values()), key=lambda one: -one.score):
        best.setdefault(one.item.rating_key, one)
    reason = None if own else _reason(confidence, taken=bool(matches))
    return MatchResult(confidence, own, tuple(best.values()), reason)


def _reason(confidence: MatchConfidence | None, *, taken: bool) -> Reason:
    if taken:
        return Reason.ITEM_TAKEN
    return Reason.NOT_IN_PLEX if confidence is None else Reason.AMBIGUOUS
