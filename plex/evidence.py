"""The evidence, in points, that a Plex item holds a scene's file.

Everything here is pure. The points rank candidates and explain the order; the right to write is
decided by identity, or by two independent facts (``ScoredCandidate.proven``) and a clear lead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from plex.items import PlexItem, PlexPart
from plex.rivals import OTHER_DURATION, SAME_DURATION
from validation.file_names import is_distinctive, stem, title_guess
from validation.metadata import SceneFile, SyncMetadata
from validation.paths import (
    PathRules,
    common_suffix,
    depth_below,
    folded,
    spelled,
)


class Evidence(StrEnum):
    """Every kind of evidence, by the words that explain it."""

    PINNED = "chosen by a user"
    PATH = "same full path"
    PAIR = "matched before, and both files are unchanged"
    FOLDED_PATH = "same full path but for case or Unicode form"
    ELSEWHERE = "a path rule names another path"
    NAME = "same file name"
    PLAIN_NAME = "same file name, but one that many files have"
    FOLDERS = "same folders"
    PLAIN_FOLDERS = "same folders, but ones that many have"
    WHOLE_TAIL = "same path below the library's folder"
    SIZE = "same size to the byte"
    OTHER_SIZE = "other size"
    OWN_SIZE = "no other file has this size"
    DURATION = "same duration"
    OTHER_DURATION = "other duration"
    OWN_DURATION = "no other file of this name has this duration"
    NAME_AS_TITLE = "title as in the file name"
    TITLE = "same title"
    YEAR = "same year"


# Identity is more than everything else together: nothing adds up to it.
IDENTITY = 300
# The least that allow_ambiguous accepts without a clear lead. A telling file name and the size to
# the byte suffice (75). A telling name and one shared folder (45), or a title and year with the
# duration (30), do not.
STRONG = 70
# Enough for "best of several" to be clear: one telling folder more, or the size to the byte.
LEAD = 15
# Below this a candidate is a chance resemblance that no report lists.
PLAUSIBLE = 25

WEIGHTS = {
    Evidence.PINNED: IDENTITY,
    Evidence.PATH: IDENTITY,
    Evidence.PAIR: IDENTITY,
    Evidence.FOLDED_PATH: IDENTITY,
    Evidence.ELSEWHERE: -20,
    Evidence.NAME: 30,
    Evidence.PLAIN_NAME: 10,
    Evidence.FOLDERS: 15,  # each
    Evidence.PLAIN_FOLDERS: 5,  # each
    # No more than the lead less a little: it breaks no tie between two copies.
    Evidence.WHOLE_TAIL: 12,
    # Of two different videos practically never the same; both servers look at the same disk.
    Evidence.SIZE: 45,
    Evidence.OTHER_SIZE: -40,
    # Facts about all other files: they open the gate of ``proven`` and rank nothing.
    Evidence.OWN_SIZE: 0,
    Evidence.OWN_DURATION: 0,
    # The same film at another resolution has the same duration: it only confirms.
    Evidence.DURATION: 10,
    Evidence.OTHER_DURATION: -20,
    # Titles are renamed, guessed by agents and shared by remakes: never enough without the size.
    Evidence.NAME_AS_TITLE: 15,
    Evidence.TITLE: 15,
    Evidence.YEAR: 5,
}
# More folders prove no more, and must not outweigh a contradiction.
_FOLDERS_COUNTED = 6

SAYS_LITTLE = "says too little"

# The evidence that this is the very file.
IDENTITIES = (Evidence.PINNED, Evidence.PATH, Evidence.PAIR, Evidence.FOLDED_PATH)


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence with its points."""

    evidence: Evidence
    points: int

    def __str__(self) -> str:
        return f"{self.evidence} {self.points:+d}" if self.points else str(self.evidence)


