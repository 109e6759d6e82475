"""For random trees and random prefix changes, HIGH is always the true item."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from plex.matcher import MatchConfidence, find_plex_items_with_confidence
from tests.matching.shelf import Item, Library, Shelf, scene_of
from validation.config import validate_config
from validation.paths import separator_of

# Few names, so that they meet: telling and plain ones, in several forms and with traps.
FOLDERS = st.sampled_from(["Studio", "Amélie", "01", "disc 1", "Show, Two", "data", "Media", "x_y"])
FILES = st.sampled_from(
    ["video.mp4", "Alpha.mp4", "alpha.mp4", "Love, Victor.mkv", "Été 100%.mp4", "1.mp4", "映画.mp4"]
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
    """A tree of files as both servers see it. ``missing`` are not in Plex (by position)."""

    files: tuple[tuple[tuple[str, ...], str], ...]
    stash: str
    plex: str
    missing: frozenset[int]
    form: Literal["NFC", "NFD"]
    plain_durations: bool

    def path(self, prefix: str, number: int) -> str:
        folders, name = self.files[number]
        return prefix + separator_of(prefix) + separator_of(prefix).join((*folders, name))

    def text(self, prefix: str, number: int) -> str:
        """The file with its own size; with one duration for all, or its own."""
        seconds = 600 if self.plain_durations else 600 + 10 * number
        return f"{self.path(prefix, number)}|{1_000_003 + 7919 * number}|{seconds}"

    def shelf(self) -> Shelf:
        items = {
            number: Item((unicodedata.normalize(self.form, self.text(self.plex, number)),))
            for number in range(len(self.files))
            if number not in self.missing
        }
        return Shelf({1: Library((self.plex,))}, items)


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
    )


def verdicts(
    tree: Tree, rules: str, shelf: Shelf
) -> list[tuple[int, MatchConfidence | None, list[int]]]:
    config = validate_config({"path_map": rules}, {}).config
    found = []
    for number in range(len(tree.files)):
        scene = scene_of([tree.text(tree.stash, number)])
        result = find_plex_items_with_confidence(scene, config, shelf)
        keys = [one.item.rating_key for one in result.matches]
        found.append((number, result.confidence, keys))
    return found


@given(trees())
def test_without_rules_high_is_always_the_true_item(tree: Tree) -> None:
    for number, confidence, keys in verdicts(tree, "", tree.shelf()):
        if tree.stash == tree.plex or confidence is not MatchConfidence.HIGH:
            continue
        assert keys == [number]
    for number, confidence, keys in verdicts(tree, "", tree.shelf()):
        assert bool(keys) == (confidence is MatchConfidence.HIGH), number


@given(trees(), st.booleans())
def test_with_rules_the_answer_is_exactly_the_true_item(tree: Tree, sizes_known: bool) -> None:
    shelf = tree.shelf()
    if not sizes_known:
        shelf.items = {
            key: replace(item, files=tuple(text.split("|")[0] + "|0|0" for text in item.files))
            for key, item in shelf.items.items()
        }
    for number, _confidence, keys in verdicts(tree, f"{tree.stash} => {tree.plex}", shelf):
        if number not in tree.missing:
            assert keys == [number]
        elif sizes_known:
            assert keys == []


@given(trees())
def test_what_is_unique_in_the_tree_is_found_without_rules(tree: Tree) -> None:
    names = [name.lower() for _folders, name in tree.files]
    for number, _confidence, keys in verdicts(tree, "", tree.shelf()):
        if names.count(names[number]) == 1 and number not in tree.missing:
            assert keys == [number]
