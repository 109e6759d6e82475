"""What speaks for a Plex item being the one that holds a scene's file, in points.

Everything here is pure. The weights say how a careful person would weigh it; only the sums against
``STRONG`` and ``LEAD`` (see ``plex.matcher``) matter, not the single numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from plex.items import PlexItem, PlexPart
from validation.file_names import is_distinctive, stem, title_guess
from validation.metadata import SceneFile, SyncMetadata
from validation.paths import PathRules, common_suffix, depth_below, normalise, same_path


class Evidence(StrEnum):
    """Every kind of evidence, by the words that explain it."""

    PINNED = "chosen by a person"
    PATH = "same full path"
    REMEMBERED = "matched before, and the file is still there"
    NAME = "same file name"
    PLAIN_NAME = "same file name, but one that many files have"
    FOLDERS = "same folders"
    PLAIN_FOLDERS = "same folders, but ones that many have"
    WHOLE_TAIL = "same path below the library's folder"
    SIZE = "same size to the byte"
    OTHER_SIZE = "other size"
    DURATION = "same duration"
    OTHER_DURATION = "other duration"
    TITLE = "same title"
    YEAR = "same year"


# Identity is more than everything else together: nothing adds up to it.
IDENTITY = 300
# What a careful person accepts: a telling file name and the size to the byte (75) do, a telling
# name and one shared folder (45) do not, nor a title and year with the duration (30).
STRONG = 70
# Enough for "best of several" to be clear: one telling folder more, or the size to the byte.
LEAD = 15
# Below this a candidate is no more than a chance resemblance and nobody is bothered with it.
PLAUSIBLE = 25

WEIGHTS = {
    Evidence.PINNED: IDENTITY,
    Evidence.PATH: IDENTITY,
    Evidence.REMEMBERED: IDENTITY,
    Evidence.NAME: 30,
    Evidence.PLAIN_NAME: 10,
    Evidence.FOLDERS: 15,  # each
    Evidence.PLAIN_FOLDERS: 5,  # each
    # No more than the lead less a little: it breaks no tie between two copies.
    Evidence.WHOLE_TAIL: 12,
    # Of two different videos practically never the same; both servers look at the same disk.
    Evidence.SIZE: 45,
    Evidence.OTHER_SIZE: -40,
    # The same film at another resolution has the same duration: it only confirms.
    Evidence.DURATION: 10,
    Evidence.OTHER_DURATION: -20,
    # Titles are renamed, guessed by agents and shared by remakes: never enough without the size.
    Evidence.TITLE: 15,
    Evidence.YEAR: 5,
}
# More folders do not say more, and must not outweigh what contradicts them.
_FOLDERS_COUNTED = 6

# Seconds. Containers round; the two servers read the same file with the same tools.
_SAME_DURATION, _OTHER_DURATION = 1.0, 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence with its points."""

    evidence: Evidence
    points: int

    def __str__(self) -> str:
        return f"{self.evidence} {self.points:+d}"


@dataclass(frozen=True, slots=True)
class ScoredCandidate:
    """One Plex item weighed against one file of a scene.

    ``scene_file`` is Stash's path, ``plex_file`` Plex's path of the part that fits it best (both
    ``""`` when a person chose the item).
    """

    item: PlexItem
    scene_file: str
    plex_file: str
    findings: tuple[Finding, ...]

    @property
    def score(self) -> int:
        """The sum of the points; below STRONG, whatever adds up, when something forbids it."""
        total = sum(finding.points for finding in self.findings)
        return min(total, STRONG - 1) if self._contradicted or self._anybodys else total

    @property
    def identical(self) -> bool:
        """Whether this is the scene's very file, so that nothing competes with it."""
        return any(finding.points == IDENTITY for finding in self.findings)

    def has(self, evidence: Evidence) -> bool:
        """Whether this evidence was found."""
        return any(finding.evidence is evidence for finding in self.findings)

    @property
    def file_key(self) -> str:
        """What candidates compete as: the Plex file, which several items may hold."""
        return normalise(self.plex_file) or f"item {self.item.rating_key}"

    @property
    def _contradicted(self) -> bool:
        return self.has(Evidence.OTHER_SIZE) or (
            self.has(Evidence.OTHER_DURATION) and not self.has(Evidence.SIZE)
        )

    @property
    def _anybodys(self) -> bool:
        """Whether all names are ones that many files have: cameras and recorders cut files of one
        size and length, and number them from 1 in every folder."""
        return self.has(Evidence.PLAIN_NAME) and not (
            self.has(Evidence.FOLDERS) or self.has(Evidence.WHOLE_TAIL)
        )

    def explain(self, *, paths: bool = False) -> str:
        """One line for logs; with ``paths`` also names and paths, for debug and preview only."""
        reasons = ", ".join(map(str, self.findings)) or "nothing in common"
        line = f"item {self.item.rating_key}: {self.score} points ({reasons})"
        return f"{line}; “{self.item.title}”, {self.plex_file}" if paths else line


