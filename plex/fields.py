"""The field table: Plex's names for Stash's values, and the values that Plex should show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plex.items import PlexItem
from plex.tag_ownership import ListRule
from plex.wanted_tags import makes_collections, makes_labels, wanted_tags
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.title_template import file_title, render

# The star rating, which belongs to a user unless we wrote it.
STARS = "userRating"

# Plex: the release date, whole; a part of a date is written as the year alone.
DATE = "originallyAvailableAt"

# Written together with a changed title, when Plex has one of its own.
SORT_TITLE = "titleSort"

# A field that stays as it is when a user's value stays in the field it follows: a year of ours
# beside a user's date would contradict it.
FOLLOWS: Mapping[str, str] = {"year": DATE, SORT_TITLE: "title"}

# Filled only where the item has none of its own.
CONTENT_RATING = "contentRating"

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
        "title": wanted_title(scene, config, title_is_ours=title_is_ours),
        DATE: scene.date if len(scene.date) == len("YYYY-MM-DD") else "",
        "year": scene.date[:4],
        "studio": scene.studio,
        "tagline": scene.code if config.sync_code else "",
        STARS: stars(scene.rating100),
        CONTENT_RATING: config.content_rating,
        "summary": scene.details,
    }
    tags = wanted_tags(scene, config)
    off = {
        "tagline": not config.sync_code,
        CONTENT_RATING: not config.content_rating,
        "collection": not makes_collections(config),
        "label": not makes_labels(config),
    }
    absent = set(config.skipped_fields) | ({STARS} if config.skip_rating else set())
    if not values["title"]:
        absent.add("title")
    if kind == "episode":
        absent |= _MOVIES_ONLY
    return Wanted(
        values={name: value for name, value in values.items() if name not in absent},
        tags={name: names for name, names in tags.names.items() if name not in absent},
        rules=tags.rules,
        off=frozenset(name for name, is_off in off.items() if is_off),
    )


def wanted_title(scene: SyncMetadata, config: PlexSyncConfig, *, title_is_ours: bool) -> str:
    """The title that the item should have, "" = its own stays.

    A template with the title outside of all blocks waits for one, like the plain title.
    """
    plain = scene.title or (file_title(scene) if title_is_ours else "")
    template = config.template
    if template is None or (template.needs_title and not plain):
        return plain
    return render(template, scene, plain if template.needs_title else scene.title) or plain


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
