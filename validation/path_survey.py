"""How many files of Stash are where Plex has them, under path rules; and better rules. Pure.

Only paths are compared. A proposed rule is learnt from files that are unmistakable on both sides,
and proposed only if it finds files, loses none and is contradicted by next to none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from validation.file_names import file_key
from validation.metadata import SceneFile
from validation.paths import (
    PathRule,
    PathRules,
    is_below,
    normalise,
    propose_rules,
    rule_behind,
    same_path,
)

EXAMPLES = 5
PROPOSALS = 10
# Versions of one file may differ by so many seconds on the two servers.
_SAME_SECONDS = 2.0
# A file that was moved or copied contradicts the right rule, too.
_STRAYS = 0.05
_LEAST_VOTES = 3

# Path, bytes and milliseconds of a file in Plex.
PlexFile = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule, and how many of the files looked at it would find that are not found now."""

    rule: PathRule
    finds: int


@dataclass(frozen=True, slots=True)
class FolderSurvey:
    """One folder of Stash ("" = files outside of all): ``looked_at`` files, ``found`` in Plex.

    ``missing`` are examples of those not found, each with Plex's path of the same file, "" for
    none.
    """

    folder: str
    looked_at: int
    found: int
    proposals: tuple[Proposal, ...]
    missing: tuple[tuple[str, str], ...]


class PlexFiles:
    """Plex's files, by path and by name with size."""

    def __init__(self, files: Iterable[PlexFile]) -> None:
        self._paths: set[str] = set()
        self._named: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
        for path, size, milliseconds in files:
            self._paths.add(normalise(path))
            if size:
                self._named[file_key(path), size].append((path, milliseconds))

    def __len__(self) -> int:
        return len(self._paths)

    def holds(self, path: str, rules: PathRules) -> bool:
        """Whether a path of Stash is found by the rules."""
        return any(normalise(one) in self._paths for one in rules.to_plex(path))

    def twin(self, file: SceneFile) -> str:
        """The path of the one file in Plex with this name, size and duration, "" for none."""
        fitting = {
            path
            for path, milliseconds in self._named.get((file_key(file.path), file.size), ())
            if not milliseconds
            or not file.duration
            or abs(file.duration - milliseconds / 1000) <= _SAME_SECONDS
        }
        return fitting.pop() if file.size and len(fitting) == 1 else ""

    def below(self, folders: Sequence[str]) -> dict[str, int]:
        """How many files lie below each folder of Plex."""
        starts = {folder: normalise(folder).rstrip("/") + "/" for folder in folders}
        return {
            folder: sum(path.startswith(start) for path in self._paths)
            for folder, start in starts.items()
        }


def count_by_rule(
    files: Iterable[SceneFile], listed: PlexFiles, rules: PathRules
) -> list[tuple[PathRule, int, int]]:
    """For each rule the files that lie below its Stash path, and how many of them are found."""
    paths = [file.path for file in files]
    counted = []
    for rule in rules.rules:
        below = [path for path in paths if is_below(path, rule.stash)]
        counted.append((rule, len(below), sum(listed.holds(path, rules) for path in below)))
    return counted


def survey(
    folders: Sequence[str], files: Sequence[SceneFile], plex: PlexFiles, rules: PathRules
) -> tuple[FolderSurvey, ...]:
    """The survey of each folder of Stash, and of the files outside of all if there are some."""
    found = {file.path for file in files if plex.holds(file.path, rules)}
    twins = unmistakable(files, plex)
    lost = [file.path for file in files if file.path not in found]
    proposals = useful_rules(twins, [file.path for file in files], found, plex, rules)
    by_folder: dict[str, list[str]] = {folder: [] for folder in folders}
    for file in files:
        by_folder.setdefault(folder_of_root(file.path, folders), []).append(file.path)
    lost_ones = set(lost)
    return tuple(
        folder_survey(folder, paths, lost_ones, twins, proposals, plex)
        for folder, paths in by_folder.items()
        if paths or folder
    )


def folder_survey(
    folder: str,
    paths: Sequence[str],
    lost: set[str],
    twins: Mapping[str, str],
    proposals: Sequence[PathRule],
    plex: PlexFiles,
) -> FolderSurvey:
    """The survey of one folder."""
    missing = [path for path in paths if path in lost]
    offers = []
    for rule in proposals:
        finds = sum(plex.holds(path, PathRules((rule,))) for path in missing if applies(rule, path))
        if finds:
            offers.append(Proposal(rule, finds))
    offers.sort(key=lambda one: -one.finds)
    # Files that Plex has elsewhere first: they show what a rule has to say.
    examples = sorted(missing, key=lambda path: path not in twins)[:EXAMPLES]
    return FolderSurvey(
        folder,
        looked_at=len(paths),
        found=len(paths) - len(missing),
        proposals=tuple(offers[:PROPOSALS]),
        missing=tuple((path, twins.get(path, "")) for path in examples),
    )


def unmistakable(files: Sequence[SceneFile], plex: PlexFiles) -> dict[str, str]:
    """Plex's path for each file whose name and size no other file of Stash or Plex has."""
    known = Counter((file_key(file.path), file.size) for file in files)
    single = (file for file in files if known[file_key(file.path), file.size] == 1)
    return {file.path: twin for file in single if (twin := plex.twin(file))}


def useful_rules(
    twins: Mapping[str, str],
    paths: Sequence[str],
    found: set[str],
    plex: PlexFiles,
    rules: PathRules,
) -> tuple[PathRule, ...]:
    """The rules to propose for the files that are not ``found`` under ``rules``."""
    pairs = [pair for pair in twins.items() if pair[0] not in found]
    kept: list[PathRule] = []
    for rule in propose_rules(without_strays(pairs)):
        more = with_rules(rules, (rule,))
        loses = any(not plex.holds(path, more) for path in found if applies(rule, path))
        finds = sum(
            plex.holds(path, more) for path in paths if path not in found and applies(rule, path)
        )
        if finds >= _LEAST_VOTES and not loses and not is_contradicted(rule, twins):
            kept.append(rule)
    return tuple(kept)


def is_contradicted(rule: PathRule, twins: Mapping[str, str]) -> bool:
    """Whether more than a few files below the rule's folder are elsewhere in Plex."""
    votes = [
        same_path(mapped, theirs)
        for mine, theirs in twins.items()
        if (mapped := rule.apply(mine)) is not None
    ]
    return votes.count(False) > _STRAYS * len(votes)


def without_strays(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs without the few that contradict all others of their folder: moved files, copies."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    claims = [rule_behind(mine, theirs) for mine, theirs in pairs]
    for claim in claims:
        votes[normalise(claim.stash)][normalise(claim.plex)] += 1
    kept = []
    for pair, claim in zip(pairs, claims, strict=True):
        counted = votes[normalise(claim.stash)]
        share = counted[normalise(claim.plex)] / counted.total()
        if share > _STRAYS:
            kept.append(pair)
    return kept


def with_rules(rules: PathRules, more: Sequence[PathRule]) -> PathRules:
    """The rules with others added, in the order that ``PathRules`` needs."""
    return PathRules.parse("; ".join(map(str, (*rules.rules, *more))))[0]


def applies(rule: PathRule, path: str) -> bool:
    """Whether a path of Stash lies below the rule's folder."""
    return is_below(path, rule.stash)


def folder_of_root(path: str, folders: Sequence[str]) -> str:
    """The innermost of ``folders`` that holds a path, "" for none."""
    holding = (folder for folder in folders if is_below(path, folder))
    return max(holding, key=len, default="")
