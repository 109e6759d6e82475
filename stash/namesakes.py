"""Stash's files by name: the question for a batch of names, and its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stash.answers import at, id_of, listed
from stash.exceptions import StashUnavailable
from validation.file_names import folded_path, is_distinctive, stem
from validation.metadata import SceneFile
from validation.paths import split_names

# Scenes in one answer. More namesakes than that are "many", and none of them is unique.
LIMIT = 1000

_FOUND = "count scenes { id files { path size duration } }"
BY_PATTERN = f"""query($filter: FindFilterType, $scenes: SceneFilterType) {{
  findScenes(filter: $filter, scene_filter: $scenes) {{ {_FOUND} }} }}"""

Found = Mapping[str, tuple[tuple[int, SceneFile], ...]]


def asked_name(path: str) -> tuple[str, ...]:
    """The end of a path that is asked for: the file's name, with its folder where the name is one
    that many files have."""
    names = split_names(path)
    return names[-1:] if is_distinctive(stem(path)) else names[-2:]


def pattern(paths: Iterable[str]) -> str:
    """A regular expression (RE2) for paths that end in one of the names."""
    ends = {r"[/\\]".join(map(re.escape, asked_name(path))) for path in paths}
    return rf"(^|[/\\])({'|'.join(sorted(ends))})$"


def by_text(paths: Sequence[str]) -> tuple[str, dict[str, object]]:
    """The same question for a Stash that does not take the pattern: a search per name, in one
    request."""
    names = [asked_name(path)[-1] for path in paths]
    asked = " ".join(
        f"n{number}: findScenes(filter: $filter, scene_filter: $s{number}) {{ {_FOUND} }}"
        for number in range(len(names))
    )
    variables = {
        f"s{number}": {"path": {"value": name, "modifier": "INCLUDES"}}
        for number, name in enumerate(names)
    }
    declared = " ".join(f"$s{number}: SceneFilterType" for number in range(len(names)))
    return f"query($filter: FindFilterType {declared}) {{ {asked} }}", variables


def read_answers(answers: Iterable[object], paths: Iterable[str]) -> Found:
    """The namesakes of each of ``paths``.

    Where Stash has too many to list them, a copy of the file itself, of scene 0, stands for those
    that were not listed. Raises ``StashUnavailable`` when an answer cannot be read.
    """
    files: dict[tuple[int, str], SceneFile] = {}
    cut = False
    for answer in answers:
        scenes = at(answer, list, "scenes")
        cut |= at(answer, int, "count") > len(scenes)
        files |= {(scene, file.path): file for scene, file in _files(scenes)}
    found: dict[str, tuple[tuple[int, SceneFile], ...]] = {}
    for path in paths:
        end = _folded(asked_name(path))
        same = tuple(
            (scene, file)
            for (scene, _), file in files.items()
            if _folded(split_names(file.path)[-len(end) :]) == end
        )
        many = tuple((0, file) for _, file in same if file.path == path) if cut else ()
        found[path] = same + many
    return found


def lacks_its_own(found: Found) -> bool:
    """Whether the answer lacks a file that was asked with: then it answers another question."""
    return any(path not in {file.path for _, file in files} for path, files in found.items())


def _files(scenes: Iterable[object]) -> Iterator[tuple[int, SceneFile]]:
    for scene in scenes:
        for file in listed(scene, "files"):
            path = at(file, str, "path")
            size, duration = at(file, object, "size"), at(file, object, "duration")
            if not path:
                raise StashUnavailable("Stash answered with a file that has no path.")
            yield (
                id_of(scene),
                SceneFile(
                    path,
                    size if isinstance(size, int) else 0,
                    float(duration) if isinstance(duration, int | float) else 0.0,
                ),
            )


def _folded(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(folded_path, names))
