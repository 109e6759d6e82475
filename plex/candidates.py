"""The sources of candidates, and the order in which they are asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from plex.evidence import PLAUSIBLE, Evidence, ScoredCandidate, very_files, weigh
from plex.exceptions import NoLibrary
from plex.identity import Standing, held_by, standing
from plex.items import PlexItem, PlexPart, PlexSection
from plex.rivals import Namesakes, is_only_one, only_of_duration
from validation.file_names import is_distinctive, needles, stem
from validation.metadata import SceneFile, SyncMetadata
from validation.paths import (
    PathRules,
    basename,
    folded,
    is_below,
    normalise,
    separator_of,
    spelled,
    split_names,
)
from validation.records import IndexedFile, LedgerEntry
from validation.sanitizers import name_key

# Items read to check the index's rows, in one request. More rivals than that are no clear lead.
_HINTS_READ = 20

Weighed = Mapping[str, Sequence[ScoredCandidate]]


class Sources(Protocol):
    """The questions that a scene's search may ask; all scenes of a batch share the answers.

    Transport errors pass through: they are never "not found". Rows of the index are shown for the
    chosen libraries only.
    """

    def sections(self) -> tuple[PlexSection, ...]:
        """The chosen libraries."""

    def known(self, scene_id: int) -> tuple[LedgerEntry, ...]:
        """The ledger's entries of this scene. Asks Plex nothing."""

    def hints(self, path: str) -> tuple[IndexedFile, ...]:
        """Index rows of whatever age at a full path of Plex, under folding: worth reading, never
        proof."""

    def read(self, rating_keys: Sequence[int]) -> tuple[PlexItem, ...]:
        """The items in full, freshly read together; those that are gone are absent."""

    def by_file(self, section: PlexSection, needle: str) -> tuple[PlexItem, ...]:
        """Items of which a file's path contains ``needle``, as Plex has them now."""

    def is_listed(self) -> bool:
        """Whether the index shows what Plex has in this batch."""

    def list_libraries(self) -> None:
        """Bring the index up to date, at most once in a batch: then ``is_listed``."""

    def rows_at(self, path: str) -> tuple[IndexedFile, ...]:
        """Rows at a full path of Plex under folding, once the libraries are listed."""

    def rows_like(self, file: SceneFile, title: str) -> tuple[IndexedFile, ...]:
        """Rows that look like a file of a scene called ``title``, about 20 of each kind: the same
        folder and name, name and size, size, title, name."""

    def plex_files(self, *, size: int = 0, name: str = "") -> tuple[IndexedFile, ...]:
        """At most ``ROWS_SHOWN`` rows with exactly this size, or with this name under folding;
        one row of each file is enough."""

    def stash_namesakes(self, name: str) -> Namesakes:
        """Every file of Stash with this name, this scene's included; arranged once a batch."""


def choose_sections(
    sections: Sequence[PlexSection], libraries: Sequence[str]
) -> tuple[PlexSection, ...]:
    """The libraries named in ``plex_library``, or all. Raises NoLibrary for unknown names."""
    wanted = {name_key(name): name for name in libraries}
    known = {name_key(section.title) for section in sections}
    unknown = [f"“{name}”" for key, name in wanted.items() if key not in known]
    if unknown:
        listed = ", ".join(f"“{section.title}”" for section in sections) or "none"
        raise NoLibrary(
            f"Plex has no movie or show library named {' or '.join(unknown)}; "
            f"its libraries are {listed}. Correct plex_library in the settings."
        )
    if not sections:
        raise NoLibrary(
            "Plex shows no movie or show library; add one, or use a token that may see it."
        )
    return tuple(one for one in sections if is_chosen(one.title, libraries))


def is_chosen(title: str, libraries: Sequence[str]) -> bool:
    """Whether a library is one of those named in ``plex_library``, which are all if none is."""
    return not libraries or name_key(title) in map(name_key, libraries)


def paths_digest(files: Iterable[SceneFile]) -> str:
    """A short text that stands for the set of a scene's paths."""
    joined = "\0".join(sorted({file.path for file in files}))
    return hashlib.sha256(joined.encode()).hexdigest()[:16]