@dataclass(frozen=True, slots=True)
class ScoredCandidate:
    """One Plex item weighed against one file of a scene.

    ``scene_file`` is Stash's path, ``plex_file`` Plex's path of the part that fits it best (both
    ``""`` when a user chose the item).
    """

    item: PlexItem
    scene_file: str
    plex_file: str
    findings: tuple[Finding, ...]

    @property
    def score(self) -> int:
        """The sum of the points; below STRONG, whatever adds up, when something forbids it."""
        return min(self._sum, STRONG - 1) if self.objection else self._sum

    @property
    def identical(self) -> bool:
        """Whether this is the scene's very file, so that nothing competes with it."""
        return any(map(self.has, IDENTITIES))

    @property
    def proven(self) -> bool:
        """Whether two independent facts say that this is the scene's file: the name or the folders
        say something, and the size or the duration is this file's alone."""
        unique = self.has(Evidence.OWN_SIZE) or self.has(Evidence.OWN_DURATION)
        return unique and not self.objection

    def with_fact(self, fact: Evidence) -> ScoredCandidate:
        """The candidate with one more piece of evidence."""
        return replace(self, findings=(*self.findings, _found(fact)))

    def has(self, evidence: Evidence) -> bool:
        """Whether this evidence was found."""
        return any(finding.evidence is evidence for finding in self.findings)

    @property
    def file_key(self) -> str:
        """The unit in which candidates compete: the Plex file, which several items may hold."""
        return spelled(self.plex_file) or f"item {self.item.rating_key}"

    @property
    def objection(self) -> str:
        """The reason that forbids writing this item at any score; ``""`` for none."""
        if self.identical:
            return ""
        if self.has(Evidence.OTHER_SIZE):
            return "contradicted by size"
        if self.has(Evidence.OTHER_DURATION) and not (
            self.has(Evidence.SIZE) and self._sum >= STRONG
        ):
            return "contradicted by duration"
        if self.has(Evidence.ELSEWHERE):
            return "contradicted by a path rule"
        return "" if self._tells else SAYS_LITTLE

    @property
    def _sum(self) -> int:
        return sum(finding.points for finding in self.findings)

    @property
    def _tells(self) -> bool:
        """Whether a name or the folders agree that another recording would not share.

        A card's counter proves nothing, and one folder above it little (``Footage/GOPR0001.MP4``):
        below that folder's own mount it does, or together with another one.
        """
        if self.has(Evidence.NAME) or self.has(Evidence.NAME_AS_TITLE):
            return True
        folders = sum(one.points for one in self.findings if one.evidence is Evidence.FOLDERS)
        enough = 1 if self.has(Evidence.WHOLE_TAIL) else 2
        return folders >= enough * WEIGHTS[Evidence.FOLDERS]

    def words(self) -> list[str]:
        """The evidence in words, and what forbids the match."""
        said = [str(finding.evidence) for finding in self.findings]
        # A contradiction is among the findings already.
        return [*said, self.objection] if self.objection == SAYS_LITTLE else said

    def explain(self, *, paths: bool = False) -> str:
        """One line for logs; with ``paths`` also names and paths, for debug and preview only."""
        reasons = ", ".join(map(str, self.findings)) or "nothing in common"
        line = f"item {self.item.rating_key}: {self.score} points ({reasons})"
        if self.objection:
            line = f"{line}, {self.objection}"
        return f"{line}; “{self.item.title}”, {self.plex_file}" if paths else line


def very_files(targets: Iterable[str], files: Iterable[str]) -> dict[str, Evidence]:
    """Which of Plex's ``files`` are at one of the paths ``targets``, each with the evidence for it.

    A path is equal in its own spelling first. Folding counts only if exactly one file fits: two
    files may differ by case or Unicode form alone.
    """
    everything = tuple(dict.fromkeys(files))
    found: dict[str, Evidence] = {}
    for target in targets:
        exact = [file for file in everything if spelled(file) == spelled(target)]
        if exact:
            found.update(dict.fromkeys(exact, Evidence.PATH))
            continue
        fitting = [file for file in everything if folded(file) == folded(target)]
        if len({spelled(file) for file in fitting}) == 1:
            found.update((file, Evidence.FOLDED_PATH) for file in fitting if file not in found)
    return found


