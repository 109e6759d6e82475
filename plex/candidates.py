"""Where candidates come from, and in which order they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from plex.evidence import PLAUSIBLE, STRONG, Evidence, ScoredCandidate, weigh
from plex.exceptions import PlexSetupError
from plex.items import PlexItem, PlexPart, PlexSection
from validation.file_names import is_distinctive, needles, stem, title_guess
from validation.metadata import SceneFile, SyncMetadata
from validation.paths import (
    PathRules,
    common_suffix_length,
    is_below,
    separator_of,
    split_names,
)
from validation.records import IndexedFile, Owner
from validation.sanitizers import name_key

_SHORTEST_TITLE = 3  # characters; a shorter title is contained in half a library
# Items read to check what the index says, in one request. More rivals than that are no clear lead.
_HINTS_READ = 20

Weighed = Mapping[str, Sequence[ScoredCandidate]]


@dataclass(frozen=True, slots=True)
class Remembered:
    """An item that was written for this scene before, read now, and its file at that time."""

    item: PlexItem
    file: str


class Sources(Protocol):
    """What a search may ask. Transport errors pass through: they are never "not found"."""

    def sections(self) -> tuple[PlexSection, ...]:
        """The chosen libraries."""

    def remembered(self, scene_id: int) -> tuple[Remembered, ...]:
        """The ledger's items of this scene that still exist, freshly read."""

    def owner(self, rating_key: int) -> Owner | None:
        """The scene that the ledger has the item for."""

    def read(self, rating_keys: Sequence[int]) -> tuple[PlexItem, ...]:
        """The items, freshly read, in one request; those that are gone are absent."""

    def by_file(self, section: PlexSection, needle: str) -> tuple[PlexItem, ...]:
        """Items of which a file's path contains ``needle``."""

    def by_title(self, section: PlexSection, title: str) -> tuple[PlexItem, ...]:
        """Items whose title contains ``title``."""

    def indexed(self, path: str) -> tuple[IndexedFile, ...]:
        """What the file index has under the file name of ``path``: hints, never proof."""

    def indexed_at(self, path: str) -> tuple[IndexedFile, ...]:
        """What the file index has at the full path of Plex: hints, never proof."""

    def index_is_complete(self) -> bool:
        """Whether the index shows what Plex has at this moment: then it is asked before Plex."""


def choose_sections(
    sections: Sequence[PlexSection], libraries: Sequence[str]
) -> tuple[PlexSection, ...]:
    """The libraries named in ``plex_library``, or all. Raises PlexSetupError for unknown names."""
    wanted = {name_key(name): name for name in libraries}
    known = {name_key(section.title) for section in sections}
    unknown = [f"“{name}”" for key, name in wanted.items() if key not in known]
    if unknown:
        listed = ", ".join(f"“{section.title}”" for section in sections) or "none"
        raise PlexSetupError(
            f"Plex has no movie or show library named {' or '.join(unknown)}; "
            f"its libraries are {listed}. Correct plex_library in the settings."
        )
    if not sections:
        raise PlexSetupError(
            "Plex shows no movie or show library; add one, or use a token that may see it."
        )
    return tuple(one for one in sections if not wanted or name_key(one.title) in wanted)


def rows_at(file: SceneFile, rules: PathRules, sources: Sources) -> tuple[IndexedFile, ...]:
    """What the index has at the paths by which Plex should know a file of Stash."""
    return tuple(row for name in rules.to_plex(file.path) for row in sources.indexed_at(name))