@dataclass(slots=True)
class Search:
    """One scene's search: the candidates so far, and the next question."""

    scene: SyncMetadata
    rules: PathRules
    sources: Sources
    is_listed: bool = False
    _sections: Mapping[int, PlexSection] = field(default_factory=dict)
    _found: dict[int, PlexItem] = field(default_factory=dict)
    _entries: tuple[LedgerEntry, ...] = ()
    _pairs: tuple[LedgerEntry, ...] = ()

    def gather(self) -> Weighed:
        """Every plausible item, weighed against every file of the scene.

        Asks as little as it can: the known items cost one read and a mapped path one live search.
        A candidate that is not found by its very file has rivals, which only a listing shows.
        """
        self._sections = {one.section_id: one for one in self.sources.sections()}
        self._read_known()
        is_current = self.sources.is_listed()
        enough = self._has_all() if is_current else self._is_enough(every_path=True)
        if not enough and not is_current:
            self._ask_homes()
            enough = self._is_enough()
        if not enough:
            self.sources.list_libraries()
            self.is_listed = True
            self._read_listed()
        weighed = {}
        for file in self.scene.files:
            same = self._identities(file)
            weighed[file.path] = [self._weigh(file, item, same) for item in self._found.values()]
        return weighed

    def own_numbers(self, candidate: ScoredCandidate, siblings: Iterable[str]) -> Evidence | None:
        """Whether the candidate's size, else its duration, belongs to this file alone.

        ``siblings`` are Plex's files (by ``file_key``) that belong to other files of this scene.
        Asked for candidates that would win only: it may cost a request to Stash.
        """
        file = next(one for one in self.scene.files if one.path == candidate.scene_file)
        same = (candidate.file_key, *siblings)
        if candidate.has(Evidence.SIZE) and self._owns_size(file, candidate, same):
            return Evidence.OWN_SIZE
        if candidate.has(Evidence.DURATION) and self._owns_duration(file, candidate, same):
            return Evidence.OWN_DURATION
        return None

    def _owns_size(self, file: SceneFile, candidate: ScoredCandidate, same: Sequence[str]) -> bool:
        return is_only_one(self.sources.plex_files(size=file.size), same) and not any(
            one.share_size(file.size, self.scene.scene_id) for one in self._namesakes(candidate)
        )

    def _owns_duration(
        self, file: SceneFile, candidate: ScoredCandidate, same: Sequence[str]
    ) -> bool:
        """Among the files of one name: so both files have to have it."""
        if not candidate.has(Evidence.NAME) and not candidate.has(Evidence.PLAIN_NAME):
            return False
        rows = self.sources.plex_files(name=basename(file.path))
        return only_of_duration(rows, file.duration, same) and not any(
            one.share_duration(file.duration, self.scene.scene_id)
            for one in self._namesakes(candidate)
        )

    # -- enough? ------------------------------------------------------------------------------

    def _has_all(self) -> bool:
        """Whether each file was found by identity, which has no rivals."""
        return all(map(self._identities, self.scene.files))

    def _is_enough(self, *, every_path: bool = False) -> bool:
        """Whether it is not worth a request to search on: a file that no item holds was searched
        for, and the scene's files are still the same. A file that is listed anyway is searched for
        each time: Plex may have got the file since, and rules and libraries change.

        ``every_path``: where rules name several paths of a file, an old index may miss one.
        """
        held = [self._identities(file) for file in self.scene.files]
        missing = every_path and any(map(self._open_paths, self.scene.files))
        if all(held) and not missing:
            return True
        digest = paths_digest(self.scene.files)
        searched = [entry.rating_key for entry in self._entries if entry.searched == digest]
        return any(
            part.file in same
            for key in searched
            if key in self._found
            for part in self._found[key].parts
            for same in held
        )

    def _open_paths(self, file: SceneFile) -> list[str]:
        """Those of several paths that the rules name for a file which no item was found at."""
        mapped = self.rules.mapped(file.path)
        found = set(map(spelled, self._identities(file)))
        return [path for path in mapped if spelled(path) not in found] if len(mapped) > 1 else []

    def _identities(self, file: SceneFile) -> Mapping[str, Evidence]:
        """The files of Plex that are this very file, by the best evidence that there is."""
        parts = [part.file for item in self._found.values() for part in item.parts]
        same = very_files(self.rules.to_plex(file.path), parts)
        exact = {path: why for path, why in same.items() if why is Evidence.PATH}
        pairs = {
            entry.file: Evidence.PAIR
            for entry in self._pairs
            if normalise(entry.scene_file) == normalise(file.path)
        }
        if exact or pairs or not self.is_listed:
            return exact or pairs
        return {path: why for path, why in same.items() if not self._has_twin(file, path)}

    def _has_twin(self, file: SceneFile, path: str) -> bool:
        """Whether another scene's file would be found at this path of Plex by folding, too."""
        namesakes = map(self.sources.stash_namesakes, {basename(file.path), basename(path)})
        return any(one.share_place(file.path, self.scene.scene_id) for one in namesakes)

    # -- stages -------------------------------------------------------------------------------

    def _read_known(self) -> None:
        """Read the known items, and what the index has at the files' paths, in one request."""
        files = [file.path for file in self.scene.files]
        self._entries = self.sources.known(self.scene.scene_id)
        paths = dict.fromkeys(
            (*chain(*map(self.rules.to_plex, files)), *(entry.file for entry in self._entries))
        )
        rows = chain(*map(self.sources.hints, filter(None, paths)))
        self._read((*(entry.rating_key for entry in self._entries), *self._chosen(rows)))
        self._pairs = tuple(
            entry
            for entry in self._entries
            if entry.rating_key in self._found
            and standing(entry, files, held_by(self._found[entry.rating_key])) is Standing.HOLDS
            and self._is_allowed(entry)
        )

    def _is_allowed(self, entry: LedgerEntry) -> bool:
        """Whether no rule places the remembered file elsewhere."""
        mapped = self.rules.mapped(entry.scene_file)
        return not mapped or folded(entry.file) in map(folded, mapped)

    def _ask_homes(self) -> None:
        """Ask the libraries that hold a file's mapped path for it."""
        for file in self.scene.files:
            found = self._identities(file)
            for path in self._open_paths(file) if found else self.rules.to_plex(file.path):
                for section in self._sections.values():
                    if any(is_below(path, place) for place in section.locations):
                        self._ask(path, section)

    def _ask(self, path: str, section: PlexSection) -> None:
        """Ask one library; a name that many files have is asked for with its folder."""
        folder = not is_distinctive(stem(path)) and len(split_names(path)) > 1
        for needle in needles(path, separator_of(section.locations[0]) if folder else ""):
            items = self.sources.by_file(section, needle)
            self._add(items)
            if items:
                return

    def _read_listed(self) -> None:
        """Read the index's items at the files' paths, and the most similar ones for the others."""
        here: list[IndexedFile] = []
        alike: list[IndexedFile] = []
        for file in self.scene.files:
            same = self._identities(file)
            paths = dict.fromkeys((*self.rules.to_plex(file.path), *same))
            here += chain(*map(self.sources.rows_at, paths))
            alike += () if same else self._most_like(file)
        self._read(self._chosen((*here, *alike)))

    def _most_like(self, file: SceneFile) -> list[IndexedFile]:
        """The rows that look most like a file, as far as they are worth reading."""
        rows = set(self.sources.rows_like(file, self.scene.title))
        scores = {row: self._weigh(file, _hint(row), {}).score for row in rows}
        likely = [row for row in rows if scores[row] >= PLAUSIBLE]
        return sorted(likely, key=lambda row: (-scores[row], row.rating_key))[:_HINTS_READ]

    # -- parts of stages ----------------------------------------------------------------------

    def _chosen(self, rows: Iterable[IndexedFile]) -> list[int]:
        """The items of rows that lie in a chosen library."""
        return [row.rating_key for row in rows if row.section_id in self._sections]

    def _read(self, rating_keys: Iterable[int]) -> None:
        """Read items in one request, but for those that were read in full already."""
        known = {key for key, item in self._found.items() if item.full}
        wanted = [key for key in dict.fromkeys(rating_keys) if key not in known]
        if wanted:
            self._add(self.sources.read(wanted))

    def _add(self, items: Iterable[PlexItem]) -> None:
        """Keep items of the chosen libraries; items that were read in full stay."""
        for item in items:
            known = self._found.get(item.rating_key)
            if item.section_id in self._sections and (known is None or not known.full):
                self._found[item.rating_key] = item

    def _namesakes(self, candidate: ScoredCandidate) -> list[Namesakes]:
        """The files of Stash that have the name of one of the two files."""
        names = {basename(candidate.scene_file), basename(candidate.plex_file)}
        return [self.sources.stash_namesakes(name) for name in sorted(names)]

    def _weigh(
        self, file: SceneFile, item: PlexItem, same: Mapping[str, Evidence]
    ) -> ScoredCandidate:
        section = self._sections.get(item.section_id)
        return weigh(
            self.scene,
            file,
            item,
            rules=self.rules,
            locations=section.locations if section else (),
            identities=same,
        )


def _hint(row: IndexedFile) -> PlexItem:
    """An item as the index remembers it: good enough to decide whether to read it."""
    values = {"title": row.title, "year": str(row.year) if row.year else ""}
    part = PlexPart(row.file, row.size, row.duration)
    return PlexItem(
        row.rating_key, row.section_id, row.kind, values, {}, frozenset(), (part,),
        row.added_at, full=False,
    )  # fmt: skip
