"""Stash's folders and their files: the questions of the path survey, and their answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stash.answers import at, counted, listed
from stash.namesakes import files_of
from validation.metadata import SceneFile

FOLDERS = "query { configuration { general { stashes { path excludeVideo } } } }"
PAGE = """query($filter: FindFilterType) {
  findScenes(filter: $filter) { count scenes { id files { path size duration } } } }"""
_MOST_FOLDERS, _LONGEST = 100, 4096


@dataclass(frozen=True, slots=True)
class FilePage:
    """The files of one page of scenes; ``scenes`` is how many scenes there are in all."""

    files: tuple[SceneFile, ...]
    scenes: int


def read_folders(data: object) -> tuple[str, ...]:
    """The folders with videos."""
    every = listed(at(data, dict, "configuration", "general"), "stashes")
    paths = (at(one, str, "path") for one in every if at(one, object, "excludeVideo") is not True)
    return tuple(path[:_LONGEST] for path in paths)[:_MOST_FOLDERS]


def read_page(data: object) -> FilePage:
    """One page of files."""
    scenes = at(data, list, "findScenes", "scenes")
    files = tuple(file for _scene, file in files_of(scenes))
    return FilePage(files, counted(data, "findScenes", "count"))


def count_question(folders: Sequence[str]) -> tuple[str, dict[str, object]]:
    """One request that counts the scenes below each folder."""
    numbers = range(len(folders))
    declared = ", ".join(f"$s{number}: SceneFilterType" for number in numbers)
    asked = " ".join(
        f"n{number}: findScenes(filter: {{per_page: 0}}, scene_filter: $s{number}) {{ count }}"
        for number in numbers
    )
    return f"query({declared}) {{ {asked} }}", {
        f"s{number}": {
            "path": {"value": f"^{re.escape(folder)}[/\\\\]", "modifier": "MATCHES_REGEX"}
        }
        for number, folder in zip(numbers, folders, strict=True)
    }


def read_counts(data: object, folders: int) -> tuple[int, ...]:
    """The answers to it."""
    return tuple(counted(data, f"n{number}", "count") for number in range(folders))