@dataclass(slots=True)
class Search:
    """One scene's search: what was found so far, and what to ask next."""

    scene: SyncMetadata
    rules: PathRules
    sources: Sources
    _sections: tuple[PlexSection, ...] = ()
    _found: dict[int, PlexItem] = field(default_factory=dict)
    _memory: dict[int, str] = field(default_factory=dict)
    _asked: set[tuple[int, str]] = field(default_factory=set)

    def stages(self) -> Iterator[Callable[[Weighed, bool], bool]]:
        """Gather stage by stage. Each yields the question whether its finds are enough, to be
        asked with the weighed candidates and whether their verdict is HIGH."""
        self._sections = self.sources.sections()
        self._gather_remembered()
        yield self._memory_is_enough
        if self.sources.index_is_complete():
            self._gather_known()
            yield self._index_is_enough
        self._gather_files(self._homes)
        yield self._homes_are_enough
        self._gather_files(lambda _file: self._sections)
        yield _is_sure
        self._gather_titles()
        yield _is_sure
        self._gather_indexed()
        yield _is_sure
        self._gather_plain_names()
        yield _is_sure

    def weighed(self) -> dict[str, list[ScoredCandidate]]:
        """Every item found so far, weighed against every file of the scene."""
        return {
            file.path: [self._weigh(file, item) for item in self._found.values()]
            for file in self.scene.files
        }

    # -- enough? ------------------------------------------------------------------------------

    def _memory_is_enough(self, weighed: Weighed, _sure: bool) -> bool:
        """No search, unless rules say that a file lies elsewhere than the remembered one.

        A file of the scene that Plex should have by the rules is searched as long as no item has
        it; others are left to the index, or every sync would search all libraries again.
        """
        settled = {
            path: any(one.has(Evidence.PATH) for one in candidates)
            or (any(one.identical for one in candidates) and not self._homes(path))
            for path, candidates in weighed.items()
        }
        return any(settled.values()) and all(
            settled[path] or not self._homes(path) or any(one.score >= STRONG for one in candidates)
            for path, candidates in weighed.items()
        )

    def _homes_are_enough(self, weighed: Weighed, _sure: bool) -> bool:
        """An equal path is identity, and no other library holds that path. What is not identical
        has rivals in every library."""
        held = {path: any(one.identical for one in each) for path, each in weighed.items()}
        return any(held.values()) and all(
            held[path] or self._memory or self._homes(path) for path in weighed
        )

    def _index_is_enough(self, weighed: Weighed, sure: bool) -> bool:
        """A complete index names every file that has a telling name, and all its rivals. Files
        with a name that many have are asked for with their folder."""
        known = (
            is_distinctive(stem(path)) or any(one.has(Evidence.PATH) for one in candidates)
            for path, candidates in weighed.items()
        )
        return sure and all(known)

    # -- stages -------------------------------------------------------------------------------

    def _gather_remembered(self) -> None:
        remembered = self.sources.remembered(self.scene.scene_id)
        self._memory = {one.item.rating_key: one.file for one in remembered}
        self._add(one.item for one in remembered)
        if self._found:  # the same file may have come to another library since
            for file in self.scene.files:
                self._read(rows_at(file, self.rules, self.sources))

    def _gather_known(self) -> None:
        """Read what the index has at the files' full paths, else under their telling names."""
        for file in self.scene.files:
            at_path = rows_at(file, self.rules, self.sources)
            self._read(at_path)
            if not at_path and is_distinctive(stem(file.path)):
                self._read_indexed(file)

    def _gather_files(self, places: Callable[[str], Sequence[PlexSection]]) -> None:
        """Ask ``places`` of each file for it, once, unless an equal path was found already."""
        for file in self.scene.files:
            if any(self._weigh(file, one).has(Evidence.PATH) for one in self._found.values()):
                continue
            for section in places(file.path):
                if (section.section_id, file.path) not in self._asked:
                    self._asked.add((section.section_id, file.path))
                    self._ask(file, section, with_folder=not is_distinctive(stem(file.path)))

    def _gather_titles(self) -> None:
        """Ask for the title that a scanner would have read from the file's name."""
        guesses = (title_guess(file.path) for file in self.scene.files)
        for guess in dict.fromkeys(filter(is_distinctive, guesses)):
            piece = max((piece.strip() for piece in guess.split(",")), key=len)
            if len(piece) >= _SHORTEST_TITLE:
                for section in self._sections:
                    self._add(self.sources.by_title(section, piece))

    def _gather_indexed(self) -> None:
        """Read the items whose files look like the scene's in the index."""
        for file in self.scene.files:
            self._read_indexed(file)

    def _gather_plain_names(self) -> None:
        """Files with a name that many have were asked for with their folder; now without, unless
        the index, which costs Plex nothing, has shown all files of that name already."""
        for file in self.scene.files:
            if not is_distinctive(stem(file.path)) and not self.sources.indexed(file.path):
                for section in self._sections:
                    self._ask(file, section, with_folder=False)

    # -- parts of stages ----------------------------------------------------------------------

    def _ask(self, file: SceneFile, section: PlexSection, *, with_folder: bool) -> None:
        name = self.rules.to_plex(file.path)[0]
        folder = with_folder and section.locations and len(split_names(name)) > 1
        for needle in needles(name, separator_of(section.locations[0]) if folder else ""):
            items = self.sources.by_file(section, needle)
            self._add(items)
            if items:
                return

    def _read_indexed(self, file: SceneFile) -> None:
        """Read the items whose files look most like one of the scene's in the index."""
        rows = [row for row in self.sources.indexed(file.path) if _worth_weighing(file, row)]
        scores = {row: self._weigh(file, _hint(row)).score for row in rows}
        likely = sorted((row for row in rows if scores[row] >= PLAUSIBLE), key=scores.__getitem__)
        self._read(likely[-_HINTS_READ:])

    def _read(self, rows: Iterable[IndexedFile]) -> None:
        chosen = {section.section_id for section in self._sections}
        keys = dict.fromkeys(row.rating_key for row in rows if row.section_id in chosen)
        unknown = [key for key in keys if key not in self._found]
        if unknown:
            self._add(self.sources.read(unknown))

    def _add(self, items: Iterable[PlexItem]) -> None:
        """Keep items of the chosen libraries; the first that was read stays."""
        chosen = {section.section_id for section in self._sections}
        for item in items:
            if item.section_id in chosen:
                self._found.setdefault(item.rating_key, item)

    def _homes(self, path: str) -> list[PlexSection]:
        """The libraries that hold the path by which Plex should know a file of Stash."""
        names = self.rules.to_plex(path)
        return [
            section
            for section in self._sections
            if any(is_below(name, place) for name in names for place in section.locations)
        ]

    def _weigh(self, file: SceneFile, item: PlexItem) -> ScoredCandidate:
        places = [one.locations for one in self._sections if one.section_id == item.section_id]
        return weigh(
            self.scene,
            file,
            item,
            rules=self.rules,
            locations=places[0] if places else (),
            remembered=self._memory.get(item.rating_key, ""),
        )


def _is_sure(_weighed: Weighed, sure: bool) -> bool:
    return sure


def _worth_weighing(file: SceneFile, row: IndexedFile) -> bool:
    """Thousands of files may be called video.mp4: most differ by size and folder alike."""
    same_size = not file.size or not row.size or file.size == row.size
    return same_size or common_suffix_length(file.path, row.file) > 1


def _hint(row: IndexedFile) -> PlexItem:
    """An item as the index remembers it: good enough to decide whether to read it."""
    values = {"title": row.title, "year": str(row.year) if row.year else ""}
    part = PlexPart(row.file, row.size, row.duration)
    return PlexItem(
        row.rating_key, row.section_id, row.kind, values, {}, frozenset(), (part,),
        row.added_at, row.updated_at, full=False,
    )  # fmt: skip
