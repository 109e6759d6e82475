"""The field table: Plex's names for Stash's values, and the values that Plex should show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from plex.items import PlexItem
from plex.ownership import keys_of
from plex.tag_ownership import ListRule
from validation.config import PlexSyncConfig
from validation.file_names import stem
from validation.metadata import SyncMetadata
from validation.sanitizers import LINE_LIMIT, sanitize_for_plex, sanitize_names

# The star rating, which belongs to a user unless we wrote it.
STARS = "userRating"

# Plex: the release date, whole; a part of a date is written as the year alone.
DATE = "originallyAvailableAt"

# Written together with a changed title, when Plex has one of its own.
SORT_TITLE = "titleSort"

# A field that stays as it is when a user's value stays in the field it follows: a year of ours
# beside a user's date would contradict it.
FOLLOWS: Mapping[str, str] = {"year": DATE, SORT_TITLE: "title"}

_RULES: Mapping[str, ListRule] = {
    "actor": ListRule(ordered=True),
    "director": ListRule(),
    "genre": ListRule(),
    "collection": ListRule(membership=True),
}

# Plex: the editor of an episode has no studio, tagline, genre and collection; these belong to the
# show.
_MOVIES_ONLY = frozenset({"studio", "tagline", "genre", "collection"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """The values that Plex should show for one scene: scalar values (``""`` = none) and tag names.

    A field that is not named is left alone. ``rules`` has an entry for each tag field. ``off``
    names the fields that a setting keeps empty: our value there is removed, with its lock.
    """

    values: Mapping[str, str]
    tags: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, ListRule]
    off: frozenset[str]


def wanted_fields(
    scene: SyncMetadata, kind: str, config: PlexSyncConfig, *, title_is_ours: bool
) -> Wanted:
    """Translate *scene* into the fields of a Plex item of *kind* under the settings *config*.

    ``title_is_ours``: we wrote this item's title before: only then a scene without one gets the
    name of its file, because a title is never cleared.
    """
    values = {
        "title": scene.title or (_file_stem(scene) if title_is_ours else ""),
        DATE: scene.date if len(scene.date) == len("YYYY-MM-DD") else "",
        "year": scene.date[:4],
        "studio": scene.studio,
        "tagline": scene.code if config.sync_code else "",
        STARS: stars(scene.rating100),
        "summary": scene.details,
    }
    tags, kept_out = _wanted_tags(scene, config)
    rules = {
        name: replace(rule, off=frozenset(keys_of(kept_out.get(name, ()))))
        for name, rule in _RULES.items()
    }
    no_collections = config.skip_studio_collections and not config.sync_groups
    off = {"tagline": not config.sync_code, "collection": no_collections}
    absent = {STARS} if config.skip_rating else set()
    if not values["title"]:
        absent.add("title")
    if kind == "episode":
        absent |= _MOVIES_ONLY
    return Wanted(
        values={name: value for name, value in values.items() if name not in absent},
        tags={name: names for name, names in tags.items() if name not in absent},
        rules=rules,
        off=frozenset(name for name, is_off in off.items() if is_off),
    )


def _wanted_tags(
    scene: SyncMetadata, config: PlexSyncConfig
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """The names of each tag field, and those of Stash's that a setting keeps out."""
    studio = (scene.studio,) if scene.studio else ()
    sources = ((studio, not config.skip_studio_collections), (scene.groups, config.sync_groups))
    genres = scene.tags[: config.max_tags or None]
    tags = {
        "actor": scene.performers,
        "director": (scene.director,) if scene.director else (),
        "genre": genres,
        "collection": sanitize_names(name for names, on in sources if on for name in names),
    }
    kept_out = {
        "genre": scene.tags[len(genres) :],
        "collection": tuple(name for names, on in sources if not on for name in names),
    }
    return tags, kept_out


def stars(rating100: int | None) -> str:
    """Plex's star rating (0 to 10, one decimal) for Stash's (0 to 100); ``""`` = not rated."""
    return "" if rating100 is None else f"{rating100 / 10:.1f}"


def value_in_plex(item: PlexItem, field: str) -> str:
    """A scalar field's value as Plex shows it, in the form in which we would write it.

    Plex: a titleSort that equals the title is not shown, and ``8``, ``8.0`` are the same rating.
    """
    value = item.values.get(field, "")
    if field == SORT_TITLE:
        return value or item.title
    if field == STARS and value:
        return f"{float(value):.1f}"
    return value


def _file_stem(scene: SyncMetadata) -> str:
    """The primary file's name without its extension; ``""`` for a scene without files."""
    name = stem(scene.files[0].path) if scene.files else ""
    return sanitize_for_plex(name, max_length=LINE_LIMIT)
