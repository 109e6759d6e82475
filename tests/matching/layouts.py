"""The words in which the corpus is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plex.candidates import Sources
from plex.matcher import MatchResult, find_plex_items_with_confidence
from tests.matching.shelf import Item, Library, Shelf, scene_of
from validation.config import validate_config
from validation.records import Owner

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
    ``memory`` is the ledger's file per item, ``index`` what the file index believes; a ``deaf``
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
    memory: Mapping[int, str] = field(default_factory=dict)
    owners: Mapping[int, Owner] = field(default_factory=dict)
    index: Mapping[int, str] = field(default_factory=dict)
    deaf: bool = False
    pinned: int | None = None

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
        return {key: read_item(text) for key, text in enumerate(self.items, 1) if text}

    def shelf(self, *, like: bool = False, complete: bool = False) -> Shelf:
        """Plex as this layout has it."""
        titled = (text.split(" ", 1) for text in self.libraries)
        return Shelf(
            libraries={
                number: Library((folder,), title, "episode" if "TV" in title else "movie")
                for number, (title, folder) in enumerate(titled, 1)
            },
            items=self.plex_items(),
            chosen=self.chosen,
            memory=self.memory,
            owners=self.owners,
            index={key: read_item(text) for key, text in self.index.items()},
            complete=complete,
            deaf=self.deaf,
            like=like,
        )

    def judged(
        self,
        sources: Sources,
        *,
        scene_id: int = SCENE,
        libraries: Sequence[str] = (),
        pinned: int | None = None,
    ) -> MatchResult:
        """The verdict about the scene; ``libraries`` stand for plex_library on a real server."""
        raw = {
            "path_map": self.rules,
            "allow_ambiguous": self.lenient,
            "plex_library": "; ".join(libraries),
        }
        scene = scene_of(self.files, self.title, self.date, scene_id)
        config = validate_config(raw, {}).config
        return find_plex_items_with_confidence(
            scene, config, sources, pinned=self.pinned if pinned is None else pinned
        )


def said(result: MatchResult) -> tuple[list[int], str]:
    """What to compare with a layout's answer."""
    return sorted(one.item.rating_key for one in result.matches), str(result.reason or "")


def nfd(text: str) -> str:
    """The text with its accents apart, as old macOS volumes have it."""
    return unicodedata.normalize("NFD", text)


def read_item(text: str) -> Item:
    """Parse one of ``Layout.items``."""
    found = _ITEM.fullmatch(text)
    assert found, text
    library, files, title, year = found.groups()
    return Item(tuple(files.split(" ++ ")), int(library or 1), title or "", year or "")