def weigh(
    scene: SyncMetadata,
    file: SceneFile,
    item: PlexItem,
    *,
    rules: PathRules,
    locations: Sequence[str],
    identities: Mapping[str, Evidence] | None = None,
) -> ScoredCandidate:
    """Weigh ``item`` against one ``file`` of ``scene``, by the part that fits best.

    ``locations`` are the folders of the item's library; ``identities`` are the files of Plex that
    are this very file, by its path or by a pairing that holds.
    """
    mapped = rules.mapped(file.path)
    candidates = []
    for part in item.parts or (PlexPart("", 0, 0),):
        lengths = list(_length_findings(file, part))
        identity = (identities or {}).get(part.file)
        if identity is Evidence.FOLDED_PATH and any(one.points < 0 for one in lengths):
            identity = None
        if identity is None:
            findings = (*_path_findings(file.path, mapped, part, locations), *lengths)
        else:
            findings = (_found(identity),)
        candidates.append(ScoredCandidate(item, file.path, part.file, findings))
    best = max(candidates, key=lambda candidate: candidate.score)
    if best.identical:
        return best
    return replace(best, findings=(*best.findings, *_title_findings(scene, file, best)))


def _path_findings(
    path: str, mapped: Sequence[str], part: PlexPart, locations: Sequence[str]
) -> Iterator[Finding]:
    """Evidence of names and folders. ``mapped`` are Plex's names for ``path`` by the rules."""
    if mapped and folded(part.file) not in map(folded, mapped):
        yield _found(Evidence.ELSEWHERE)
    names = (path, *mapped)
    shared = max((common_suffix(name, part.file) for name in names), key=len)
    if shared:
        yield _found(Evidence.NAME if is_distinctive(stem(shared[-1])) else Evidence.PLAIN_NAME)
    folders = list(map(is_distinctive, shared[:-1][-_FOLDERS_COUNTED:]))
    if any(folders):
        yield _found(Evidence.FOLDERS, folders.count(True))
    if not all(folders):
        yield _found(Evidence.PLAIN_FOLDERS, folders.count(False))
    if any(0 < depth_below(part.file, place) <= len(shared) for place in locations):
        yield _found(Evidence.WHOLE_TAIL)


def _length_findings(file: SceneFile, part: PlexPart) -> Iterator[Finding]:
    """Evidence of size and duration."""
    if file.size and part.size:
        yield _found(Evidence.SIZE if file.size == part.size else Evidence.OTHER_SIZE)
    if file.duration and part.duration:
        apart = abs(file.duration - part.duration / 1000)
        if apart <= SAME_DURATION:
            yield _found(Evidence.DURATION)
        elif apart > OTHER_DURATION:
            yield _found(Evidence.OTHER_DURATION)


def _title_findings(
    scene: SyncMetadata, file: SceneFile, best: ScoredCandidate
) -> Iterator[Finding]:
    """Evidence of title and year, as far as the file name does not already give it.

    The title that Plex shows may be one that we wrote for this scene when the item held another
    file: that is memory. So only the words of the file's own name are a fact.
    """
    item = best.item
    title = _words(item.title)
    if not is_distinctive(item.title):
        return
    from_name = title in (_words(title_guess(file.path)), _words(stem(file.path)))
    told = best.has(Evidence.NAME) or best.has(Evidence.PLAIN_NAME)
    if from_name and not told:
        yield _found(Evidence.NAME_AS_TITLE)
    elif title == _words(scene.title) and not from_name:
        yield _found(Evidence.TITLE)
    else:
        return
    years = {item.values.get("year", ""), item.values.get("originallyAvailableAt", "")[:4]}
    if scene.date and scene.date[:4] in years:
        yield _found(Evidence.YEAR)


def _words(title: str) -> tuple[str, ...]:
    """A title's words as they compare: without case, punctuation and Unicode form."""
    return tuple(re.findall(r"\w+", unicodedata.normalize("NFKC", title).casefold()))


def _found(evidence: Evidence, times: int = 1) -> Finding:
    return Finding(evidence, times * WEIGHTS[evidence])


def chosen_by_a_user(item: PlexItem) -> ScoredCandidate:
    """The candidate that a user pinned: it needs no other evidence."""
    return ScoredCandidate(item, "", "", (_found(Evidence.PINNED),))
