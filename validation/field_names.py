"""The setting ``skip_fields``: the fields of Plex that are left alone, by their names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# A name of the setting -> the fields of Plex, and the slots of images, that it stands for.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "titleSort"),
    "sort_title": ("titleSort",),
    "details": ("summary",),
    "date": ("originallyAvailableAt", "year"),
    "studio": ("studio",),
    "performers": ("actor",),
    "tags": ("genre",),
    "rating100": ("userRating",),
    "director": ("director",),
    "code": ("tagline",),
    "collections": ("collection",),
    "labels": ("label",),
    "content_rating": ("contentRating",),
    "poster": ("poster",),
    "background": ("background",),
}
# Other names for the same: Stash's, Plex's, and those of the lists that users read.
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "cover": ("poster", "background"),
    "groups": ("collections",),
    "rating": ("rating100",),
    "stars": ("rating100",),
    "year": ("date",),
    "cast": ("performers",),
    "actors": ("performers",),
    "genres": ("tags",),
    "directors": ("director",),
    "posters": ("poster",),
    "art": ("background",),
    "thumb": ("poster",),
}
_SHOWN = 40  # characters of an unknown name that its sentence repeats


@dataclass(frozen=True, slots=True)
class SkippedFields:
    """The names of the setting, each in its first form, and a sentence about unknown ones."""

    names: tuple[str, ...] = ()
    problem: str = ""

    @property
    def in_plex(self) -> frozenset[str]:
        """The fields of Plex, and the slots of images, that are left alone."""
        return frozenset(field for name in self.names for field in FIELDS[name])


@lru_cache(maxsize=8)
def parse_fields(text: str) -> SkippedFields:
    """Parse names separated by semicolons, without regard to case."""
    given = [name for name in map(str.strip, text.split(";")) if name]
    found = {name: _KNOWN.get(_folded(name), ()) for name in given}
    unknown = [name for name, fields in found.items() if not fields]
    problem = ""
    if unknown:
        named = ", ".join(repr(name[:_SHOWN]) for name in unknown[:3])
        are = "are no fields" if len(unknown) > 1 else "is no field"
        problem = f"{named} {are}; there are {', '.join(FIELDS)}."
    return SkippedFields(
        tuple(dict.fromkeys(name for fields in found.values() for name in fields)), problem
    )


def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _known() -> dict[str, tuple[str, ...]]:
    plex = {field: (name,) for name, fields in FIELDS.items() for field in fields}
    plex["titleSort"] = ("sort_title",)
    own = {name: (name,) for name in FIELDS}
    return {_folded(name): names for name, names in {**plex, **_ALSO, **own}.items()}


_KNOWN: Final = _known()
