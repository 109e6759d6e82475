"""The values of an item that queries compare and sort by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from simulators.plex.items import Item, Media

TEXT = frozenset(
    {"title", "titleSort", "originalTitle", "studio", "summary", "tagline", "editionTitle"}
)
NUMBERS = frozenset(
    {
        "year",
        "decade",
        "rating",
        "audienceRating",
        "userRating",
        "viewCount",
        "duration",
        "index",
        "viewOffset",
        "mediaHeight",
        "mediaBitrate",
        "mediaSize",
    }
)
DATES = frozenset({"addedAt", "updatedAt", "originallyAvailableAt", "lastViewedAt", "lastRatedAt"})
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mon": 2629800, "y": 31557600}
_OF_MEDIA: dict[str, Callable[[Media], int]] = {
    "duration": lambda media: media.duration,
    "mediaHeight": lambda media: media.height,
    "mediaBitrate": lambda media: media.bitrate,
    "mediaSize": lambda media: sum(part.size for part in media.parts),
}


def text_of(name: str) -> Callable[[Item], str]:
    """How to read a text field of an item, folded for comparison."""
    if name == "titleSort":
        return lambda item: item.sort_title.casefold()
    if name == "guid":
        return lambda item: item.guid
    return lambda item: item.fields.get(name, "").casefold()


def number_of(item: Item, name: str) -> float | None:
    """A numeric field; None when the item has no such value."""
    if name in _OF_MEDIA:
        return float(_OF_MEDIA[name](item.media[0])) if item.media else None
    if name == "decade":
        year = number(item.fields.get("year", ""))
        return None if year is None else year // 10 * 10
    return number(item.fields.get(name, "0" if name in ("viewCount", "viewOffset") else ""))


def date_of(item: Item, name: str) -> float | None:
    """A date field in epoch seconds; None when the item has none."""
    if name == "addedAt":
        return item.added_at
    if name == "updatedAt":
        return item.updated_at
    return moment(item.fields.get(name, ""), 0)


def number(text: str) -> float | None:
    """A number from text; None when it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def moment(text: str, now: float) -> float | None:
    """Epoch seconds of ``1700000000``, ``2024-02-29`` or ``-3d`` (relative to ``now``)."""
    if text[:1] in ("-", "+"):
        digits = text[1:].rstrip("abcdefghijklmnopqrstuvwxyz")
        unit = _UNITS.get(text[1 + len(digits) :])
        return None if unit is None or not digits else now + float(text[0] + digits) * unit
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return number(text)
