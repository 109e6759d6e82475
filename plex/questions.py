"""The path and query of each question to Plex. Pure; ``plex/requests.py`` has those of an edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import quote, urlencode

from plex.items import TYPE_NUMBERS, PlexSection

ImageSlot = Literal["poster", "background"]

SECTIONS = "/library/sections"
# The views of the server's owner, whose account has the number 1 on every server.
OWNER = 1
HISTORY = f"/status/sessions/history/all?sort=viewedAt%3Adesc&accountID={OWNER}"

# The parts that a listing does not need; without them Plex's answer is half as long.
_INDEX_QUERY = (
    "includeGuids=0&excludeFields=summary,tagline&excludeElements="
    "Genre,Role,Country,Director,Writer,Collection,Image,UltraBlurColors,Guid"
)
_IMAGE_PATHS: Mapping[ImageSlot, str] = {"poster": "posters", "background": "arts"}
_CHOICES: Mapping[ImageSlot, str] = {"poster": "poster", "background": "art"}
# Plex's name of the field that an image locks, and of the image that the item shows.
LOCKS: Mapping[ImageSlot, str] = {"poster": "thumb", "background": "art"}


def page_headers(start: int, size: int) -> dict[str, str]:
    """The headers that ask for *size* things of a listing from *start*."""
    return {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(size)}


def whole_library(section: PlexSection) -> str:
    """All items of *section*."""
    number = TYPE_NUMBERS[section.kind]
    return f"{SECTIONS}/{section.section_id}/all?type={number}"


def files_with(section: PlexSection, needles: Sequence[str]) -> str:
    """The items of *section* of which a file's path contains one of *needles*, without case.

    Plex takes a comma for "or", and an empty alternative matches everything: neither is sent.
    """
    if not needles or any("," in needle or not needle.strip() for needle in needles):
        raise ValueError("needles must be texts without commas")
    return f"{whole_library(section)}&includeGuids=0&{_encoded({'file': ','.join(needles)})}"


def size_of(section: PlexSection) -> str:
    """The items of *section*, of which only the number matters."""
    return f"{whole_library(section)}&includeGuids=0"


def index_of(section: PlexSection, since: int) -> str:
    """The files of *section*, oldest first; with *since* those changed or added after it."""
    # Plex: items without updatedAt exist, which a filter by it alone never shows. The name
    # "updatedAt>>" means "later than"; Plex ignores one with "=" in it, without an error.
    later = f"&push=1&updatedAt>>={since}&or=1&addedAt>>={since}&pop=1" if since else ""
    return f"{whole_library(section)}&sort=addedAt&{_INDEX_QUERY}{quote(later, safe='&=')}"


def rated_in(section: PlexSection, since: int) -> str:
    """The items of *section* that were rated after *since*."""
    return f"{whole_library(section)}&lastRatedAt%3E%3E={since}&{_INDEX_QUERY}"


def begun_in(section: PlexSection) -> str:
    """The items of *section* that were watched in part. Plex: episodes have a filter of their
    own."""
    name = "episode.inProgress" if section.kind == "episode" else "inProgress"
    return f"{whole_library(section)}&{name}=1&{_INDEX_QUERY}"


def items_of(rating_keys: Sequence[int]) -> str:
    """The full items of *rating_keys*."""
    return f"/library/metadata/{','.join(_checked(key) for key in rating_keys)}?skipRefresh=1"


def star_rating(rating_key: int, rating: float | None) -> str:
    """The star rating of an item, 0 to 10; ``None`` removes it."""
    query = {
        "key": _checked(rating_key),
        "identifier": "com.plexapp.plugins.library",
        "rating": "-1" if rating is None else f"{rating:g}",
    }
    return f"/:/rate?{_encoded(query)}"


def scan_of(section: PlexSection, folder: str) -> str:
    """The scan of one folder of *section*."""
    if not folder:
        raise ValueError("a scan without a folder would scan the whole library")
    return f"{SECTIONS}/{section.section_id}/refresh?{_encoded({'path': folder})}"


def images_of(rating_key: int, slot: ImageSlot) -> str:
    """The images of an item in one place."""
    return f"/library/metadata/{_checked(rating_key)}/{_IMAGE_PATHS[slot]}"


def choice_of(rating_key: int, slot: ImageSlot, key: str) -> str:
    """The choice of the image of that *key*."""
    return f"/library/metadata/{_checked(rating_key)}/{_CHOICES[slot]}?{_encoded({'url': key})}"


def shown_image(rating_key: int, slot: ImageSlot) -> str:
    """The image that an item shows in one place."""
    return f"/library/metadata/{_checked(rating_key)}/{LOCKS[slot]}"


def scaled(path: str, width: int, height: int) -> str:
    """The image at *path*, made small by Plex."""
    size = {"width": str(width), "height": str(height), "minSize": "1", "url": path}
    return f"/photo/:/transcode?{_encoded(size)}"


def _checked(rating_key: int) -> str:
    if rating_key <= 0:
        raise ValueError("not the id of a Plex item")
    return str(rating_key)


def _encoded(parameters: Mapping[str, str]) -> str:
    """A query string. Half a surrogate pair, as a damaged file name may have, becomes "?"."""
    return urlencode(parameters, quote_via=quote, safe="", errors="replace")
