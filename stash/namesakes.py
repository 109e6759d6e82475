"""Stash's files by name: the question for a batch of names, and its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stash.answers import at, counted, key_of, listed
from validation import numbers
from validation.file_names import file_key
from validation.metadata import SceneFile

# Scenes in one answer. A batch of names has fewer, but for names that thousands of files have.
LIMIT = 1000

_FOUND = "count scenes { id files { path size duration } }"
BY_PATTERN = f"""query($filter: FindFilterType, $scenes: SceneFilterType) {{
  findScenes(filter: $filter, scene_filter: $scenes) {{ {_FOUND} }} }}"""

# The files by name, each with its scene's id.
Found = Mapping[str, tuple[tuple[int, SceneFile], ...]]


def pattern(names: Iterable[str]) -> str:
    """A regular expression (RE2) for paths that end in one of the names."""
    return rf"(?i)(^|[/\\])({'|'.join(map(re.escape, sorted(names)))})$"


def by_text(names: Sequence[str]) -> tuple[str, dict[str, object]]:
    """The same question for a Stash that does not take the pattern: a search per name, in one
    request."""
    numbers = range(len(names))
    asked = " ".join(
        f"n{number}: findScenes(filter: $filter, scene_filter: $s{number}) {{ {_FOUND} }}"
        for number in numbers
    )
    variables: dict[str, object] = {
        f"s{number}": {"path": {"value": names[number], "modifier": "INCLUDES"}}
        for number in numbers
    }
    declared = " ".join(f"$s{number}: SceneFilterType" for number in numbers)
    return f"query($filter: FindFilterType {declared}) {{ {asked} }}", variables


def read_answers(answers: Iterable[object], names: Iterable[str]) -> Found:
    """The files of each of ``names``.

    A file of scene 0 belongs to a scene whose number cannot be read, or stands, with unknown
    numbers, for those that Stash did not list. Raises ``StashUnavailable`` when an answer cannot
    be read.
    """
    files: dict[tuple[int, str], SceneFile] = {}
    is_cut = False
    for answer in answers:
        scenes = at(answer, list, "scenes")
        is_cut |= counted(answer, "count") > len(scenes)
        files |= {(scene, file.path): file for scene, file in files_of(scenes)}
    by_name: dict[str, list[tuple[int, SceneFile]]] = {}
    for (scene, path), file in files.items():
        by_name.setdefault(file_key(path), []).append((scene, file))
    return {
        name: (*by_name.get(file_key(name), ()), *([(0, SceneFile(name))] if is_cut else ()))
        for name in names
    }


def files_of(scenes: Iterable[object]) -> Iterator[tuple[int, SceneFile]]:
    """The files of an answer, each with its scene. Scene 0 cannot be read, nor the path "?"."""
    for scene in scenes:
        for file in listed(scene, "files"):
            size = numbers.amount(at(file, object, "size"))
            duration = numbers.seconds(at(file, object, "duration"))
            path = at(file, object, "path")
            known = path if isinstance(path, str) and path else "?"
            yield key_of(scene), SceneFile(known, size, duration)
