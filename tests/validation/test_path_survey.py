"""Path rules from two servers' files: the right rule is proposed, or nothing is."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.metadata import SceneFile
from validation.path_survey import FolderSurvey, PlexFile, PlexFiles, survey
from validation.paths import PathRules, same_path

FILES = 400
STUDIOS = ("Studio A", "Été", "BBC", "映画", "2019")


def tails(
    count: int = FILES, names: Callable[[int], str] = lambda n: f"Scene {n:04}.mp4"
) -> list[str]:
    """Paths below a root, with ``/``."""
    return [f"{STUDIOS[n % len(STUDIOS)]}/{names(n)}" for n in range(count)]


def below(root: str, tail: str) -> str:
    """A path below a root in the root's own style."""
    separator = "\\" if "\\" in root else "/"
    return root.rstrip("/\\") + separator + tail.replace("/", separator)


@dataclass(frozen=True)
class Layout:
    """Stash's roots and Plex's; pair by pair they hold the same files."""

    name: str
    roots: Sequence[tuple[str, str]]
    expected: Sequence[str]
    missing: float = 0.0
    same_name: bool = False
    sizes: Callable[[int], int] = field(default=lambda n: 1_000_000 + 7 * n)
    rules: str = ""


LAYOUTS = [
    Layout("Docker", [("/data", "/media")], ["/data => /media"]),
    Layout("Unraid", [("/data", "/mnt/user/media")], ["/data => /mnt/user/media"]),
    Layout("Synology", [("/data", "/volume1/video")], ["/data => /volume1/video"]),
    Layout("Windows", [("/data", "D:\\Media")], ["/data => D:\\Media"]),
    Layout("Windows on both sides", [("Z:\\v", "D:\\Media")], ["Z:\\v => D:\\Media"]),
    Layout("UNC", [("/data", "\\\\nas\\video")], ["/data => \\\\nas\\video"]),
    Layout("a rule from the root", [("/", "/media")], ["/ => /media"]),
    Layout("equal paths", [("/data", "/data")], []),
    Layout(
        "two roots",
        [("/data", "/media/one"), ("/more", "/media/two")],
        ["/data => /media/one", "/more => /media/two"],
    ),
    Layout("5 % missing in Plex", [("/data", "/media")], ["/data => /media"], missing=0.05),
    Layout("95 % missing in Plex", [("/data", "/media")], ["/data => /media"], missing=0.95),
    Layout("one name everywhere", [("/data", "/media")], ["/data => /media"], same_name=True),
    Layout(
        "one name and one size everywhere",
        [("/data", "/media")],
        [],
        same_name=True,
        sizes=lambda n: 5,
    ),
    Layout("sizes are unknown", [("/data", "/media")], [], sizes=lambda n: 0),
    Layout("a rule that works already", [("/data", "/media")], [], rules="/data => /media"),
    Layout("a wrong rule", [("/data", "/media")], ["/data => /media"], rules="/data => /wrong"),
]


def files_of(layout: Layout) -> tuple[list[SceneFile], list[PlexFile]]:
    """Both servers' files."""
    chance = random.Random(5)
    scenes: list[SceneFile] = []
    plex: list[PlexFile] = []
    number = 0
    for mine, theirs in layout.roots:
        names = (
            (lambda n: f"{n}/video.mp4") if layout.same_name else (lambda n: f"Scene {n:04}.mp4")
        )
        for tail in tails(names=names):
            number += 1
            scenes.append(SceneFile(below(mine, tail), layout.sizes(number), 60.0))
            if chance.random() >= layout.missing:
                plex.append((below(theirs, tail), layout.sizes(number), 60_000))
    return scenes, plex


def surveyed(
    folders: Sequence[str], scenes: list[SceneFile], plex: list[PlexFile], rules: str = ""
) -> tuple[FolderSurvey, ...]:
    return survey(folders, scenes, PlexFiles(plex), PathRules.parse(rules)[0])


def proposed(found: Sequence[FolderSurvey]) -> list[str]:
    return sorted({str(each.rule) for one in found for each in one.proposals})


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_right_rule_is_proposed_or_none(layout: Layout) -> None:
    scenes, plex = files_of(layout)
    folders = [mine for mine, _ in layout.roots]
    found = surveyed(folders, scenes, plex, layout.rules)
    assert proposed(found) == sorted(layout.expected)
    after = surveyed(folders, scenes, plex, "; ".join([layout.rules, *layout.expected]).strip("; "))
    for before, then in zip(found, after, strict=True):
        assert then.found == before.found + max((one.finds for one in before.proposals), default=0)
        assert not then.proposals


def test_several_libraries_behind_one_folder_get_a_rule_each() -> None:
    scenes = [
        SceneFile(f"/data/{kind}/{n}.mp4", 100 + n + k, 9.0)
        for k, kind in ((0, "films"), (1000, "series"))
        for n in range(50)
    ]
    plex = [
        (f"/{place}/{n}.mp4", 100 + n + k, 9_000)
        for k, place in ((0, "movies"), (1000, "tv"))
        for n in range(50)
    ]
    found = surveyed(["/data"], scenes, plex)
    assert proposed(found) == ["/data/films => /movies", "/data/series => /tv"]


def test_a_few_moved_files_do_not_hide_the_right_rule() -> None:
    scenes, plex = files_of(LAYOUTS[0])
    for number in (3, 77):
        path, size, duration = plex[number]
        plex[number] = (path.replace("/media", "/media/moved"), size, duration)
    assert proposed(surveyed(["/data"], scenes, plex)) == ["/data => /media"]


def test_copies_in_another_folder_of_stash_propose_nothing_wrong() -> None:
    scenes, plex = files_of(LAYOUTS[0])
    scenes += [SceneFile(one.path.replace("/data", "/copies"), one.size, 60.0) for one in scenes]
    for each in proposed(surveyed(["/data", "/copies"], scenes, plex)):
        assert each in ("/data => /media", "/copies => /media")


def test_examples_show_both_sides() -> None:
    scenes, plex = files_of(LAYOUTS[0])
    (found,) = surveyed(["/data"], scenes, plex)
    assert (found.looked_at, found.found) == (FILES, 0)
    assert found.missing[0] == ("/data/Studio A/Scene 0000.mp4", "/media/Studio A/Scene 0000.mp4")


def test_files_outside_of_all_folders_are_counted_too() -> None:
    found = surveyed(["/data"], [SceneFile("/else/a.mp4", 1, 1.0)], [("/else/a.mp4", 1, 1_000)])
    assert [(one.folder, one.looked_at, one.found) for one in found] == [
        ("/data", 0, 0),
        ("", 1, 1),
    ]


NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names) + ".mp4")


@given(st.lists(st.tuples(PATHS, PATHS, st.integers(1, 4)), max_size=30))
def test_a_proposed_rule_never_leads_away_from_an_unmistakable_file(
    triples: list[tuple[str, str, int]],
) -> None:
    scenes = [SceneFile(f"/s{mine}", size, 1.0) for mine, _, size in triples]
    plex = [(f"/p{theirs}", size, 1_000) for _, theirs, size in triples]
    files = PlexFiles(plex)
    for one in surveyed(["/s"], scenes, plex):
        for each in one.proposals:
            votes = [
                same_path(mapped, twin)
                for file in scenes
                if (twin := files.twin(file)) and (mapped := each.rule.apply(file.path))
            ]
            assert each.finds >= 1
            assert votes.count(True) >= votes.count(False)