def weigh(
    scene: SyncMetadata,
    file: SceneFile,
    item: PlexItem,
    *,
    rules: PathRules,
    locations: Sequence[str],
    remembered: str = "",
) -> ScoredCandidate:
    """Weigh ``item`` against one ``file`` of ``scene``, by the part that fits best.

    ``locations`` are the folders of the item's library; ``remembered`` is the Plex file by which
    the item was matched to this scene before ("" = never).
    """
    names = (file.path, *rules.to_plex(file.path))
    candidates = [
        ScoredCandidate(item, file.path, part.file, tuple(findings))
        for part in item.parts or (PlexPart("", 0, 0),)
        for findings in [[*_file_findings(file, names, part, locations, remembered)]]
    ]
    best = max(candidates, key=lambda candidate: candidate.score)
    if best.identical:
        return best
    about_title = _title_findings(scene, file, best)
    return replace(best, findings=(*best.findings, *about_title))


def _file_findings(
    file: SceneFile,
    names: Sequence[str],
    part: PlexPart,
    locations: Sequence[str],
    remembered: str,
) -> Iterator[Finding]:
    """Evidence of paths, size and duration. ``names`` is Stash's path, then Plex's for it."""
    if any(same_path(name, part.file) for name in names[1:]):
        yield _found(Evidence.PATH)
        return
    shared = max((common_suffix(name, part.file) for name in names), key=len)
    whole = any(0 < depth_below(part.file, place) <= len(shared) for place in locations)
    telling_name = bool(shared) and is_distinctive(stem(shared[-1]))
    telling = telling_name or any(map(is_distinctive, shared[:-1]))
    if remembered and same_path(remembered, part.file) and shared and (whole or telling):
        yield _found(Evidence.REMEMBERED)
        return
    if shared:
        yield _found(Evidence.NAME if telling_name else Evidence.PLAIN_NAME)
    folders = list(map(is_distinctive, shared[:-1][-_FOLDERS_COUNTED:]))
    if any(folders):
        yield _found(Evidence.FOLDERS, folders.count(True))
    if not all(folders):
        yield _found(Evidence.PLAIN_FOLDERS, folders.count(False))
    if whole:
        yield _found(Evidence.WHOLE_TAIL)
    if file.size and part.size:
        yield _found(Evidence.SIZE if file.size == part.size else Evidence.OTHER_SIZE)
    if file.duration and part.duration:
        apart = abs(file.duration - part.duration / 1000)
        if apart <= _SAME_DURATION:
            yield _found(Evidence.DURATION)
        elif apart > _OTHER_DURATION:
            yield _found(Evidence.OTHER_DURATION)


def _title_findings(
    scene: SyncMetadata, file: SceneFile, best: ScoredCandidate
) -> Iterator[Finding]:
    """Evidence of title and year, for what the file name does not say already."""
    item = best.item
    from_name = {_words(title_guess(file.path)), _words(stem(file.path))}
    told = best.has(Evidence.NAME) or best.has(Evidence.PLAIN_NAME)
    wanted = {_words(scene.title)} - from_name if told else {_words(scene.title)} | from_name
    if _words(item.title) not in wanted or not is_distinctive(item.title):
        return
    yield _found(Evidence.TITLE)
    years = {item.values.get("year", ""), item.values.get("originallyAvailableAt", "")[:4]}
    if scene.date and scene.date[:4] in years:
        yield _found(Evidence.YEAR)


def _words(title: str) -> tuple[str, ...]:
    """A title's words as they compare: without case, punctuation and Unicode form."""
    return tuple(re.findall(r"\w+", unicodedata.normalize("NFKC", title).casefold()))


def _found(evidence: Evidence, times: int = 1) -> Finding:
    return Finding(evidence, times * WEIGHTS[evidence])


def chosen_by_a_person(item: PlexItem) -> ScoredCandidate:
    """The candidate that a person pinned: it needs no other evidence."""
    return ScoredCandidate(item, "", "", (_found(Evidence.PINNED),))
