"""For random trees and random prefix changes, HIGH is always the true item."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from plex.candidates import paths_digest
from plex.matcher import MatchConfidence, find_plex_items_with_confidence
from tests.matching.shelf import Item, Library, Shelf, read_file, scene_of
from validation.config import validate_config
from validation.file_names import is_distinctive, stem
from validation.paths import separator_of, spelled
from validation.records import LedgerEntry

# Few names, so that they meet: telling and plain ones, in several forms and with traps.
FOLDERS = st.sampled_from(["Studio", "Amélie", "01", "disc 1", "Show, Two", "data", "Media", "x_y"])
FILES = st.sampled_from(
    [
        "video.mp4",
        "Alpha.mp4",
        "alpha.mp4",
        "Love, Victor.mkv",
        "Été 100%.mp4",
        "GOPR0001.mp4",
        "映画.mp4",
        "Beta Test.mp4",
    ]
)
TREES = st.lists(
    st.tuples(st.lists(FOLDERS, max_size=3).map(tuple), FILES), min_size=1, max_size=8, unique=True
)
PREFIXES = st.sampled_from(
    [
        "/data",
        "/media",
        "/mnt/user/Media",
        "/Studio",
        "D:\\Media",
        "\\\\nas\\data",
        "/data/Studio/01",
    ]
)


@dataclass(frozen=True)
class Tree:
    """A tree of files as both servers see it. ``missing`` are not in Plex (by position).

    Each file is a scene. ``chunks``: all have one size, as a recorder's have. ``before`` says which
    file each scene had when it was synced, and ``keys`` which key each file has in Plex now.
    """

    files: tuple[tuple[tuple[str, ...], str], ...]
    stash: str
    plex: str
    missing: frozenset[int]
    form: Literal["NFC", "NFD"]
    plain_durations: bool
    chunks: bool
    before: tuple[int, ...]
    keys: tuple[int, ...]
    searched: bool

    def path(self, prefix: str, number: int) -> str:
        folders, name = self.files[number]
        return prefix + separator_of(prefix) + separator_of(prefix).join((*folders, name))

    def text(self, prefix: str, number: int) -> str:
        """The file with its own size; with one duration for all, or its own."""
        seconds = 600 if self.plain_durations else 600 + 10 * number
        size = 1_000_003 + (0 if self.chunks else 7919 * number)
        return f"{self.path(prefix, number)}|{size}|{seconds}"

    def shelf(self) -> Shelf:
        numbers = range(len(self.files))
        items = {
            self.keys[number]: Item((self.in_plex(number),))
            for number in numbers
            if number not in self.missing
        }
        stash = [(number + 1, read_file(self.text(self.stash, number))) for number in numbers]
        return Shelf({1: Library((self.plex,))}, items, memory=list(self.memory()), stash=stash)

    def in_plex(self, number: int) -> str:
        return unicodedata.normalize(self.form, self.text(self.plex, number))

    def memory(self) -> Iterator[LedgerEntry]:
        """What each scene was written to when it had another file and Plex had other keys."""
        for scene, number in enumerate(self.before):
            files = [read_file(self.text(self.stash, scene))]
            yield LedgerEntry(
                server="",
                rating_key=number,
                section_id=1,
                scene_id=scene + 1,
                scene_file=self.path(self.stash, number),
                file=self.in_plex(number).split("|")[0],
                added_at=1,
                part_ids=(10 * number,),
                searched=paths_digest(files) if self.searched else "",
            )


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    files = tuple(draw(TREES))
    stash, plex = draw(PREFIXES), draw(PREFIXES)
    if "\\" in stash + plex:  # Windows has no two names that differ by case alone
        files = tuple(
            {(folders, name.lower()): (folders, name) for folders, name in files}.values()
        )
    return Tree(
        files,
        stash,
        plex,
        frozenset(draw(st.sets(st.integers(0, len(files) - 1)))),
        "NFD" if draw(st.booleans()) else "NFC",
        draw(st.booleans()),
        draw(st.booleans()),
        tuple(draw(st.permutations(range(len(files))))) if draw(st.booleans()) else (),
        tuple(draw(st.permutations(range(len(files))))),
        draw(st.booleans()),
    )


def verdicts(
    tree: Tree, rules: str, *, sizes_known: bool = True
) -> list[tuple[int, MatchConfidence | None, list[int]]]:
    """Of each scene: its number, the confidence, and the numbers of the files to write."""
    config = validate_config({"path_map": rules}, {}).config
    shelf = tree.shelf()
    if not sizes_known:
        shelf.items = {
            key: replace(item, files=tuple(text.split("|")[0] + "|0|0" for text in item.files))
            for key, item in shelf.items.items()
        }
    found = []
    for number in range(len(tree.files)):
        shelf.listed = False
        scene = scene_of([tree.text(tree.stash, number)], scene_id=number + 1)
        result = find_plex_items_with_confidence(scene, config, shelf)
        written = [tree.keys.index(one.item.rating_key) for one in result.matches]
        assert bool(written) == (result.confidence is MatchConfidence.HIGH), number
        found.append((number, result.confidence, written))
    return found


@given(trees(), st.booleans(), st.booleans())
def test_high_is_the_true_item_or_one_that_holds_the_very_path(
    tree: Tree, ruled: bool, sizes_known: bool
) -> None:
    rules = f"{tree.stash} => {tree.plex}" if ruled else ""
    for number, _confidence, written in verdicts(tree, rules, sizes_known=sizes_known):
        here = spelled(tree.path(tree.stash, number))
        for other in written:
            there = spelled(tree.in_plex(other).split("|")[0])
            assert other == number or (not ruled and there == here)


@given(trees(), st.booleans())
def test_with_rules_every_true_item_is_found_and_nothing_else(
    tree: Tree, sizes_known: bool
) -> None:
    rules = f"{tree.stash} => {tree.plex}"
    for number, _confidence, written in verdicts(tree, rules, sizes_known=sizes_known):
        assert written == ([] if number in tree.missing else [number])


@given(trees())
def test_a_telling_name_with_a_size_of_its_own_is_found_without_rules(tree: Tree) -> None:
    names = [name.lower() for _folders, name in tree.files]
    tree = replace(tree, chunks=False)
    for number, _confidence, written in verdicts(tree, ""):
        alone = names.count(names[number]) == 1 and is_distinctive(stem(names[number]))
        if alone and number not in tree.missing:
            assert written == [number]


@given(trees(), st.booleans())
def test_memory_changes_no_answer(tree: Tree, ruled: bool) -> None:
    """Neither what it holds of other files, nor the keys that it has for them."""
    rules = f"{tree.stash} => {tree.plex}" if ruled else ""
    moved = tuple((number + 1) % len(tree.files) for number in range(len(tree.files)))
    remembered = replace(tree, before=moved if len(tree.files) > 1 else ())
    assert verdicts(remembered, rules) == verdicts(replace(tree, before=()), rules)
