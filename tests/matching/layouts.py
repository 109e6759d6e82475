"""The words in which the corpus is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from plex.candidates import Sources, paths_digest
from plex.identity import Claim, claim_of
from plex.items import PlexItem
from plex.matcher import MatchResult, find_plex_items_with_confidence
from tests.matching.shelf import Item, Library, Shelf, read_file, scene_of
from validation.config import validate_config
from validation.metadata import SceneFile
from validation.records import LedgerEntry

SCENE = 7
RULE = "/data => /media"
HD_SD = ("HD /media/hd", "SD /media/sd")
TV = ("TV /media/tv",)
OTHER = ("Videos /media",)

_ITEM = re.compile(r"(?:@(\d) )?(.*?)(?: ~ (.*?)(?: \((\d{4})\))?)?", re.DOTALL)


@dataclass(frozen=True)
class Layout:
    """One case.

    ``scene`` is the path or paths of Stash, as "path|size|seconds". ``items`` are Plex's, counted
    from 1, as "@library path ++ path ~ title (year)", all but one path optional; "" is an item
    that is gone. ``answer`` holds the numbers of the items to write, or the reason why nothing is
    written. ``libraries`` are "title folder", counted from 1; titles with TV hold episodes.
    ``stash`` are files of other scenes. ``memory`` is the ledger's pair per item, as "Stash's path
    -> Plex's path", or Plex's path alone for the scene's first file; ``searched`` says that the
    scene had the same files then; ``rebuilt`` that the libraries were made anew since. ``owners``
    are the files of Plex that another scene holds, per item, ``pins`` the items that a user chose
    for another scene. ``index`` is what the file index believes before it is listed; a ``deaf``
    Plex finds nothing by file.
    """

    name: str
    scene: str | Sequence[str]
    items: Sequence[str]
    answer: Sequence[int] | str
    rules: str = ""
    libraries: Sequence[str] = ("Movies /media",)
    title: str = ""
    date: str = ""
    chosen: Sequence[str] = ()
    lenient: bool = False
    stash: Sequence[str] = ()
    memory: Mapping[int, str] = field(default_factory=dict)
    searched: bool = False
    rebuilt: bool = False
    owners: Mapping[int, Sequence[str]] = field(default_factory=dict)
    pins: Collection[int] = ()
    index: Mapping[int, str] = field(default_factory=dict)
    deaf: bool = False

    @property
    def files(self) -> Sequence[str]:
        """The scene's files."""
        return [self.scene] if isinstance(self.scene, str) else self.scene

    @property
    def expected(self) -> tuple[list[int], str]:
        """What ``said`` has to be."""
        return ([], self.answer) if isinstance(self.answer, str) else (list(self.answer), "")

    def plex_items(self) -> dict[int, Item]:
        """Plex's items by their number."""
        added = 2 if self.rebuilt else 1
        return {
            key: replace(read_item(text), added=added)
            for key, text in enumerate(self.items, 1)
            if text
        }

    def entries(self, scene_id: int = SCENE) -> list[LedgerEntry]:
        """What the ledger has of this scene."""
        files = list(map(read_file, self.files))
        pairs = [(key, pair.rpartition(" -> ")) for key, pair in self.memory.items()]
        return [
            LedgerEntry(
                server="",
                rating_key=key,
                section_id=1,
                scene_id=scene_id,
                scene_file=mine or files[0].path,
                file=theirs,
                added_at=1,
                part_ids=(10 * key,),
                searched=paths_digest(files) if self.searched else "",
            )
            for key, (mine, _arrow, theirs) in pairs
        ]

    def stash_files(self, scene_id: int = SCENE) -> list[tuple[int, SceneFile]]:
        """All files of Stash, each with its scene."""
        own = [(scene_id, read_file(text)) for text in self.files]
        return own + [(900 + n, read_file(text)) for n, text in enumerate(self.stash)]

    def shelf(self, *, like: bool = False, listed: bool = False) -> Shelf:
        """Plex as this layout has it."""
        titled = (text.split(" ", 1) for text in self.libraries)
        return Shelf(
            libraries={
                number: Library((folder,), title, "episode" if "TV" in title else "movie")
                for number, (title, folder) in enumerate(titled, 1)
            },
            items=self.plex_items(),
            chosen=self.chosen,
            memory=self.entries(),
            index={key: read_item(text) for key, text in self.index.items()},
            stash=self.stash_files(),
            listed=listed,
            deaf=self.deaf,
            like=like,
        )

    def judged(
        self, sources: Sources, *, scene_id: int = SCENE, libraries: Sequence[str] = ()
    ) -> MatchResult:
        """The verdict about the scene; ``libraries`` stand for plex_library on a real server."""
        raw = {
            "path_map": self.rules,
            "allow_ambiguous": self.lenient,
            "plex_library": "; ".join(libraries),
        }
        scene = scene_of(self.files, self.title, self.date, scene_id)
        return find_plex_items_with_confidence(scene, validate_config(raw, {}).config, sources)

    def said(
        self, result: MatchResult, numbers: Mapping[int, int] | None = None
    ) -> tuple[list[int], str]:
        """What to compare with ``expected``: the items that the scene may claim, and the reason.
        ``numbers`` are the layout's numbers by Plex's keys."""
        held: dict[int, list[str]] = {}
        for one in result.matches:
            held.setdefault(one.item.rating_key, []).append(one.plex_file)
        found = {
            (numbers or {}).get(one.item.rating_key, one.item.rating_key): one.item
            for one in result.matches
        }
        own = [
            number
            for number, item in found.items()
            if claim_of(item, held[item.rating_key]) > self._rival_claim(number, item)
        ]
        taken = "item_taken" if found and not own else ""
        return sorted(own), taken or str(result.reason or "")

    def _rival_claim(self, number: int, item: PlexItem) -> Claim:
        if number in self.pins:
            return Claim.PINNED
        return claim_of(item, self.owners.get(number, ()))


def nfd(text: str) -> str:
    """The text with its accents apart, as old macOS volumes have it."""
    return unicodedata.normalize("NFD", text)


def read_item(text: str) -> Item:
    """Parse one of ``Layout.items``."""
    found = _ITEM.fullmatch(text)
    assert found, text
    library, files, title, year = found.groups()
    return Item(tuple(files.split(" ++ ")), int(library or 1), title or "", year or "")
