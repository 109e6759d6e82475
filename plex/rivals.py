"""Whether a size or a duration belongs to one file alone, on both servers. Pure.

Recorders cut chunks of one size and length and number them from 1 on every card. A size or a
duration therefore identifies a file only while no other file is known to have it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from validation.metadata import SceneFile
from validation.paths import folded, spelled
from validation.records import IndexedFile

# Rows that a source shows at most for one name or size; so many may hide more.
ROWS_SHOWN = 50
# Seconds. Containers round; the two servers read the same file with the same tools.
SAME_DURATION, OTHER_DURATION = 1.0, 3.0


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Every file of Stash with one name, arranged so that 10,000 of them cost a look-up each.

    Each value holds the scenes that have such a file: a scene is never its own rival.
    """

    sizes: Mapping[int, frozenset[int]]
    places: Mapping[str, frozenset[int]]
    durations: tuple[tuple[float, int], ...]

    @classmethod
    def of(cls, files: Iterable[tuple[int, SceneFile]]) -> Namesakes:
        """Arrange the files, each with the id of its scene. Once per name and batch."""
        sizes: dict[int, set[int]] = {}
        places: dict[str, set[int]] = {}
        durations: list[tuple[float, int]] = []
        for scene_id, file in files:
            sizes.setdefault(file.size, set()).add(scene_id)
            places.setdefault(folded(file.path), set()).add(scene_id)
            durations.append((file.duration, scene_id))
        return cls(
            {size: frozenset(scenes) for size, scenes in sizes.items()},
            {place: frozenset(scenes) for place, scenes in places.items()},
            tuple(sorted(durations)),
        )

    def share_size(self, size: int, scene_id: int) -> bool:
        """Whether another scene has a file of this size, or of one that is unknown."""
        return any(_has_other(self.sizes.get(each), scene_id) for each in (size, 0))

    def share_place(self, path: str, scene_id: int) -> bool:
        """Whether another scene has a file whose path differs by case or Unicode form alone."""
        return _has_other(self.places.get(folded(path)), scene_id)

    def share_duration(self, seconds: float, scene_id: int) -> bool:
        """Whether another scene has a file of this duration, or of one that is unknown."""
        return self._any_between(seconds - OTHER_DURATION, seconds + OTHER_DURATION, scene_id) or (
            self._any_between(0.0, 0.0, scene_id)
        )

    def _any_between(self, low: float, high: float, scene_id: int) -> bool:
        for place in range(
            bisect_left(self.durations, low, key=itemgetter(0)), len(self.durations)
        ):
            seconds, other = self.durations[place]
            if seconds > high:
                return False
            if other != scene_id:
                return True
        return False


def _has_other(scenes: frozenset[int] | None, scene_id: int) -> bool:
    return scenes is not None and len(scenes) > (scene_id in scenes)


def is_only_one(rows: Sequence[IndexedFile], same: Iterable[str]) -> bool:
    """Whether all rows are the files ``same`` (Plex's paths, by ``spelled``)."""
    return {spelled(row.file) for row in rows} <= {*same}


def only_of_duration(rows: Sequence[IndexedFile], seconds: float, same: Iterable[str]) -> bool:
    """Whether no row but those of the files ``same`` may have this duration."""
    near = [
        row
        for row in rows
        if not row.duration or abs(row.duration / 1000 - seconds) <= OTHER_DURATION
    ]
    return len(rows) < ROWS_SHOWN and is_only_one(near, same)
